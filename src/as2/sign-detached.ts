import type { DigestName, SignatureScheme } from '../cms/algorithms.ts';
import { micalgName } from '../cms/algorithms.ts';
import type { PrivateIdentity } from '../cms/identity.ts';
import { makeSignedData } from '../cms/signed-data.ts';
import { bytesOf } from '../mime/bytes.ts';
import { formatHeaders } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { joinMultipart } from '../mime/multipart.ts';

export interface DetachedSignature {
  readonly identity: PrivateIdentity;
  readonly digest: DigestName;
  readonly scheme?: SignatureScheme;
  /** how the digest is spelled; without it RFC 5751's way */
  readonly micalg?: string;
  readonly signingTime?: Date;
}

/**
 * multipart/signed (RFC 1847 §2.1, RFC 8551 §3.5.3) around an entity, which stays as it is, byte for byte.
 *
 * @param boundary must not occur in the content
 */
export async function signDetached(
  content: Buffer,
  boundary: string,
  { identity, digest, scheme, micalg = micalgName(digest), signingTime }: DetachedSignature,
): Promise<{ readonly headers: Headers; readonly body: Buffer }> {
  const signature = await makeSignedData(bytesOf(content), identity, {
    digest,
    detached: true,
    ...(scheme !== undefined && { scheme }),
    ...(signingTime !== undefined && { signingTime }),
  });
  // In base64, because some systems trim or convert a binary signature.
  const p7s = Buffer.concat([formatHeaders(signatureHeaders), Buffer.from(base64Lines(signature))]);
  // RFC 1847 §2.1: protocol and micalg MUST be there.
  const type = `multipart/signed; protocol="application/pkcs7-signature"; micalg=${micalg}; boundary="${boundary}"`;
  return { headers: [['Content-Type', type]], body: joinMultipart([content, p7s], boundary) };
}

const signatureHeaders: Headers = [
  ['Content-Type', 'application/pkcs7-signature; name=smime.p7s'],
  ['Content-Disposition', 'attachment; filename=smime.p7s'],
  ['Content-Transfer-Encoding', 'base64'],
];

/** RFC 2045 §6.8: lines of at most 76 characters. */
export function base64Lines(bytes: Buffer): string {
  return (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n');
}
