import { CountersignError } from '../errors.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import type { VerifiedSigner } from '../cms/signed-data.ts';
import { formatOutcome } from './disposition.ts';
import type { Disposition } from './disposition.ts';
import { readReport } from './mdn-report.ts';
import type { MdnReport } from './mdn-report.ts';
import { sameMic } from './mic.ts';
import type { Mic } from './mic.ts';
import { plainText } from './plain-text.ts';
import { isSignatureAllowed, signatureFault } from './policy.ts';
import type { SignaturePolicy } from './policy.ts';
import type { Mdn } from './read-mdn.ts';
import { verifySignedPart } from './signed-part.ts';
import type { SignedPart } from './signed-part.ts';

export interface MdnExpectation {
  /** of the message that was sent, as it was sent */
  readonly messageId: string;
  /** wrap gave it */
  readonly mic: Mic;
  /** a signed MDN was asked for */
  readonly signed: boolean;
  /** the partner's certificates that are valid now */
  readonly pinned: readonly CertificateIdentity[];
  /** by which algorithms an MDN may be signed */
  readonly policy: SignaturePolicy;
}

export interface MdnVerdict {
  /** `refused`: the partner says that it did not take the message. `invalid`: it proves nothing. */
  readonly kind: 'delivered' | 'delivered-with-warning' | 'refused' | 'invalid';
  /** for people, in one line */
  readonly reason: string;
  readonly signer?: VerifiedSigner;
}

/**
 * Whether an MDN proves that our message arrived as it was sent (RFC 4130 §7.1, §9.1). Signature first: nothing else in
 * it counts before it is known to be the partner's.
 */
export function judgeMdn(mdn: Mdn, expected: MdnExpectation): MdnVerdict {
  if (mdn.signature === undefined) {
    if (!expected.signed) return judgeReport(mdn.report, expected);
    return invalid(`The MDN is not signed, though that was asked for; it says ${shown(mdn.report.disposition)}`);
  }
  try {
    return judgeSigned(mdn.signature, expected);
  } catch (error) {
    if (error instanceof CountersignError) return invalid(plainText(error.message));
    throw error;
  }
}

function judgeSigned(signature: SignedPart, expected: MdnExpectation): MdnVerdict {
  const { pinned, policy } = expected;
  const { verdict, entity } = verifySignedPart(signature, pinned, (facts) => isSignatureAllowed(facts, policy));
  if (verdict.kind !== 'verified') return invalid(`The MDN's signature: ${signatureFault(verdict, policy).message}`);
  // What is judged are the bytes that were verified.
  return { ...judgeReport(readReport(entity), expected), signer: verdict.signer };
}

function judgeReport(report: MdnReport, expected: MdnExpectation): MdnVerdict {
  const { originalMessageId, disposition, mic } = report;
  if (bare(originalMessageId ?? '') !== bare(expected.messageId))
    return invalid(`The MDN is for another message: ${plainText(originalMessageId ?? 'none is named')}`);
  if (disposition === undefined) return invalid('The MDN has no disposition that can be read');
  if (isRefusal(disposition))
    return { kind: 'refused', reason: `${shown(disposition)} ${plainText(report.text, 400)}`.trim() };
  if (!isAcceptance(disposition)) return invalid(`The disposition means nothing in AS2: ${shown(disposition)}`);
  // RFC 4130 §2.4.2, §7.1: the sender compares the MIC; without it nobody knows what arrived. OpenAS2 and others leave it
  // out of the unsigned MDN that was asked for; that one proves nothing anyway.
  if (mic === undefined && !expected.signed)
    return { kind: 'delivered-with-warning', reason: `${shown(disposition)}, without Received-Content-MIC` };
  if (mic === undefined) return invalid('The MDN says processed, but has no Received-Content-MIC that can be read');
  if (!sameMic(mic, expected.mic)) return invalid('The Received-Content-MIC is not that of what was sent');
  const kind = disposition.modifier === undefined ? 'delivered' : 'delivered-with-warning';
  return { kind, reason: shown(disposition) };
}

/** RFC 4130 §7.5.3, §7.5.4, and §7.5.6: `processed/failed` of old. */
function isRefusal({ type, modifier = '' }: Disposition): boolean {
  return type === 'failed' || (type === 'processed' && ['error', 'failure', 'failed'].includes(modifier));
}

/** RFC 4130 §7.5.2, §7.5.5 */
function isAcceptance({ type, modifier }: Disposition): boolean {
  return type === 'processed' && (modifier === undefined || modifier === 'warning');
}

/** Some systems leave the angle brackets out. */
const bare = (messageId: string): string => messageId.trim().replace(/^<|>$/g, '');

const shown = (disposition: Disposition | undefined): string =>
  disposition === undefined ? 'nothing readable' : plainText(formatOutcome(disposition));

const invalid = (reason: string): MdnVerdict => ({ kind: 'invalid', reason });
