import { isReport } from '../as2/mdn-report.ts';
import { isMdn } from '../as2/read-mdn.ts';
import { planReceipt, type ReceiptPlan } from '../as2/receipt-plan.ts';
import { NotAnAs2Message, parseAs2Request, type As2Request } from '../as2/request.ts';
import { dispositionOf, formatDisposition, processed } from '../as2/disposition.ts';
import { unwrap, type Unwrapped } from '../as2/unwrap.ts';
import { formatMic, parseMic, sameMic } from '../as2/mic.ts';
import type { Home, Partner } from '../config/home.ts';
import { As2Error, AuthenticationFailed, UnknownTradingRelationship } from '../errors.ts';
import { kept, type Kept } from '../bytes/kept.ts';
import { gather, sourceOf } from '../bytes/source.ts';
import { memorySpool } from '../bytes/spool.ts';
import { header, type Headers } from '../mime/headers.ts';
import { decryptionIdentities } from '../pki/keyring.ts';
import { pinnedFor, trustPinned, type TrustedPath } from '../pki/pinned.ts';
import { ENDPOINT_CHAIN } from '../store/ledger.ts';
import type { InboundMessage, SealedMessage } from '../store/store.ts';
import { emptyReply, plainText, readBody, replyWith, type Arrival, type Receive, type Reply } from './arrival.ts';
import type { Exchange } from './exchange.ts';
import { newId } from './ids.ts';
import { allowedDigests, isRegisteredMdnAddress, partnerOf, receivePolicy } from './partnership.ts';
import { makeReceipt } from './receipt.ts';
import { receiveMdn } from './receive-mdn.ts';
import { createTwoLanes } from './sharing.ts';

/** A message with what is known of it from its headers alone. */
interface Incoming {
  readonly id: string;
  readonly at: Date;
  readonly arrival: Arrival;
  readonly home: Home;
  readonly request: As2Request;
  readonly raw: Buffer;
  readonly partner: Partner | undefined;
  readonly plan: ReceiptPlan;
}

/** A message that was opened and found to be from the partner. */
interface Authentic {
  readonly partner: Partner;
  readonly opened: Unwrapped;
  readonly trust: TrustedPath | undefined;
}

/**
 * Receiving, from the first byte to the answer: the same steps in the same order for every message, however it is
 * protected and whatever receipt it asks for (RFC 4130 §2.4.2; also for partners who know no more: draft rfc4130bis §1.2).
 */
export function createReceive(exchange: Exchange): Receive {
  const memory = createTwoLanes();
  return async (arrival) => {
    const home = exchange.home();
    const at = exchange.clock();
    const raw = await readBody(arrival, home.endpoint.limits.messageSize);
    if (raw === undefined) return refuseOversized(arrival, at, exchange);

    const request = readRequest(arrival.headers);
    if (request instanceof NotAnAs2Message) return notAs2(request, arrival, exchange);

    // RFC 3798 §2.1: an MDN is never answered with an MDN, whatever its headers ask for.
    if (isMdn(arrival.headers, raw)) {
      await receiveMdn({ at, home, request, headers: arrival.headers, raw }, exchange);
      return emptyReply;
    }

    const partner = partnerOf(home, request.from, request.to);
    const plan = receiptPlan(request, partner, arrival, exchange);
    const incoming = { id: newId(at), at, arrival, home, request, raw, partner, plan };
    return memory(shareOf(incoming), () => receiveMessage(incoming, exchange));
  };
}

/**
 * What a message may take of the memory for expanded content, of which there is enough for one of the largest, and as
 * much again for small ones.
 * Compression is undone before anybody knows whose the message is, so this must not depend on how many come at once.
 */
function shareOf({ raw, home }: Incoming): number {
  const { inflatedSize, inflateRatio } = home.endpoint.limits;
  return Math.min(1, (raw.length * inflateRatio) / inflatedSize);
}

async function receiveMessage(incoming: Incoming, exchange: Exchange): Promise<Reply> {
  try {
    const authentic = await authenticate(incoming);
    if (isReport(authentic.opened.payload.contentType)) return await ignoreWrappedMdn(incoming, exchange);
    const sealed = await exchange.store.findSealed(keyOf(incoming.request));
    if (sealed !== undefined) return await answerDuplicate(sealed, authentic, incoming, exchange);
    return await accept(incoming, authentic, exchange);
  } catch (fault) {
    if (!(fault instanceof As2Error)) throw fault;
    return refuse(incoming, fault, exchange);
  }
}

