import { OID } from '../cms/algorithms.ts';
import { BerReader, readHeader } from '../cms/ber.ts';
import { CmsError } from '../cms/cms-error.ts';
import { contentTypeOf } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { header } from '../mime/headers.ts';
import { decodeTransferEncoding } from '../mime/transfer-encoding.ts';
import type { ContentType } from '../mime/parameters.ts';

/** One wrapping of a message, or the payload inside the last. */
export type Layer = SignedLayer | CmsLayer | PayloadLayer;

/** Which of the two it is tells how the signed bytes are found. */
export type SignedLayer = DetachedLayer | OpaqueLayer;

export interface DetachedLayer {
  readonly kind: 'signed-detached';
  readonly entity: Entity;
  readonly contentType: ContentType;
}

export interface OpaqueLayer {
  readonly kind: 'signed-opaque';
  readonly cms: Buffer;
}

export interface CmsLayer {
  readonly kind: 'encrypted' | 'compressed';
  readonly cms: Buffer;
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
export function layerOf(entity: Entity): Layer {
  const contentType = contentTypeOf(entity.headers);
  // RFC 2045 §6.4: a multipart has no transfer encoding of its own.
  if (contentType.type === 'multipart/signed') return { kind: 'signed-detached', entity, contentType };
  if (!pkcs7Mime.test(contentType.type)) return { kind: 'payload', entity, contentType };
  const cms = decodedBody(entity);
  const type = cmsContentType(cms);
  const kind = kinds.get(type);
  if (kind === undefined) throw new CmsError('CMS_UNSUPPORTED', `AS2 has no layer of content type ${type}`);
  return kind === 'signed-opaque' ? { kind, cms } : { kind, cms };
}

/** RFC 4130 §5.2.1: binary is the default; a Content-Transfer-Encoding that is there is honoured. @throws MimeError */
export function decodedBody(entity: Entity): Buffer {
  return decodeTransferEncoding(entity.body, header(entity.headers, 'Content-Transfer-Encoding'));
}

const pkcs7Mime = /^application\/(?:x-)?pkcs7-mime$/;

const kinds = new Map<string, 'signed-opaque' | 'encrypted' | 'compressed'>([
  [OID.signedData, 'signed-opaque'],
  [OID.envelopedData, 'encrypted'],
  [OID.authEnvelopedData, 'encrypted'],
  [OID.compressedData, 'compressed'],
]);

/** ContentInfo's contentType (RFC 5652 §3). */
function cmsContentType(cms: Buffer): string {
  const contentInfo = readHeader(cms, 0, cms.length);
  return new BerReader(cms, contentInfo.content, contentInfo.end ?? cms.length).oid();
}
