import { dispositionOf, formatDisposition, processed } from '../as2/disposition.ts';
import { makeMdn } from '../as2/mdn.ts';
import { formatMic, type Mic } from '../as2/mic.ts';
import type { ReceiptPlan } from '../as2/receipt-plan.ts';
import type { As2Request } from '../as2/request.ts';
import { ED25519_DIGEST, schemeOf } from '../cms/signature.ts';
import type { DigestName } from '../cms/algorithms.ts';
import type { Home, Partner } from '../config/home.ts';
import type { As2Error } from '../errors.ts';
import { signingIdentity } from '../pki/keyring.ts';
import type { OutgoingMdn } from '../store/store.ts';
import { hostOf, newBoundary, newId, newMessageId } from './ids.ts';
import { NoSigningIdentity } from './errors.ts';

export interface ReceiptSubject {
  readonly at: Date;
  readonly home: Home;
  /** undefined: a stranger, for whom nothing is signed */
  readonly partner: Partner | undefined;
  readonly request: As2Request;
  readonly plan: ReceiptPlan;
}

/**
 * The MDN that a message gets, if it asked for one.
 *
 * @param fault why it is refused; undefined when it was processed
 * @throws NoSigningIdentity when a signed one is due and none of our keys is valid
 */
export function makeReceipt(
  { at, home, partner, request, plan }: ReceiptSubject,
  fault: As2Error | undefined,
  mic: Mic | undefined,
): OutgoingMdn | undefined {
  if (plan.delivery === 'none') return undefined;
  const disposition = fault === undefined ? processed : dispositionOf(fault);
  const explanation = fault?.explanation ?? 'The message was received, verified and stored.';
  const messageId = newMessageId(at, hostOf(home));
  const { headers, body } = makeMdn({
    // RFC 4130 §6.2: the names of the message, swapped.
    from: request.to,
    to: request.from,
    messageId,
    date: at,
    original: request,
    disposition,
    explanation,
    ...(mic && { mic }),
    micalgsAsked: plan.micalgsAsked,
    reportingUa: `${hostOf(home)}; Countersign`,
    // RFC 4130 §7.3.1: a signed receipt that was asked for is signed, also when it tells of an error.
    ...(plan.signWith && { sign: receiptSignature(home, partner, plan.signWith, at) }),
    boundary: newBoundary(),
  });
  return {
    id: newId(at),
    messageId,
    mode: plan.delivery,
    url: plan.asyncUrl,
    signed: plan.signWith !== undefined,
    disposition: formatDisposition(disposition),
    mic: mic && formatMic(mic, plan.micalgsAsked),
    text: explanation,
    headers,
    body,
  };
}

/** By Ed25519 it is over SHA-512, whatever digest was asked for (RFC 8419 §3.1); that is the one of the MIC all the same. */
function receiptSignature(home: Home, partner: Partner | undefined, asked: DigestName, at: Date) {
  const signer = signerFor(home, partner, at);
  return { ...signer, digest: signer.scheme === 'ed25519' ? ED25519_DIGEST : asked };
}

/**
 * Which key of ours signs for a partner, and how.
 * @throws NoSigningIdentity
 */
export function signerFor(home: Home, partner: Partner | undefined, at: Date) {
  const scheme = partner?.send.scheme;
  const identity = signingIdentity(home.endpoint.identities, at, scheme);
  if (identity === undefined) throw new NoSigningIdentity(scheme);
  return { identity, scheme: scheme ?? schemeOf(identity.privateKey) };
}
