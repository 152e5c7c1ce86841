import { AuthenticationFailed, InsufficientMessageSecurity, IntegrityCheckFailed } from '../errors.ts';
import type { As2Error } from '../errors.ts';
import { KEY_TRANSPORTS, SIGNATURE_SCHEMES, STRONG_CIPHERS, STRONG_DIGESTS } from '../cms/algorithms.ts';
import type { CipherName, DigestName, KeyTransportName, SignatureScheme } from '../cms/algorithms.ts';
import type { EnvelopeFacts } from '../cms/enveloped-data.ts';
import type { SignatureFacts, SignatureVerdict } from '../cms/signed-data.ts';
import { plainText } from './plain-text.ts';

/** What a partnership demands of a message, and what it allows. */
export interface ReceivePolicy {
  /** Dangerous: without a signature anybody who knows our certificate can send, and alter what was encrypted. */
  readonly allowUnsigned: boolean;
  readonly allowUnencrypted: boolean;
  readonly digests: readonly DigestName[];
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly ciphers: readonly CipherName[];
  readonly keyTransports: readonly KeyTransportName[];
  /** bytes */
  readonly maxInflatedSize: number;
  /** inflated bytes for each compressed one */
  readonly maxInflateRatio: number;
}

/** The part of it that holds for the signatures of receipts too. */
export type SignaturePolicy = Pick<ReceivePolicy, 'digests' | 'signatureSchemes'>;

/** What holds where a partnership says nothing else: signed, encrypted, no SHA-1, no 3DES. */
export const strictPolicy: ReceivePolicy = {
  allowUnsigned: false,
  allowUnencrypted: false,
  digests: STRONG_DIGESTS,
  signatureSchemes: SIGNATURE_SCHEMES,
  ciphers: STRONG_CIPHERS,
  keyTransports: KEY_TRANSPORTS,
  maxInflatedSize: 256 * 1024 * 1024,
  maxInflateRatio: 200,
};

/**
 * Judged by what anybody sees of the envelope, before a key is used.
 *
 * @throws InsufficientMessageSecurity
 */
export function judgeEnvelope(facts: EnvelopeFacts, policy: ReceivePolicy): void {
  if (!policy.ciphers.includes(facts.cipher))
    throw new InsufficientMessageSecurity(
      `This partnership demands encryption by one of ${policy.ciphers.join(', ')}; the message has ${facts.cipher}.`,
    );
  // Without a recipient that is us there is nothing to judge: that fault has to look like every other inside.
  if (facts.keyTransport !== undefined && !policy.keyTransports.includes(facts.keyTransport))
    throw new InsufficientMessageSecurity(
      `This partnership demands key transport by one of ${policy.keyTransports.join(', ')}; the message has ${facts.keyTransport}.`,
    );
}

/** @throws InsufficientMessageSecurity */
export function demandEncryption(policy: ReceivePolicy): void {
  if (!policy.allowUnencrypted)
    throw new InsufficientMessageSecurity('This partnership demands that messages are encrypted; this one is not.');
}

/** @throws InsufficientMessageSecurity */
export function demandSignature(policy: ReceivePolicy): void {
  if (!policy.allowUnsigned)
    throw new InsufficientMessageSecurity('This partnership demands that messages are signed; this one is not.');
}

export function isSignatureAllowed(facts: SignatureFacts, policy: SignaturePolicy): boolean {
  return policy.digests.includes(facts.digest) && policy.signatureSchemes.includes(facts.scheme);
}

/** What the sender is told of a signature that was not accepted. */
export function signatureFault(
  verdict: Exclude<SignatureVerdict, { kind: 'verified' }>,
  policy: SignaturePolicy,
): As2Error {
  switch (verdict.kind) {
    case 'content-changed':
      return new IntegrityCheckFailed('The content is not what was signed');
    case 'bad-signature':
      return new AuthenticationFailed('The signature does not verify with the certificate that it names');
    case 'unknown-signer':
      return new AuthenticationFailed('The signature names no certificate that is pinned for the partner');
    case 'unsigned':
      return new AuthenticationFailed('The signed-data holds no signature');
    case 'not-allowed':
    case 'unsupported': {
      const demand = `This partnership demands signatures by ${policy.signatureSchemes.join(', ')} over ${policy.digests.join(', ')}.`;
      const cause =
        verdict.kind === 'unsupported' ? verdict.algorithm : `${verdict.facts.scheme} over ${verdict.facts.digest}`;
      return new InsufficientMessageSecurity(demand, { cause: plainText(cause) });
    }
  }
}
