import type { Source } from '../bytes/source.ts';
import { spooled } from '../bytes/spool.ts';
import type { Spool } from '../bytes/spool.ts';
import { LONGEST_DIGEST_ALGORITHMS, LONGEST_SET, MOST_CERTIFICATES, MOST_SIGNERS } from '../limits.ts';
import { digestAlgorithm } from './algorithm-identifier.ts';
import { DIGESTS, OID } from './algorithms.ts';
import type { DigestName, SignatureScheme } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { BerStream } from './ber-stream.ts';
import type { Encoded } from './ber-stream.ts';
import { contentInfo, encapsulated, enterContentInfo, enterEncapsulated } from './content-info.ts';
import { leaveContentInfo, leaveEncapsulated } from './content-info.ts';
import { element, encode, sequence, setOf, smallInteger } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { longestSignature, makeSignature, schemeOf } from './signature.ts';
import { judgeSigners, undigested } from './signature-verdict.ts';
import type { DigestedContent, SignatureVerdict } from './signature-verdict.ts';
import { factsOf, makeSignerInfo, readSignerInfo } from './signer-info.ts';
import type { SignatureFacts } from './signer-info.ts';

export type { SignatureFacts } from './signer-info.ts';
export { undigested };
export type { DigestedContent, SignatureVerdict, VerifiedSigner } from './signature-verdict.ts';

export interface SignedContent {
  /** The encapsulated content; undefined when the signature is detached. */
  readonly content: Source | undefined;
  /** Whether bytes other than line ends follow the structure. */
  readonly trailing: boolean;
  /** How many SignerInfos there are, also of algorithms that do not exist here. */
  readonly signers: number;
  /** What the message claims, before verification; signers of unknown algorithms are left out. */
  readonly signatures: readonly SignatureFacts[];
  /** The certificates that the message brings along. Anybody can put anything there. */
  readonly certificates: readonly Buffer[];
  /**
   * Verifies one SignerInfo after the other under the pinned certificates that it names. Certificates in the message
   * count for nothing: whoever can forge a signature can enclose a certificate.
   * @param content the detached content, or the encapsulated one
   * @param allowed is asked before any signature is verified
   * @param check is told of each operation with a public key
   */
  readonly verify: (
    content: DigestedContent,
    pinned: readonly CertificateIdentity[],
    allowed: (facts: SignatureFacts) => boolean,
    check?: () => void,
  ) => SignatureVerdict;
}

/**
 * Reads SignedData (RFC 5652 §5.1).
 * @param spool takes the content, if it is encapsulated
 * @throws CmsError
 */
export function readSignedData(encoded: Encoded, spool: Spool): SignedContent {
  const stream = new BerStream(encoded);
  enterContentInfo(stream, [OID.signedData], 'signed-data');
  stream.gather(LONGEST_DIGEST_ALGORITHMS).smallInteger();
  stream.raw(LONGEST_DIGEST_ALGORITHMS); // digestAlgorithms: a hint for one-pass readers; what counts stands in each SignerInfo
  const isEncapsulated = enterEncapsulated(stream);
  const content = isEncapsulated ? spooled(stream.octetString(), spool) : undefined;
  leaveEncapsulated(stream, isEncapsulated);
  const tag = context(0, true);
  const certificates = stream.next === tag ? certificatesIn(stream.raw(LONGEST_SET)) : [];
  if (stream.next === context(1, true)) stream.raw(LONGEST_SET); // revocation lists
  const signers = stream.gather(LONGEST_SET).all(TAG.set, MOST_SIGNERS, readSignerInfo);
  return {
    content,
    trailing: leaveContentInfo(stream),
    signers: signers.length,
    get signatures() {
      return signers.flatMap((info) => (typeof info.algorithm === 'string' ? [] : [factsOf(info, info.algorithm)]));
    },
    certificates,
    verify: (signedContent, pinned, allowed, check) => judgeSigners(signers, signedContent, pinned, allowed, check),
  };
}

function certificatesIn(set: Buffer): Buffer[] {
  return new BerReader(set).all(context(0, true), MOST_CERTIFICATES, (each) => each.raw());
}

export interface SigningOptions {
  readonly digest: DigestName;
  /** By default the plain one of the key: RSA PKCS#1 v1.5 or ECDSA. */
  readonly scheme?: SignatureScheme;
  readonly signingTime?: Date;
  /** Whether to enclose the signer's certificate; by default yes, because many partners look for it. */
  readonly includeCertificate?: boolean;
}

/**
 * Makes SignedData with one signer and signed attributes, in DER.
 * @param messageDigest of the content, by the digest of the options
 * @param content to be encapsulated; without it the signature is detached
 * @throws CmsError when the key does not fit
 */
export function makeSignedData(
  messageDigest: Buffer,
  { certificate, privateKey }: PrivateIdentity,
  options: SigningOptions,
  content?: Buffer,
): Buffer {
  const { digest, scheme = schemeOf(privateKey) } = options;
  return signedDataOf(messageDigest, certificate, { scheme, ...options }, content, (bytes) =>
    makeSignature(scheme, digest, privateKey, bytes),
  );
}

/** Octets that the SignedData of a detached signature takes at most; with an RSA key always that many. */
export function longestSignedData({ certificate, privateKey }: PrivateIdentity, options: SigningOptions): number {
  const { scheme = schemeOf(privateKey), digest } = options;
  const messageDigest = Buffer.alloc(DIGESTS[digest].length);
  const signature = Buffer.alloc(longestSignature(privateKey));
  return signedDataOf(messageDigest, certificate, { scheme, ...options }, undefined, () => signature).length;
}

function signedDataOf(
  messageDigest: Buffer,
  certificate: CertificateIdentity,
  options: SigningOptions & { readonly scheme: SignatureScheme },
  content: Buffer | undefined,
  sign: (bytes: Buffer) => Buffer,
): Buffer {
  const { digest, signingTime, includeCertificate = true } = options;
  const certificates = includeCertificate ? [element(context(0, true), [certificate.der])] : [];
  const signedData = sequence(
    smallInteger(1),
    setOf([digestAlgorithm(digest)]),
    encapsulated(content && [content]),
    ...certificates,
    setOf([makeSignerInfo(messageDigest, certificate, options, signingTime, sign)]),
  );
  return encode(contentInfo(OID.signedData, signedData));
}
