import type { Reader } from '../bytes/reader.ts';
import { joined, sourceOf, type Source } from '../bytes/source.ts';
import { HEADER_LIMITS } from '../limits.ts';
import { header, parseHeaders } from './headers.ts';
import type { Headers } from './headers.ts';
import { parseContentType } from './parameters.ts';
import type { ContentType } from './parameters.ts';

/** A MIME entity. */
export interface Entity {
  readonly headers: Headers;
  /** The header as received, with the empty line that ends it. */
  readonly head: Buffer;
  /** What follows it. */
  readonly body: Source;
}

/** Of bytes at hand. @throws MimeError */
export function parseEntity(bytes: Buffer): Entity {
  const { headers, bodyOffset } = parseHeaders(bytes);
  return { headers, head: bytes.subarray(0, bodyOffset), body: sourceOf(bytes.subarray(bodyOffset)) };
}

/** Reads the header and leaves the reader before the body. @throws MimeError */
export function readHead(reader: Reader): Pick<Entity, 'headers' | 'head'> {
  const { headers, bodyOffset } = parseHeaders(reader.peek(HEADER_LIMITS.bytes + 1));
  return { headers, head: reader.take(bodyOffset) };
}

/** All of it as received. */
export const wholeOf = ({ head, body }: Entity): Source => joined(head, body);

/** Of an entity without Content-Type nothing is known but that it is bytes: AS2 knows no default of text/plain. @throws MimeError */
export function contentTypeOf(headers: Headers): ContentType {
  return parseContentType(header(headers, 'Content-Type') || 'application/octet-stream');
}