function readRequest(headers: Headers): As2Request | NotAnAs2Message {
  try {
    return parseAs2Request(headers);
  } catch (error) {
    if (error instanceof NotAnAs2Message) return error;
    throw error;
  }
}

/** What receipt goes back, and by which way; an address that is not registered falls back to the response. */
function receiptPlan(
  request: As2Request,
  partner: Partner | undefined,
  arrival: Arrival,
  { log }: Exchange,
): ReceiptPlan {
  const plan = planReceipt(request.receipt, partner === undefined ? ['sha256'] : allowedDigests(partner));
  if (plan.delivery === 'none') return plan;
  const { micDigest, micalgsAsked, signWith, fault } = plan;
  // RFC 4130 §6.2: strangers get an unsigned MDN, on the response: we neither sign for them nor connect for them.
  if (partner === undefined) return { delivery: 'sync', micDigest, micalgsAsked };
  if (plan.asyncUrl === undefined || isRegisteredMdnAddress(partner, plan.asyncUrl)) return plan;
  log.warn(
    { partner: partner.shortName, address: plan.asyncUrl, remote: arrival.remoteAddress },
    'An MDN was asked for to an address that is not registered; it goes out on the response',
  );
  return { delivery: 'sync', micDigest, micalgsAsked, ...(signWith && { signWith }), ...(fault && { fault }) };
}

/** @throws As2Error unless the message is from the partner that it names, protected as that partner's file demands */
async function authenticate({ request, partner, plan, home, at, arrival, raw }: Incoming): Promise<Authentic> {
  if (request.fault !== undefined) throw request.fault;
  if (partner === undefined) throw new UnknownTradingRelationship(`"${request.from}" to "${request.to}" is unknown`);
  if (plan.fault !== undefined) throw plan.fault;

  const opened = await unwrap(
    { headers: arrival.headers, body: sourceOf(raw) },
    {
      keys: decryptionIdentities(home.endpoint.identities, at),
      pinned: pinnedFor(partner.certificates, 'sign', at),
      policy: receivePolicy(partner, home.endpoint),
      micDigest: plan.micDigest,
      spool: memorySpool,
    },
  );
  if (opened.signer === undefined) return { partner, opened, trust: undefined };
  const trust = trustPinned(opened.signer, partner.certificates, at);
  if (trust === undefined) throw new AuthenticationFailed('The signer is not a valid certificate of the partner');
  return { partner, opened, trust };
}

async function accept(incoming: Incoming, { partner, opened, trust }: Authentic, exchange: Exchange): Promise<Reply> {
  const { payload, mic } = opened;
  const content = kept(gather(payload.content.pieces()));
  const receipt = makeReceipt(incoming, undefined, mic);
  const message: InboundMessage = {
    ...recordOf(incoming),
    state: 'accepted',
    payload: {
      content,
      contentType: header(payload.headers, 'Content-Type') ?? 'application/octet-stream',
      fileName: payload.fileName,
    },
    facts: { ...opened.facts, ...(await replayNote(partner, content, exchange)) },
    signer: trust && { fingerprint: trust.certificate.fingerprint, subject: trust.certificate.subject },
    mic: formatMic(mic),
    disposition: formatDisposition(processed),
    mdn: receipt,
  };
  // RFC 4130 §7.5.2: `processed` is said only from here on: the commit is on disk.
  const outcome = await exchange.store.sealInbound(message);
  if (outcome.kind === 'duplicate')
    return answerDuplicate(outcome.sealed, { partner, opened, trust }, incoming, exchange);
  exchange.metrics.received.inc({ partner: partner.shortName, disposition: 'processed' });
  exchange.log.info({ message: message.id, partner: partner.shortName }, 'Message received');
  // RFC 4130 §7.2: the HTTP answer first; an asynchronous MDN goes out by the outbox.
  exchange.wake();
  return replyWith(receipt);
}

/** A payload under a new Message-ID may be meant; it is flagged, not refused. */
async function replayNote(partner: Partner, { sha256 }: Kept, { store }: Exchange): Promise<object> {
  return (await store.payloadSeen(partner.shortName, sha256)) ? { payloadSeenBefore: true } : {};
}

