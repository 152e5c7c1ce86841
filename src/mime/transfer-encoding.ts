import { Reader } from '../bytes/reader.ts';
import type { Pieces, Sized } from '../bytes/source.ts';
import { regrouped } from '../bytes/regroup.ts';
import { LONGEST_ENCODED_LINE } from '../limits.ts';
import { header } from './headers.ts';
import type { Headers } from './headers.ts';
import { MimeError } from './mime-error.ts';
import { decodeQuotedPrintable } from './quoted-printable.ts';

/**
 * The Content-Transfer-Encoding that changes bytes, if there is one (RFC 2045 §6). None means binary (RFC 4130 §5.2.1).
 * @throws MimeError when there is no such encoding
 */
export function transferEncodingOf(headers: Headers): 'base64' | 'quoted-printable' | undefined {
  const encoding = header(headers, 'Content-Transfer-Encoding')?.trim().toLowerCase();
  switch (encoding) {
    case undefined:
    case '':
    case 'binary':
    case '7bit':
    case '8bit':
      return undefined;
    case 'base64':
    case 'quoted-printable':
      return encoding;
    default:
      throw new MimeError('MIME_ENCODING', 'There is no such Content-Transfer-Encoding');
  }
}

/** Takes it away. @throws MimeError, also while it is read */
export function decoded(body: Pieces, encoding: ReturnType<typeof transferEncodingOf>): Pieces {
  if (encoding === undefined) return body;
  return encoding === 'base64' ? decodeBase64(body) : decodeLines(body);
}

/** Decoded at a stroke. In octets. */
const PIECE = 64 * 1024;

/** RFC 2045 §6.8: line ends of any kind, and what else is not of the alphabet, MUST be ignored; `=` is the end. */
function* decodeBase64(body: Pieces): Generator<Buffer, void, undefined> {
  let carried = '';
  for (const piece of regrouped(body, PIECE)) {
    const end = piece.indexOf(EQUALS);
    const all = carried + piece.toString('latin1', 0, end < 0 ? piece.length : end);
    if (end >= 0 || piece.length < PIECE) {
      // The last. What is no digit Node ignores, but it has to be known where the digits are cut into fours.
      const octets = Buffer.from(all, 'base64');
      if (octets.length > 0) yield octets;
      return;
    }
    const digits = all.replace(/[^A-Za-z0-9+/_-]+/g, '');
    const whole = digits.length - (digits.length % 4);
    carried = digits.slice(whole);
    if (whole > 0) yield Buffer.from(digits.slice(0, whole), 'base64');
  }
  // One digit alone is no octet.
  if (carried.length > 1) yield Buffer.from(carried, 'base64');
}

/** Whole lines at a time: what stands at the end of one depends on its end. */
function* decodeLines(body: Pieces): Generator<Buffer, void, undefined> {
  let carried: Buffer = Buffer.alloc(0);
  for (const piece of regrouped(body, PIECE)) {
    const all = carried.length === 0 ? piece : Buffer.concat([carried, piece]);
    const whole = all.lastIndexOf(LF) + 1;
    carried = all.subarray(whole);
    if (carried.length > LONGEST_ENCODED_LINE) throw new MimeError('MIME_LIMIT', 'A line is too long');
    const lines = decodeQuotedPrintable(all.subarray(0, whole));
    if (lines.length > 0) yield lines;
  }
  const last = decodeQuotedPrintable(carried);
  if (last.length > 0) yield last;
}

/** RFC 2045 §6.8: at most that many characters, and the octets that many lines of them stand for. */
const LINE = 76;
const LINES = 1024 * (LINE / 4) * 3;

/** Lines of base64, each ended by CRLF. */
export function encodedInBase64(content: Sized): Sized {
  return {
    size: sizeInBase64(content.size),
    *pieces() {
      const reader = new Reader(content.pieces());
      for (let lines = reader.take(LINES); lines.length > 0; lines = reader.take(LINES)) yield base64Lines(lines);
    },
  };
}

/** The same of what is at hand. */
export function base64Lines(bytes: Buffer): Buffer {
  const characters = bytes.toString('base64');
  let lines = '';
  for (let at = 0; at < characters.length; at += LINE) lines += `${characters.slice(at, at + LINE)}\r\n`;
  return Buffer.from(lines, 'latin1');
}

/** How long they are, of so many octets. */
export function sizeInBase64(size: number): number {
  const characters = 4 * Math.ceil(size / 3);
  return characters + 2 * Math.ceil(characters / LINE);
}

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/** Every line end as CRLF (RFC 2046 §4.1.1). The same buffer when nothing changes. */
export function canonicalLines(bytes: Buffer): Buffer {
  let bare = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === LF && bytes[at - 1] !== CR) bare++;
  if (bare === 0) return bytes;
  const lines = Buffer.allocUnsafe(bytes.length + bare);
  for (let at = 0, filled = 0; at < bytes.length; at++) {
    if (bytes[at] === LF && bytes[at - 1] !== CR) lines[filled++] = CR;
    lines[filled++] = bytes[at] ?? 0;
  }
  return lines;
}
