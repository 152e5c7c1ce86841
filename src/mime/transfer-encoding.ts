import { MimeError } from './mime-error.ts';
import { decodeQuotedPrintable } from './quoted-printable.ts';

/**
 * Takes the Content-Transfer-Encoding away (RFC 2045 §6). No encoding means binary (RFC 4130 §5.2.1).
 * @throws MimeError when there is no such encoding
 */
export function decodeTransferEncoding(body: Buffer, encoding: string | undefined): Buffer {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'binary':
    case '7bit':
    case '8bit':
      return body;
    case 'base64':
      return decodeBase64(body);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    default:
      throw new MimeError('MIME_ENCODING', 'There is no such Content-Transfer-Encoding');
  }
}

/** It becomes a string on the way, and Node's strings end at 512 MiB. Large messages come as binary. */
const LONGEST_BASE64 = 256 * 1024 * 1024;

/** RFC 2045 §6.8: line ends of any kind, and what else is not of the alphabet, MUST be ignored; `=` is the end. */
function decodeBase64(body: Buffer): Buffer {
  if (body.length > LONGEST_BASE64) throw new MimeError('MIME_LIMIT', 'A base64 body is too long');
  return Buffer.from(body.toString('latin1'), 'base64');
}

const LF = 0x0a;
const CR = 0x0d;

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
