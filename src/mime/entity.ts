import { header, parseHeaders } from './headers.ts';
import type { Headers } from './headers.ts';
import { parseContentType } from './parameters.ts';
import type { ContentType } from './parameters.ts';

/** A MIME entity; `bytes` is the whole of it as received, `body` the slice after the empty line. */
export interface Entity {
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** @throws MimeError */
export function parseEntity(bytes: Buffer): Entity {
  const { headers, bodyOffset } = parseHeaders(bytes);
  return { headers, bytes, body: bytes.subarray(bodyOffset) };
}

/** Of an entity without Content-Type nothing is known but that it is bytes: AS2 knows no default of text/plain. @throws MimeError */
export function contentTypeOf(headers: Headers): ContentType {
  return parseContentType(header(headers, 'Content-Type') || 'application/octet-stream');
}
