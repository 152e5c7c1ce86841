import { MimeError } from './mime-error.ts';

export interface Multipart {
  /** The exact bytes of each part, without the line end that belongs to the delimiter (RFC 2046 §5.1.1, RFC 1847 §2.1). */
  readonly parts: Buffer[];
  readonly preamble: Buffer;
  readonly epilogue: Buffer;
  /** Whether the closing delimiter is there; if not, the last part goes to the end. */
  readonly closed: boolean;
}

/** Two parts make a signed message, three a report, and some dozen one with attachments. */
export const MULTIPART_LIMITS = { parts: 1000 };

/** RFC 2046 §5.1.1 allows 70; some senders go a little beyond. */
const LONGEST_BOUNDARY = 200;

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;

/** @throws MimeError */
export function splitMultipart(body: Buffer, boundary: string, limits = MULTIPART_LIMITS): Multipart {
  if (boundary === '' || boundary.length > LONGEST_BOUNDARY)
    throw new MimeError('MIME_BOUNDARY', 'The boundary is empty or too long');
  const parts: Buffer[] = [];
  const [first, ...more] = delimiters(body, Buffer.from(`--${boundary}`, 'latin1'), limits.parts);
  if (first === undefined) throw new MimeError('MIME_BOUNDARY', 'The boundary is nowhere in the body');
  let open = first;
  for (const delimiter of more) {
    // The delimiter after an empty part begins before the line end that closes the one before.
    parts.push(body.subarray(open.next, Math.max(open.next, delimiter.start)));
    open = delimiter;
  }
  if (!open.closing) parts.push(body.subarray(open.next));
  const epilogue = body.subarray(open.closing ? open.next : body.length);
  return { parts, preamble: body.subarray(0, first.start), epilogue, closed: open.closing };
}

interface Delimiter {
  /** Of the line end before it, which is its own. */
  readonly start: number;
  /** After its line. */
  readonly next: number;
  readonly closing: boolean;
}

/** All delimiter lines, up to the closing one. What only looks like one counts too, or it could cost us for nothing. */
function delimiters(body: Buffer, dashBoundary: Buffer, limit: number): Delimiter[] {
  const found: Delimiter[] = [];
  let seen = 0;
  for (const at of lineStarts(body, dashBoundary)) {
    if (seen++ > limit) throw new MimeError('MIME_LIMIT', 'There are too many parts');
    const delimiter = delimiterAt(body, at, at + dashBoundary.length);
    if (delimiter !== undefined) found.push(delimiter);
    if (delimiter?.closing) break;
  }
  return found;
}

/** Where `text` stands at the beginning of a line. */
function* lineStarts(body: Buffer, text: Buffer): Generator<number> {
  if (body.subarray(0, text.length).equals(text)) yield 0;
  const wanted = Buffer.concat([Buffer.of(LF), text]);
  for (let at = body.indexOf(wanted); at >= 0; at = body.indexOf(wanted, at + 1)) yield at + 1;
}

/** undefined when the line goes on: then it is content, or a longer boundary that begins like ours. */
function delimiterAt(body: Buffer, at: number, end: number): Delimiter | undefined {
  const closing = body[end] === HYPHEN && body[end + 1] === HYPHEN;
  let next = closing ? end + 2 : end;
  while (body[next] === 0x20 || body[next] === 0x09) next++;
  if (body[next] === CR && body[next + 1] === LF) next++;
  if (next < body.length && body[next] !== LF) return undefined;
  const start = at === 0 ? 0 : body[at - 2] === CR ? at - 2 : at - 1;
  return { start, next: Math.min(next + 1, body.length), closing };
}

/** RFC 4130 §5.2.2: no preamble, no epilogue. */
export function joinMultipart(parts: readonly Buffer[], boundary: string): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`, 'latin1'), part, Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`, 'latin1')]);
}
