import { Reader } from '../bytes/reader.ts';
import { drain, gather, sourceOf } from '../bytes/source.ts';
import type { Pieces } from '../bytes/source.ts';
import { LONGEST_BOUNDARY, LONGEST_BOUNDARY_PADDING, MULTIPART_LIMITS } from '../limits.ts';
import { MimeError } from './mime-error.ts';

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;

/** A multipart as it is read. */
export interface MultipartReader {
  /**
   * The next part, without the line end that belongs to the delimiter (RFC 2046 §5.1.1, RFC 1847 §2.1): exactly what
   * was sent. It must be read to its end before the next one is asked for. Undefined when there is none.
   *
   * @throws MimeError, also while a part is read
   */
  next(): Pieces | undefined;
  /** Whether the closing delimiter was found; if not, the last part goes to the end. */
  closed(): boolean;
}

/**
 * Reads over the preamble. What follows the closing delimiter is left unread.
 * @throws MimeError
 */
export function readMultipart(reader: Reader, boundary: string, limits = MULTIPART_LIMITS): MultipartReader {
  if (boundary === '' || boundary.length > LONGEST_BOUNDARY)
    throw new MimeError('MIME_BOUNDARY', 'The boundary is empty or too long');
  const delimiter = Buffer.from(`\n--${boundary}`, 'latin1');
  let last: 'delimiter' | 'closing delimiter' | 'end' = 'end';
  let seen = 0;
  const suspect = () => {
    // What only looks like a delimiter counts too, or it could cost us for nothing.
    if (seen++ > limits.parts) throw new MimeError('MIME_LIMIT', 'There are too many parts');
  };
  function* part(): Generator<Buffer, void, undefined> {
    last = 'end';
    const found = yield* contentBefore(reader, delimiter, suspect);
    if (found !== undefined) last = found;
  }
  drain(part());
  if ((last as string) === 'end') throw new MimeError('MIME_BOUNDARY', 'The boundary is nowhere in the body');
  return {
    next: () => (last === 'delimiter' ? part() : undefined),
    closed: () => last === 'closing delimiter',
  };
}

type Delimiter = 'delimiter' | 'closing delimiter';

/** Hands out what stands before the next delimiter, and reads over that one's line. Undefined: there is none. */
function* contentBefore(
  reader: Reader,
  delimiter: Buffer,
  suspect: () => void,
): Generator<Buffer, Delimiter | undefined, undefined> {
  /** The whole line of a delimiter, with the line end before it. */
  const reach = delimiter.length + LONGEST_BOUNDARY_PADDING + 5;
  const beginning = reader.peek(reach);
  if (beginning.subarray(0, delimiter.length - 1).equals(delimiter.subarray(1))) {
    suspect();
    const first = lineAt(beginning, -1, delimiter, beginning.length < reach);
    reader.skip(first?.end ?? 0);
    if (first !== undefined) return first.kind;
  }
  for (;;) {
    // Within one piece, so that nothing is copied; across two of them only as much as a delimiter may take.
    const here = reader.peekPiece();
    if (here === undefined) return undefined;
    const window = here.length >= 2 * reach ? here : reader.peek(2 * reach);
    const isEnd = window.length < 2 * reach;
    const at = window.indexOf(delimiter);
    if (at < 0) {
      yield* reader.upTo(isEnd ? window.length : window.length - delimiter.length);
      continue;
    }
    // The line end before it may be CRLF: the CR must not have been handed out when the line is judged.
    if (!isEnd && at + reach > window.length && at > 1) {
      yield* reader.upTo(at - 1);
      continue;
    }
    suspect();
    const line = lineAt(window, at, delimiter, isEnd);
    const content = at > 0 && window[at - 1] === CR ? at - 1 : at;
    yield* reader.upTo(line === undefined ? at + 1 : content);
    if (line === undefined) continue;
    reader.skip(line.end - content);
    return line.kind;
  }
}

/** The delimiter that stands after the line feed at `at`; undefined when the line goes on: then it is content. */
function lineAt(
  bytes: Buffer,
  at: number,
  delimiter: Buffer,
  isEnd: boolean,
): { kind: Delimiter; end: number } | undefined {
  let end = at + delimiter.length;
  const closing = bytes[end] === HYPHEN && bytes[end + 1] === HYPHEN;
  if (closing) end += 2;
  const padding = end + LONGEST_BOUNDARY_PADDING;
  while (end < padding && (bytes[end] === 0x20 || bytes[end] === 0x09)) end++;
  if (bytes[end] === CR && bytes[end + 1] === LF) end++;
  if (end < bytes.length ? bytes[end] !== LF : !isEnd) return undefined;
  return { kind: closing ? 'closing delimiter' : 'delimiter', end: Math.min(end + 1, bytes.length) };
}

export interface Multipart {
  readonly parts: Buffer[];
  readonly closed: boolean;
}

/** All parts of one that is at hand. @throws MimeError */
export function splitMultipart(body: Buffer, boundary: string, limits = MULTIPART_LIMITS): Multipart {
  const multipart = readMultipart(new Reader(sourceOf(body).pieces()), boundary, limits);
  const parts: Buffer[] = [];
  for (let part = multipart.next(); part !== undefined; part = multipart.next()) parts.push(gather(part));
  return { parts, closed: multipart.closed() };
}

/** RFC 4130 §5.2.2: no preamble, no epilogue. */
export function joinMultipart(parts: readonly Buffer[], boundary: string): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`, 'latin1'), part, Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`, 'latin1')]);
}
