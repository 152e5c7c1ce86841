import { createHash } from 'node:crypto';
import type { Pieces } from '../bytes/source.ts';
import { LARGEST_AT_A_STROKE } from '../limits.ts';
import type { DigestName } from './algorithms.ts';
import { TAG } from './ber.ts';
import { refersTo } from './certificate-reference.ts';
import type { CertificateIdentity } from './identity.ts';
import { checkSignature } from './signature.ts';
import type { SignatureAlgorithm } from './signature.ts';
import { factsOf } from './signer-info.ts';
import type { SignatureFacts, SignerInfo } from './signer-info.ts';

const verified: unique symbol = Symbol('verified');

/** Proof that a signature was verified: nothing but `judgeSigners` makes one. */
export interface VerifiedSigner {
  readonly certificate: CertificateIdentity;
  readonly facts: SignatureFacts;
  readonly [verified]: true;
}

/** When there are several signers, the first of these that is true of one of them. */
export type SignatureVerdict =
  | { readonly kind: 'verified'; readonly signer: VerifiedSigner }
  /** messageDigest differs; or the signature, made without signed attributes, does not hold. */
  | { readonly kind: 'content-changed' }
  | { readonly kind: 'bad-signature' }
  | { readonly kind: 'not-allowed'; readonly facts: SignatureFacts }
  /** By a pinned certificate, but by an algorithm that does not exist here; its object identifiers, for people. */
  | { readonly kind: 'unsupported'; readonly algorithm: string }
  /** No pinned certificate is named. */
  | { readonly kind: 'unknown-signer' }
  /** There is no SignerInfo at all. */
  | { readonly kind: 'unsigned' };

const RANK = [
  'verified',
  'content-changed',
  'bad-signature',
  'not-allowed',
  'unsupported',
  'unknown-signer',
  'unsigned',
] as const satisfies readonly SignatureVerdict['kind'][];

/** Content that can be read again, with the digests that were made of it while it was read the first time. */
export interface DigestedContent {
  pieces(): Pieces;
  readonly digests: ReadonlyMap<DigestName, Buffer>;
}

/** Content without digests; those that are needed are made. */
export const undigested = (content: { pieces(): Pieces }): DigestedContent => ({
  pieces: () => content.pieces(),
  digests: new Map(),
});

/** Verifies each SignerInfo under each pinned certificate that it names. `allowed` is asked before that. */
export function judgeSigners(
  signers: readonly SignerInfo[],
  content: DigestedContent,
  pinned: readonly CertificateIdentity[],
  allowed: (facts: SignatureFacts) => boolean,
  check: () => void = () => undefined,
): SignatureVerdict {
  const needed = new Set<DigestName>();
  const trials: Trial[] = [];
  for (const info of signers)
    for (const certificate of pinned)
      if (refersTo(info.signer, certificate)) trials.push(startTrial(info, certificate, allowed, needed, check));
  const digests = new Map(content.digests);
  const hashes = [...needed].filter((name) => !digests.has(name)).map((name) => [name, createHash(name)] as const);
  if (hashes.length > 0 || trials.some(({ update }) => update !== undefined)) {
    for (const piece of content.pieces()) {
      for (const [, hash] of hashes) hash.update(piece);
      for (const trial of trials) trial.update?.(piece);
    }
  }
  for (const [name, hash] of hashes) digests.set(name, hash.digest());
  const verdicts = trials.map((trial) => trial.verdict(digests));
  const none: SignatureVerdict = { kind: signers.length === 0 ? 'unsigned' : 'unknown-signer' };
  return verdicts.sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind))[0] ?? none;
}

/** One SignerInfo under one certificate. */
interface Trial {
  /** Takes the content itself, where there are no signed attributes. */
  readonly update?: (chunk: Uint8Array) => void;
  readonly verdict: (digests: ReadonlyMap<DigestName, Buffer>) => SignatureVerdict;
}

function startTrial(
  info: SignerInfo,
  certificate: CertificateIdentity,
  allowed: (facts: SignatureFacts) => boolean,
  needed: Set<DigestName>,
  onCheck: () => void,
): Trial {
  const { algorithm, attributes, signature, isProtected } = info;
  if (typeof algorithm === 'string') return { verdict: () => ({ kind: 'unsupported', algorithm }) };
  const facts = factsOf(info, algorithm, certificate);
  if (!allowed(facts)) return { verdict: () => ({ kind: 'not-allowed', facts }) };
  const good: SignatureVerdict = { kind: 'verified', signer: { certificate, facts, [verified]: true } };
  if (attributes === undefined) {
    const check = checkSignature(algorithm);
    let first: number | undefined;
    let size = 0;
    // RFC 8419 §3.2: without signed attributes the signature is over the content itself.
    const isTooMuch = () => algorithm.scheme === 'ed25519' && size > LARGEST_AT_A_STROKE;
    return {
      update: (chunk) => {
        first ??= chunk[0];
        size += chunk.length;
        if (!isTooMuch()) check.update(chunk);
      },
      // A signature over attributes is one over a SET too. Somebody could pass off the attributes of another message
      // as content that was signed without attributes; a MIME entity never begins with that octet.
      verdict: () => {
        if (isTooMuch())
          return { kind: 'unsupported', algorithm: 'ed25519 without signed attributes over more than 1 MiB' };
        onCheck();
        const holds = check.holds(certificate.publicKey, signature);
        return first !== TAG.set && holds ? good : { kind: 'content-changed' };
      },
    };
  }
  needed.add(algorithm.digest);
  return {
    verdict: (digests) => {
      // RFC 5652 §5.6: the digest of the content MUST be the value of messageDigest.
      if (!digests.get(algorithm.digest)?.equals(attributes.messageDigest)) return { kind: 'content-changed' };
      // RFC 6211 §3: else somebody put other algorithms into the SignerInfo than those that the signer meant.
      if (!isProtected) return { kind: 'bad-signature' };
      for (const bytes of attributes.signedBytes()) {
        onCheck();
        if (holdsOver(bytes, algorithm, certificate, signature)) return good;
      }
      return { kind: 'bad-signature' };
    },
  };
}

function holdsOver(
  bytes: Buffer,
  algorithm: SignatureAlgorithm,
  certificate: CertificateIdentity,
  signature: Buffer,
): boolean {
  const check = checkSignature(algorithm);
  check.update(bytes);
  return check.holds(certificate.publicKey, signature);
}
