import { dispositionOf, formatDisposition, processed } from '../as2/disposition.ts';
import { makeMdn } from '../as2/mdn.ts';
import { formatMic, type Mic } from '../as2/mic.ts';
import type { ReceiptPlan } from '../as2/receipt-plan.ts';
import type { As2Request } from '../as2/request.ts';
import type { Home } from '../config/home.ts';
import type { As2Error } from '../errors.ts';
import { signingIdentity } from '../pki/keyring.ts';
import type { OutgoingMdn } from '../store/store.ts';
import { hostOf, newBoundary, newId, newMessageId } from './ids.ts';
import { NoSigningIdentity } from './errors.ts';

export interface ReceiptSubject {
  readonly at: Date;
  readonly home: Home;
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
  { at, home, request, plan }: ReceiptSubject,
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
    ...(plan.signWith && { sign: { identity: signerOf(home, at), digest: plan.signWith } }),
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

/** @throws NoSigningIdentity */
export function signerOf(home: Home, at: Date) {
  const identity = signingIdentity(home.endpoint.identities, at);
  if (identity === undefined) throw new NoSigningIdentity();
  return identity;
}
