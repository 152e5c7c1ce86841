import { readSignedData } from '../cms/signed-data.ts';
import type { SignatureFacts, SignatureVerdict, SignedContent } from '../cms/signed-data.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { bytesOf, collect } from '../mime/bytes.ts';
import { contentTypeOf, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/mime-error.ts';
import { splitMultipart } from '../mime/multipart.ts';
import { enclosedCertificates } from './enclosed-certificates.ts';
import { decodedBody } from './layer.ts';
import type { DetachedLayer, SignedLayer } from './layer.ts';
import { isPlainText } from './plain-entity.ts';
import { signedVariants } from './signed-variants.ts';

/** A signed layer that was read and not yet verified. */
export interface SignedPart {
  readonly detached: boolean;
  /** what was signed, as received */
  readonly received: Buffer;
  /** something that no signature covers lies around it where it should not, or might: an end is missing */
  readonly loose: boolean;
  readonly signed: SignedContent;
  /** the SignedData */
  readonly cms: Buffer;
}

/** The bytes that a signature was found to cover, or not. */
export interface CheckedPart {
  readonly verdict: SignatureVerdict;
  readonly bytes: Buffer;
  readonly variant: string;
}

/** @throws MimeError, CmsError */
export async function readSignedPart(layer: SignedLayer): Promise<SignedPart> {
  return layer.kind === 'signed-opaque' ? readOpaque(layer.cms) : readDetached(layer);
}

/**
 * Verifies with pinned certificates only (RFC 5652 §5.6); whatever certificates the message brings are not looked at.
 *
 * @throws MimeError, CmsError
 */
export async function verifySignedPart(
  part: SignedPart,
  pinned: readonly CertificateIdentity[],
  allowed: (facts: SignatureFacts) => boolean,
): Promise<CheckedPart> {
  const verify = (bytes: Buffer) => part.signed.verify(bytesOf(bytes), pinned, allowed);
  const first = { verdict: await verify(part.received), bytes: part.received, variant: 'as-received' };
  if (first.verdict.kind !== 'content-changed' || !part.detached) return first;
  for (const { name, bytes } of signedVariants(part.received)) {
    if (bytes === part.received) continue;
    const verdict = await verify(bytes);
    if (verdict.kind === 'verified') return { verdict, bytes, variant: name };
  }
  return first;
}

/**
 * Whether the signature holds under any certificate at all, a pinned one or one that the message brings along: then
 * whoever signed it knew every byte of it. It says nothing of who that was.
 *
 * @throws MimeError, CmsError
 */
export async function isSelfConsistent(part: SignedPart, pinned: readonly CertificateIdentity[]): Promise<boolean> {
  const anybody = [...pinned, ...enclosedCertificates(part.cms)];
  const { verdict } = await verifySignedPart(part, anybody, () => true);
  return verdict.kind === 'verified';
}

async function readOpaque(cms: Buffer): Promise<SignedPart> {
  const signed = await readSignedData(bytesOf(cms));
  if (signed.content === undefined) throw new MimeError('MIME_BOUNDARY', 'The signed-data holds no content');
  return { detached: false, received: await collect(signed.content), loose: signed.trailing, signed, cms };
}

/** RFC 1847 §2.1: two parts, the content and its signature. A third would be content that nobody signed. */
async function readDetached({ entity, contentType }: DetachedLayer): Promise<SignedPart> {
  const boundary = contentType.parameters.get('boundary');
  if (boundary === undefined) throw new MimeError('MIME_BOUNDARY', 'multipart/signed has no boundary');
  const { parts, epilogue, closed } = splitMultipart(entity.body, boundary);
  const [content, signature] = parts;
  if (content === undefined || signature === undefined || parts.length !== 2)
    throw new MimeError('MIME_BOUNDARY', `multipart/signed has ${parts.length} parts, not two`);
  const p7s = parseEntity(signature);
  const { type } = contentTypeOf(p7s.headers);
  if (!pkcs7Signature.test(type))
    throw new MimeError('MIME_PARAMETER', 'The signature is not application/pkcs7-signature');
  const cms = decodedBody(p7s);
  const signed = await readSignedData(bytesOf(cms));
  const loose = signed.trailing || !closed || epilogue.some((byte) => !blank.has(byte)) || !isPlainText(p7s);
  return { detached: true, received: content, loose, signed, cms };
}

const pkcs7Signature = /^application\/(?:x-)?pkcs7-signature$/;

const blank = new Set(Buffer.from(' \t\r\n'));
