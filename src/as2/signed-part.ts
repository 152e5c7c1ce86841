import { createHash } from 'node:crypto';
import { Reader } from '../bytes/reader.ts';
import { after, gather, sourceOf } from '../bytes/source.ts';
import type { Pieces, Source } from '../bytes/source.ts';
import { memorySpool } from '../bytes/spool.ts';
import { digestByMicalg } from '../cms/algorithms.ts';
import type { DigestName } from '../cms/algorithms.ts';
import { readSignedData, undigested } from '../cms/signed-data.ts';
import type { SignatureFacts, SignatureVerdict, SignedContent } from '../cms/signed-data.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { contentTypeOf, parseEntity, readHead, wholeOf } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { MimeError } from '../mime/mime-error.ts';
import { readMultipart } from '../mime/multipart.ts';
import type { MultipartReader } from '../mime/multipart.ts';
import { LONGEST_SIGNATURE } from '../limits.ts';
import { enclosedCertificates } from './enclosed-certificates.ts';
import { createEffort } from './effort.ts';
import type { Effort } from './effort.ts';
import { encodedIn, entityIn } from './layer.ts';
import type { DetachedLayer, SignedLayer } from './layer.ts';
import { isPlainText } from './plain-entity.ts';
import { signedVariants } from './signed-variants.ts';

/** A signed layer that was read and not yet verified. */
export interface SignedPart {
  readonly detached: boolean;
  /** what was signed, as received; where it has no header that can be read, all of it is body */
  readonly received: Entity;
  /** of what was received; those that were made while it was read */
  readonly digests: ReadonlyMap<DigestName, Buffer>;
  /** something that no signature covers lies around it where it should not, or might: an end is missing */
  readonly loose: boolean;
  readonly signed: SignedContent;
}

/** What a signature was found to cover, or not. */
export interface CheckedPart {
  readonly verdict: SignatureVerdict;
  /** as in SignedPart */
  readonly entity: Entity;
  /** of the entity; not all that there might be */
  readonly digests: ReadonlyMap<DigestName, Buffer>;
  readonly variant: string;
}

/** @throws MimeError, CmsError */
export function readSignedPart(layer: SignedLayer, effort: Effort): SignedPart {
  if (layer.kind === 'signed-detached') return readDetached(layer, effort);
  const signed = readSignedData(layer.cms, effort.spool);
  if (signed.content === undefined) throw new MimeError('MIME_BOUNDARY', 'The signed-data holds no content');
  return { detached: false, received: receivedIn(signed.content), digests: new Map(), loose: signed.trailing, signed };
}

/**
 * Verifies with pinned certificates only (RFC 5652 §5.6); whatever certificates the message brings are not looked at.
 *
 * @throws MimeError, CmsError
 */
export function verifySignedPart(
  part: SignedPart,
  pinned: readonly CertificateIdentity[],
  allowed: (facts: SignatureFacts) => boolean,
  effort = createEffort(memorySpool),
): CheckedPart {
  const { received, digests, signed } = part;
  const asReceived = { pieces: () => effort.digesting(wholeOf(received).pieces()), digests };
  const check = () => effort.check();
  const verdict = signed.verify(asReceived, pinned, allowed, check);
  const first = { verdict, entity: received, digests, variant: 'as-received' };
  if (verdict.kind !== 'content-changed' || !part.detached) return first;
  for (const { name, bytes } of signedVariants(received)) {
    const variant = undigested({ pieces: () => effort.digesting([bytes]) });
    const found = signed.verify(variant, pinned, allowed, check);
    if (found.kind === 'verified')
      return { verdict: found, entity: receivedIn(sourceOf(bytes)), digests: new Map(), variant: name };
  }
  return first;
}

/** What a signature was found to cover, to be used. @throws MimeError when it has no header */
export function signedEntity({ entity }: CheckedPart): Entity {
  return entity.head.length === 0 ? entityIn(entity.body) : entity;
}

/**
 * Whether the signature holds under any certificate at all, a pinned one or one that the message brings along: then
 * whoever signed it knew every byte of it. It says nothing of who that was.
 *
 * @throws MimeError, CmsError
 */
