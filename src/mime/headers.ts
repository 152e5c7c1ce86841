import { HEADER_LIMITS } from '../limits.ts';
import { MimeError } from './mime-error.ts';

/** The value is unfolded and trimmed. Each character stands for one byte (latin1), so that no byte is lost. */
export type HeaderField = readonly [name: string, value: string];
export type Headers = readonly HeaderField[];

const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads header fields up to the first empty line, or the end. Lines may end in LF alone.
 * @returns `bodyOffset`: the first byte after the empty line
 * @throws MimeError
 */
export function parseHeaders(bytes: Buffer, limits = HEADER_LIMITS): { headers: Headers; bodyOffset: number } {
  const headers: [string, string][] = [];
  const block = bytes.subarray(0, limits.bytes);
  for (let at = 0; at < block.length;) {
    const found = block.indexOf(LF, at);
    if (found < 0 && block.length < bytes.length) break;
    const end = found < 0 ? block.length : found;
    const next = found < 0 ? end : found + 1;
    const line = block.toString('latin1', at, end > at && block[end - 1] === CR ? end - 1 : end);
    if (line === '') return { headers: headers.map(trimmed), bodyOffset: next };
    addLine(headers, line, at);
    if (headers.length > limits.fields) throw new MimeError('MIME_LIMIT', 'There are too many header fields');
    at = next;
  }
  if (block.length < bytes.length) throw new MimeError('MIME_LIMIT', 'The header is too long');
  return { headers: headers.map(trimmed), bodyOffset: bytes.length };
}

function addLine(headers: [string, string][], line: string, at: number): void {
  // A bare CR or NUL is read as an end of line by some, and not by others: it would make two messages of one.
  if (/[\r\0]/.test(line)) throw new MimeError('MIME_HEADER', `A control character stands in the header at ${at}`);
  const last = headers.at(-1);
  if (line.startsWith(' ') || line.startsWith('\t')) {
    // RFC 5322 §2.2.3: unfolding takes away the line end, and nothing else.
    if (last === undefined) throw new MimeError('MIME_HEADER', 'The header begins with a continuation');
    last[1] += line;
    return;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!isFieldName(name)) throw new MimeError('MIME_HEADER', `The line at ${at} is no header field`);
  headers.push([name, line.slice(colon + 1)]);
}

/** Case-insensitive; the first one of that name. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([found]) => found.length === wanted.length && found.toLowerCase() === wanted)?.[1];
}

/**
 * `Name: value` lines, one for each field, never folded (RFC 4130 §6.2), and the empty line.
 * @throws MimeError when a name is none, or a value holds CR, LF, NUL or what is no byte: it would make other fields
 */
export function formatHeaders(fields: Headers): Buffer {
  const lines = fields.map(([name, value]) => {
    if (!isFieldName(name)) throw new MimeError('MIME_HEADER', 'That is no name of a header field');
    if (/[\r\n\0\u0100-\uffff]/.test(value))
      throw new MimeError('MIME_HEADER', `${name} would hold a forbidden character`);
    return `${name}: ${value}\r\n`;
  });
  return Buffer.from(`${lines.join('')}\r\n`, 'latin1');
}

/** RFC 5322 §2.2: printable ASCII but the colon. */
const isFieldName = (name: string): boolean => /^[!-9;-~]+$/.test(name);

/** Blanks and tabs only: the other white space of Unicode are bytes like any other here. */
function trimmed([name, value]: HeaderField): HeaderField {
  let start = 0;
  let end = value.length;
  while (isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  return [name, value.slice(start, end)];
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
