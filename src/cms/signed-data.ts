import { createHash } from 'node:crypto';
import { bytesOf, collect } from '../mime/bytes.ts';
import type { Bytes } from '../mime/bytes.ts';
import { digestAlgorithm } from './algorithm-identifier.ts';
import { OID } from './algorithms.ts';
import type { DigestName, SignatureScheme } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import { contentInfo, encapsulated, expectType, readContentInfo, readEncapsulated } from './content-info.ts';
import { element, encode, sequence, setOf, smallInteger } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { schemeOf } from './signature.ts';
import { judgeSigners } from './signature-verdict.ts';
import type { SignatureVerdict } from './signature-verdict.ts';
import { factsOf, makeSignerInfo, readSignerInfo } from './signer-info.ts';
import type { SignatureFacts } from './signer-info.ts';

export type { SignatureFacts } from './signer-info.ts';
export type { SignatureVerdict, VerifiedSigner } from './signature-verdict.ts';

/** Each signer may cost a public-key operation. One is usual, and two where a sender changes its key or algorithm. */
export const MAX_SIGNERS = 16;

export interface SignedContent {
  /** The encapsulated content; undefined when the signature is detached. */
  readonly content: Bytes | undefined;
  /** Whether bytes other than line ends follow the structure. */
  readonly trailing: boolean;
  /** How many SignerInfos there are, also of algorithms that do not exist here. */
  readonly signers: number;
  /** What the message claims, before verification; signers of unknown algorithms are left out. */
  readonly signatures: readonly SignatureFacts[];
  /**
   * Verifies one SignerInfo after the other under the pinned certificates that it names. Certificates in the message
   * count for nothing: whoever can forge a signature can enclose a certificate.
   * @param content the detached content, or the encapsulated one
   * @param allowed is asked before any signature is verified
   */
  readonly verify: (
    content: Bytes,
    pinned: readonly CertificateIdentity[],
    allowed: (facts: SignatureFacts) => boolean,
  ) => Promise<SignatureVerdict>;
}

/** Reads SignedData (RFC 5652 §5.1). @throws CmsError */
export async function readSignedData(body: Bytes): Promise<SignedContent> {
  const { value, trailing } = readContentInfo(await collect(body), (type, reader) => {
    expectType(type, OID.signedData, 'signed-data');
    return reader.inside(TAG.sequence, (signed) => {
      signed.smallInteger();
      signed.raw(); // digestAlgorithms: a hint for one-pass readers; what counts stands in each SignerInfo
      const content = readEncapsulated(signed);
      if (signed.next === context(0, true)) signed.raw(); // certificates
      if (signed.next === context(1, true)) signed.raw(); // revocation lists
      return { content, signers: signed.all(TAG.set, MAX_SIGNERS, readSignerInfo) };
    });
  });
  const { content, signers } = value;
  return {
    content: content && bytesOf(content),
    trailing,
    signers: signers.length,
    signatures: signers.flatMap((info) => (typeof info.algorithm === 'string' ? [] : [factsOf(info, info.algorithm)])),
    verify: (signedContent, pinned, allowed) => judgeSigners(signers, signedContent, pinned, allowed),
  };
}

export interface SigningOptions {
  readonly digest: DigestName;
  /** By default the plain one of the key: RSA PKCS#1 v1.5 or ECDSA. */
  readonly scheme?: SignatureScheme;
  readonly detached: boolean;
  readonly signingTime?: Date;
  /** Whether to enclose the signer's certificate; by default yes, because many partners look for it. */
  readonly includeCertificate?: boolean;
}

/** Makes SignedData with one signer and signed attributes, in DER. @throws CmsError when the key does not fit */
export async function makeSignedData(
  content: Bytes,
  signer: PrivateIdentity,
  { digest, scheme = schemeOf(signer.privateKey), detached, signingTime, includeCertificate = true }: SigningOptions,
): Promise<Buffer> {
  const hash = createHash(digest);
  const kept: Buffer[] = [];
  for await (const chunk of content) {
    hash.update(chunk);
    if (!detached) kept.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  const signerInfo = await makeSignerInfo(hash.digest(), signer, { digest, scheme }, signingTime);
  const certificates = includeCertificate ? [element(context(0, true), [signer.certificate.der])] : [];
  const signedData = sequence(
    smallInteger(1),
    setOf([digestAlgorithm(digest)]),
    encapsulated(detached ? undefined : kept),
    ...certificates,
    setOf([signerInfo]),
  );
  return encode(contentInfo(OID.signedData, signedData));
}