export function isSelfConsistent(part: SignedPart, pinned: readonly CertificateIdentity[], effort: Effort): boolean {
  const anybody = [...pinned, ...enclosedCertificates(part.signed, pinned)];
  return verifySignedPart(part, anybody, () => true, effort).verdict.kind === 'verified';
}

/** RFC 1847 §2.1: two parts, the content and its signature. A third would be content that nobody signed. */
function readDetached({ contentType, reader }: DetachedLayer, effort: Effort): SignedPart {
  const boundary = contentType.parameters.get('boundary');
  if (boundary === undefined) throw new MimeError('MIME_BOUNDARY', 'multipart/signed has no boundary');
  const multipart = readMultipart(reader, boundary);
  const content = partOf(multipart, 'no part');
  const { entity, digests } = digested(content, digestsIn(contentType.parameters.get('micalg')), effort);
  const p7s = parseEntity(gatherUpTo(partOf(multipart, 'one part'), LONGEST_SIGNATURE));
  if (multipart.next() !== undefined) throw new MimeError('MIME_BOUNDARY', 'multipart/signed has more than two parts');
  const { type } = contentTypeOf(p7s.headers);
  if (!pkcs7Signature.test(type))
    throw new MimeError('MIME_PARAMETER', 'The signature is not application/pkcs7-signature');
  const signed = readSignedData(encodedIn(p7s), effort.spool);
  let isFollowed = false;
  for (const piece of reader.rest()) isFollowed ||= piece.some((byte) => !blank.has(byte));
  const loose = signed.trailing || !multipart.closed() || isFollowed || !isPlainText(p7s);
  return { detached: true, received: entity, digests, loose, signed };
}

function partOf(multipart: MultipartReader, found: string): Pieces {
  const part = multipart.next();
  if (part === undefined) throw new MimeError('MIME_BOUNDARY', `multipart/signed has ${found}, not two`);
  return part;
}

/** Reads an entity and makes digests of all of it on the way. */
function digested(content: Pieces, names: readonly DigestName[], effort: Effort) {
  const hashes = names.map((name) => [name, createHash(name)] as const);
  const reader = new Reader(content);
  const { headers, head } = headOrNothing(reader);
  const spooling = effort.spool();
  for (const [, hash] of hashes) hash.update(head);
  for (const piece of effort.digesting(reader.rest())) {
    for (const [, hash] of hashes) hash.update(piece);
    spooling.write(piece);
  }
  const entity: Entity = { headers, head, body: spooling.end() };
  return { entity, digests: new Map(hashes.map(([name, hash]) => [name, hash.digest()])) };
}

function receivedIn(source: Source): Entity {
  const { headers, head } = headOrNothing(new Reader(source.pieces()));
  return { headers, head, body: after(source, head.length) };
}

/** That there is no header is told only of what was signed indeed; before, whoever altered it decides what is told. */
function headOrNothing(reader: Reader): Pick<Entity, 'headers' | 'head'> {
  try {
    return readHead(reader);
  } catch (error) {
    if (error instanceof MimeError) return { headers: [], head: Buffer.alloc(0) };
    throw error;
  }
}

/** RFC 8551 §3.5.3.2: what the sender announces; the SignerInfo decides, and what it wants besides is made later. */
function digestsIn(micalg = ''): DigestName[] {
  const names = new Set<DigestName>();
  for (const text of micalg.split(',')) {
    const name = digestByMicalg(text);
    if (name !== undefined) names.add(name);
  }
  return names.size > 0 ? [...names] : ['sha256'];
}

function gatherUpTo(pieces: Pieces, limit: number): Buffer {
  const held: Buffer[] = [];
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    if (size > limit) throw new MimeError('MIME_LIMIT', 'The signature is too long');
    held.push(piece);
  }
  return gather(held);
}

const pkcs7Signature = /^application\/(?:x-)?pkcs7-signature$/;

const blank = new Set(Buffer.from(' \t\r\n'));
