import { Reader } from '../bytes/reader.ts';
import { after } from '../bytes/source.ts';
import type { Source } from '../bytes/source.ts';
import { OID } from '../cms/algorithms.ts';
import type { Encoded } from '../cms/ber-stream.ts';
import { CmsError } from '../cms/cms-error.ts';
import { contentTypeOfCms } from '../cms/content-info.ts';
import { contentTypeOf, readHead } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { decoded, transferEncodingOf } from '../mime/transfer-encoding.ts';
import type { ContentType } from '../mime/parameters.ts';

/** One wrapping of a message, or the payload inside the last. */
export type Layer = SignedLayer | CmsLayer | PayloadLayer;

/** Which of the two it is tells how the signed bytes are found. */
export type SignedLayer = DetachedLayer | OpaqueLayer;

export interface DetachedLayer {
  readonly kind: 'signed-detached';
  readonly contentType: ContentType;
  /** Before the body of the multipart. */
  readonly reader: Reader;
}

export interface OpaqueLayer {
  readonly kind: 'signed-opaque';
  readonly cms: Encoded;
}

export interface CmsLayer {
  readonly kind: 'encrypted' | 'compressed';
  readonly cms: Encoded;
}

export interface PayloadLayer {
  readonly kind: 'payload';
  readonly entity: Entity;
  readonly contentType: ContentType;
}

/**
 * Which layer an entity is (RFC 4130 §4.2, RFC 8551 §3.5). Content-Type says that it is CMS; which, the CMS itself
 * says: `smime-type` is often left out, and the structure is what will be read anyway.
 *
 * @throws MimeError, CmsError
 */
export function layerOf(entity: Entity, contentType = contentTypeOf(entity.headers)): Layer {
  // RFC 2045 §6.4: a multipart has no transfer encoding of its own.
  if (contentType.type === 'multipart/signed')
    return { kind: 'signed-detached', contentType, reader: new Reader(entity.body.pieces()) };
  if (!pkcs7Mime.test(contentType.type)) return { kind: 'payload', entity, contentType };
  const cms = encodedIn(entity);
  const type = contentTypeOfCms(cms);
  const kind = kinds.get(type);
  if (kind === undefined) throw new CmsError('CMS_UNSUPPORTED', `AS2 has no layer of content type ${type}`);
  return kind === 'signed-opaque' ? { kind, cms } : { kind, cms };
}

/** RFC 4130 §5.2.1: binary is the default; a Content-Transfer-Encoding that is there is honoured. @throws MimeError */
export function encodedIn({ headers, body }: Entity): Encoded {
  const encoding = transferEncodingOf(headers);
  if (encoding === undefined) return body;
  return {
    // No encoding makes octets fewer.
    size: body.size,
    pieces(start = 0) {
      const reader = new Reader(decoded(body.pieces(), encoding));
      reader.skip(start);
      return reader.rest();
    },
  };
}

/** An entity that lies in a source from its first byte on. @throws MimeError */
export function entityIn(source: Source): Entity {
  const { headers, head } = readHead(new Reader(source.pieces()));
  return { headers, head, body: after(source, head.length) };
}

const pkcs7Mime = /^application\/(?:x-)?pkcs7-mime$/;

const kinds = new Map<string, 'signed-opaque' | 'encrypted' | 'compressed'>([
  [OID.signedData, 'signed-opaque'],
  [OID.envelopedData, 'encrypted'],
  [OID.authEnvelopedData, 'encrypted'],
  [OID.compressedData, 'compressed'],
]);