/** RFC 4130 §5.5, §9.3, draft rfc4130bis §5.5: not delivered again; the stored MDN goes out once more, byte for byte. */
async function answerDuplicate(
  { id, mdn }: SealedMessage,
  { partner, opened }: Authentic,
  { at, raw, plan, arrival }: Incoming,
  exchange: Exchange,
): Promise<Reply> {
  const before = mdn?.mic === undefined ? undefined : parseMic(mdn.mic);
  const altered = before?.digest === opened.mic.digest && !sameMic(before, opened.mic);
  const facts = { raw: kept(raw).sha256, remote: arrival.remoteAddress, altered };
  const chain = partner.shortName;
  await exchange.store.note({ chain, kind: 'duplicate-answered', subjectId: id, facts }, at);
  if (altered)
    exchange.log.warn({ message: id, partner: chain }, 'Other content came under a Message-ID that was used');
  else exchange.log.info({ message: id, partner: chain }, 'A duplicate got the MDN of the first');
  if (mdn?.mode === 'async' && plan.delivery === 'async') {
    await exchange.store.requeueMdn(id, at);
    exchange.wake();
    return replyWith(mdn);
  }
  return replyWith(mdn && { ...mdn, mode: 'sync' });
}

/** An MDN within other layers is one all the same: it is not answered. None of ours asks for such, so it settles nothing. */
async function ignoreWrappedMdn({ partner, request, at }: Incoming, { store, log }: Exchange): Promise<Reply> {
  const facts = { messageId: request.messageId };
  await store.note({ chain: partner?.shortName ?? ENDPOINT_CHAIN, kind: 'wrapped-mdn-ignored', facts }, at);
  log.warn({ ...facts, partner: partner?.shortName }, 'An MDN came encrypted or compressed; it was ignored');
  return emptyReply;
}

/** The message is not taken: what it was and why is kept, and the sender is told in the MDN. */
async function refuse(incoming: Incoming, fault: As2Error, exchange: Exchange): Promise<Reply> {
  const receipt = makeReceipt(incoming, fault, undefined);
  await exchange.store.sealInbound({
    ...recordOf(incoming),
    ...evidenceOf(incoming),
    state: 'refused',
    disposition: formatDisposition(dispositionOf(fault)),
    detail: fault.message,
    mdn: receipt,
  });
  const partner = incoming.partner?.shortName ?? 'unknown';
  exchange.metrics.received.inc({ partner, disposition: fault.modifier });
  exchange.log.warn({ message: incoming.id, partner, code: fault.code, detail: fault.message }, 'Message refused');
  if (receipt?.mode === 'async') exchange.wake();
  return replyWith(receipt);
}

/** Of strangers' messages the beginning is kept, with length and digest of all: else anybody could fill the disk. */
function evidenceOf({ partner, raw }: Incoming) {
  if (partner !== undefined || raw.length <= keptOfStrangers) return { raw: kept(raw), facts: {} };
  const cutOff = { size: raw.length, sha256: kept(raw).sha256 };
  return { raw: kept(raw.subarray(0, keptOfStrangers)), facts: { cutOff } };
}

const keptOfStrangers = 64 * 1024;

async function refuseOversized({ headers, announced, remoteAddress }: Arrival, at: Date, exchange: Exchange) {
  const limit = exchange.home().endpoint.limits.messageSize;
  const facts = {
    as2From: header(headers, 'AS2-From'),
    as2To: header(headers, 'AS2-To'),
    messageId: header(headers, 'Message-ID'),
    announced,
    limit,
    remote: remoteAddress,
  };
  await exchange.store.note({ chain: ENDPOINT_CHAIN, kind: 'message-too-large', facts }, at);
  exchange.log.warn(facts, 'A message was larger than limits.messageSize');
  return plainText(413, 'The message is larger than this endpoint accepts.\n');
}

function notAs2(fault: NotAnAs2Message, { remoteAddress }: Arrival, { log }: Exchange): Reply {
  log.info({ remote: remoteAddress, detail: fault.message }, 'A POST was no AS2 message');
  return plainText(
    400,
    'This is not an AS2 message: AS2-From and AS2-To must each be there, once, and be names (in quotes when they hold blanks).\n',
  );
}

function recordOf({ id, at, arrival, request, partner, home, raw }: Incoming) {
  return {
    id,
    environment: home.endpoint.environment,
    receivedAt: at,
    partner: partner?.shortName,
    ...keyOf(request),
    remoteAddress: arrival.remoteAddress,
    subject: request.subject,
    headers: arrival.headers,
    raw: kept(raw),
  };
}

function keyOf({ from, to, messageId }: As2Request) {
  return { as2From: from, as2To: to, messageId };
}
