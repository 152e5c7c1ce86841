import { OID } from '../../src/cms/algorithms.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { encode, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { EnvelopeOptions } from '../../src/cms/enveloped-data.ts';
import type { CertificateIdentity, PrivateIdentity } from '../../src/cms/identity.ts';
import type { SigningOptions } from '../../src/cms/signed-data.ts';
import type { HeaderField } from '../../src/mime/headers.ts';
import * as cms from '../cms/support.ts';
import { bytesOf } from '../support/bytes.ts';

/** Messages put together from bytes, so that what `unwrap` says is not judged by what `wrap` believes. */
export interface Part {
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** The bytes of an entity with its headers. */
export function bytesOfPart({ headers, body }: Part): Buffer {
  return Buffer.concat([
    Buffer.from(`${headers.map((field) => field.join(': ')).join('\r\n')}\r\n\r\n`, 'latin1'),
    body,
  ]);
}

export async function compressed(content: Buffer): Promise<Part> {
  const body = await cms.compressed(bytesOf(content));
  return { headers: [['Content-Type', 'application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z']], body };
}

export function encrypted(
  content: Buffer,
  recipient: CertificateIdentity,
  options: EnvelopeOptions = { cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
): Promise<Part> {
  const type = 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m';
  const body = cms.enveloped(bytesOf(content), [recipient], options);
  return Promise.resolve({ headers: [['Content-Type', type]], body });
}

export function signedOpaque(
  content: Buffer,
  signer: PrivateIdentity,
  options: SigningOptions = { digest: 'sha256' },
): Promise<Part> {
  const type = 'application/pkcs7-mime; smime-type=signed-data; name=smime.p7m';
  const body = cms.signed(content, signer, { ...options, detached: false });
  return Promise.resolve({ headers: [['Content-Type', type]], body });
}

/** @param sent what stands in the message, when that is not what was signed */
export function signedDetached(
  content: Buffer,
  signer: PrivateIdentity,
  options: SigningOptions = { digest: 'sha256' },
  sent = content,
): Promise<Part> {
  const p7s = cms.signed(content, signer, { ...options, detached: true });
  return Promise.resolve(multipartSigned([sent, signaturePart(p7s)]));
}

export function signaturePart(p7s: Buffer): Buffer {
  return bytesOfPart({ headers: [['Content-Type', 'application/pkcs7-signature; name=smime.p7s']], body: p7s });
}

export function multipartSigned(parts: readonly Buffer[], epilogue = ''): Part {
  const pieces = parts.flatMap((part) => [Buffer.from('--BOUNDARY\r\n'), part, Buffer.from('\r\n')]);
  const type = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="BOUNDARY"';
  return {
    headers: [['Content-Type', type]],
    body: Buffer.concat([...pieces, Buffer.from(`--BOUNDARY--\r\n${epilogue}`, 'latin1')]),
  };
}

/** SignedData around the content without any SignerInfo, as a forger would hope for. */
export function signedByNobody(content?: Buffer): Buffer {
  return encode(
    contentInfo(OID.signedData, sequence(smallInteger(1), setOf([]), encapsulated(content && [content]), setOf([]))),
  );
}
