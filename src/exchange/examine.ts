import { dispositionOf, formatDisposition, processed } from '../as2/disposition.ts';
import { isReport } from '../as2/mdn-report.ts';
import { formatMic } from '../as2/mic.ts';
import { planReceipt, type ReceiptPlan } from '../as2/receipt-plan.ts';
import type { As2Request } from '../as2/request.ts';
import { unwrap, type Unwrapped } from '../as2/unwrap.ts';
import { digested, type Kept } from '../bytes/kept.ts';
import type { Source } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import type { Home, Partner } from '../config/home.ts';
import { As2Error, AuthenticationFailed, UnknownTradingRelationship } from '../errors.ts';
import { header, type Headers } from '../mime/headers.ts';
import { decryptionIdentities } from '../pki/keyring.ts';
import { pinnedFor, trustPinned, type TrustedPath } from '../pki/pinned.ts';
import type { Facts, OutgoingMdn } from '../store/store.ts';
import { allowedDigests, isRegisteredMdnAddress, partnerOf, receivePolicy } from './partnership.ts';
import { makeReceipt } from './receipt.ts';

/** A message as it came, for whoever looks into it: what all of it depends on, and nothing else. */
export interface Specimen {
  readonly at: Date;
  readonly request: As2Request;
  readonly headers: Headers;
  readonly body: Source;
}

/** What was found in a message, and the receipt that its sender gets. Plain data: it crosses threads. */
export interface Examined {
  /** The partner's short name; undefined when AS2-From and AS2-To name none. */
  readonly partner: string | undefined;
  readonly receipt: OutgoingMdn | undefined;
  /** The address that was asked for and is not registered; the receipt goes out on the response instead. */
  readonly strangeAddress?: string | undefined;
  readonly finding: Authentic | Refused | { readonly kind: 'wrapped-mdn' };
}

/** It is from the partner that it names, and protected as that partner's file demands. */
export interface Authentic {
  readonly kind: 'authentic';
  readonly payload: { readonly content: Kept; readonly contentType: string; readonly fileName: string | undefined };
  readonly facts: Facts;
  readonly signer: { readonly fingerprint: string; readonly subject: string } | undefined;
  /** `base64, sha-256` */
  readonly mic: string;
  readonly disposition: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly disposition: string;
  /** The text after the colon. */
  readonly modifier: string;
  /** For the operator only. */
  readonly detail: string;
}

/**
 * Opens a message, finds whose it is, and makes its receipt: all the cryptography that a message costs, in one go, and no
 * disk but the spool, so that any thread can do it.
 *
 * @throws what is no fault of the message
 */
export async function examine(specimen: Specimen, home: Home, spool: Spool): Promise<Examined> {
  const { at, request } = specimen;
  const partner = partnerOf(home, request.from, request.to);
  const { plan, strangeAddress } = receiptPlan(request, partner);
  const subject = { at, home, partner, request, plan };
  const said = { partner: partner?.shortName, strangeAddress };
  try {
    const { opened, trust } = await authenticate(specimen, home, partner, plan, spool);
    const { payload, mic, facts } = opened;
    if (isReport(payload.contentType)) return { ...said, receipt: undefined, finding: { kind: 'wrapped-mdn' } };
    const finding: Authentic = {
      kind: 'authentic',
      payload: {
        content: digested(payload.content),
        contentType: header(payload.headers, 'Content-Type') ?? 'application/octet-stream',
        fileName: payload.fileName,
      },
      facts: { ...facts },
      signer: trust && { fingerprint: trust.certificate.fingerprint, subject: trust.certificate.subject },
      mic: formatMic(mic),
      disposition: formatDisposition(processed),
    };
    return { ...said, receipt: makeReceipt(subject, undefined, mic), finding };
  } catch (fault) {
    if (!(fault instanceof As2Error)) throw fault;
    const { code, modifier, message: detail } = fault;
    const finding: Refused = {
      kind: 'refused',
      code,
      modifier,
      detail,
      disposition: formatDisposition(dispositionOf(fault)),
    };
    return { ...said, receipt: makeReceipt(subject, fault, undefined), finding };
  }
}

/** What receipt goes back, and by which way; an address that is not registered falls back to the response. */
function receiptPlan(
  request: As2Request,
  partner: Partner | undefined,
): { readonly plan: ReceiptPlan; readonly strangeAddress?: string } {
  const plan = planReceipt(request.receipt, partner === undefined ? ['sha256'] : allowedDigests(partner));
  if (plan.delivery === 'none') return { plan };
  const { micDigest, micalgsAsked, signWith, fault, asyncUrl } = plan;
  // RFC 4130 §6.2: strangers get an unsigned MDN, on the response: we neither sign for them nor connect for them.
  if (partner === undefined) return { plan: { delivery: 'sync', micDigest, micalgsAsked } };
  if (asyncUrl === undefined || isRegisteredMdnAddress(partner, asyncUrl)) return { plan };
  const sync: ReceiptPlan = {
    delivery: 'sync',
    micDigest,
    micalgsAsked,
    ...(signWith && { signWith }),
    ...(fault && { fault }),
  };
  return { plan: sync, strangeAddress: asyncUrl };
}

/** @throws As2Error unless the message is from the partner that it names, protected as that partner's file demands */
async function authenticate(
  { at, request, headers, body }: Specimen,
  home: Home,
  partner: Partner | undefined,
  plan: ReceiptPlan,
  spool: Spool,
): Promise<{ readonly opened: Unwrapped; readonly trust: TrustedPath | undefined }> {
  if (request.fault !== undefined) throw request.fault;
  if (partner === undefined) throw new UnknownTradingRelationship(`"${request.from}" to "${request.to}" is unknown`);
  if (plan.fault !== undefined) throw plan.fault;

  const opened = await unwrap(
    { headers, body },
    {
      keys: decryptionIdentities(home.endpoint.identities, at),
      pinned: pinnedFor(partner.certificates, 'sign', at),
      policy: receivePolicy(partner, home.endpoint),
      micDigest: plan.micDigest,
      spool,
    },
  );
  if (opened.signer === undefined) return { opened, trust: undefined };
  const trust = trustPinned(opened.signer, partner.certificates, at);
  if (trust === undefined) throw new AuthenticationFailed('The signer is not a valid certificate of the partner');
  return { opened, trust };
}
