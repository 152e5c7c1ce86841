import { isUtf8 } from 'node:buffer';

import { decodeQuotedPrintable } from './quoted-printable.ts';

/** Text from bytes in a charset; without one, or in one that is unknown: UTF-8 if it is that, else ISO 8859-1. */
export function decodeBytes(bytes: Buffer, charset?: string): string {
  try {
    if (charset) return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Unknown, or not what it says.
  }
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** Decodes `=?charset?B?…?=` and `=?charset?Q?…?=` (RFC 2047 §2), also where they should not stand. */
export function decodeWords(text: string): string {
  return text
    .replace(/(=\?[^?\s]+\?[BbQq]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[BbQq]\?)/g, '$1')
    .replace(/=\?([^?\s*]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=/g, (_, charset: string, kind: string, data: string) => {
      const bytes = kind.toUpperCase() === 'B' ? Buffer.from(data, 'base64') : fromQ(data);
      return decodeBytes(bytes, charset);
    });
}

/** RFC 2047 §4.2: like quoted-printable, with `_` for a blank. */
const fromQ = (data: string): Buffer => decodeQuotedPrintable(Buffer.from(data.replaceAll('_', '=20'), 'latin1'));
