import { rm } from 'node:fs/promises';
import path from 'node:path';

import { isMdn } from '../as2/read-mdn.ts';
import { NotAnAs2Message, parseAs2Request, type As2Request } from '../as2/request.ts';
import { parseMic, sameMic } from '../as2/mic.ts';
import { kept, keptSource, type Kept } from '../bytes/kept.ts';
import { gather } from '../bytes/source.ts';
import type { Home } from '../config/home.ts';
import { header, type Headers } from '../mime/headers.ts';
import { ENDPOINT_CHAIN } from '../store/ledger.ts';
import type { InboundMessage, SealedMessage } from '../store/store.ts';
import { BODY_SILENCE, KEPT_OF_STRANGERS, LONGEST_MDN, MDN_BEGINNING } from '../limits.ts';
import { emptyReply, plainText, replyWith, type Arrival, type Receive, type Reply } from './arrival.ts';
import { BodyTooSlow, ExaminationAbandoned, SpoolFull } from './errors.ts';
import type { Authentic, Examined, Refused } from './examine.ts';
import type { Exchange } from './exchange.ts';
import { newId } from './ids.ts';
import { createIntake } from './intake.ts';
import { paced } from './pace.ts';
import { receiveMdn } from './receive-mdn.ts';
import { createSpoolSpace } from './spool-space.ts';

/** A message that was taken in whole, and not yet looked into. */
interface Incoming {
  readonly id: string;
  readonly at: Date;
  readonly arrival: Arrival;
  readonly home: Home;
  readonly request: As2Request;
  readonly raw: Kept;
}

/**
 * Receiving, from the first byte to the answer: the same steps in the same order for every message, however it is
 * protected and whatever receipt it asks for (RFC 4130 §2.4.2; also for partners who know no more: draft rfc4130bis §1.2).
 */
export function createReceive(exchange: Exchange): Receive {
  const { spoolDirectory } = exchange.store;
  const space = createSpoolSpace(spoolDirectory, () => exchange.home().endpoint.limits.spoolSpace);
  const takeIn = createIntake();
  return async (arrival) => {
    const home = exchange.home();
    const { messageSize, receiveTime } = home.endpoint.limits;
    // Before anything of the body is read: whoever is turned away has lost nothing.
    if (exchange.examiner().isFull()) return busy;
    const at = exchange.clock();
    const id = newId(at);
    const spooled = path.join(spoolDirectory, `${id}-raw`);
    const { announced = 0 } = arrival;
    if (announced <= messageSize && !space.hasRoom(announced)) return turnAway(new SpoolFull(), arrival, exchange);
    const body = paced(arrival.body, { silence: BODY_SILENCE, whole: receiveTime });
    const bounded = {
      ...arrival,
      body: space.through(body, spooled, Math.min(arrival.announced ?? messageSize, messageSize)),
    };
    const raw = await takeIn(bounded, messageSize, spooled).catch((error: unknown) =>
      turnAway(error, arrival, exchange),
    );
    if (raw === undefined) return refuseOversized(arrival, at, exchange);
    if ('status' in raw) return raw;
    try {
      // Many may have come in at once.
      if (exchange.examiner().isFull()) return busy;
      return await receive({ id, at, arrival, home, raw }, exchange);
    } finally {
      // What was sealed has moved to where it is kept.
      if ('file' in raw) await rm(raw.file, { force: true });
    }
  };
}

async function receive(taken: Omit<Incoming, 'request'>, exchange: Exchange): Promise<Reply> {
  const { at, arrival, home, raw } = taken;
  const request = readRequest(arrival.headers);
  if (request instanceof NotAnAs2Message) return notAs2(request, arrival, exchange);

  // RFC 3798 §2.1: an MDN is never answered with an MDN, whatever its headers ask for.
  if (isMdn(arrival.headers, beginningOf(raw))) {
    if (raw.size > LONGEST_MDN) return refuseOversized(arrival, at, exchange);
    const bytes = gather(keptSource(raw).pieces());
    await receiveMdn({ at, home, request, headers: arrival.headers, raw: bytes }, exchange);
    return emptyReply;
  }
  return receiveMessage({ ...taken, request }, exchange);
}

const beginningOf = (raw: Kept): Buffer => gather(keptSource(raw).pieces(0, Math.min(raw.size, MDN_BEGINNING)));

/** RFC 9110 §15.6.4. A partner that is told sends again; one that waits for ever does not. */
const busy: Reply = {
  ...plainText(503, 'More messages came than can be worked on. Please send it again.\n'),
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Retry-After', '5'],
  ],
};

/** Nothing of it is kept. @throws what is no reason to turn a sender away */
function turnAway(error: unknown, { remoteAddress: remote }: Arrival, { log }: Exchange): Reply {
  if (!(error instanceof SpoolFull || error instanceof BodyTooSlow)) throw error;
  log.warn({ remote, detail: error.message }, 'A message was turned away before it was whole');
  return error instanceof SpoolFull ? busy : tooSlow;
}

/** RFC 9110 §15.5.9 */
const tooSlow: Reply = {
  ...plainText(408, 'The message did not come in time. Please send it again.\n'),
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Connection', 'close'],
  ],
};

async function receiveMessage(incoming: Incoming, exchange: Exchange): Promise<Reply> {
  const { id, at, arrival, raw } = incoming;
  const examined = await exchange
    .examiner()
    .examine({ id, at, headers: arrival.headers, body: raw })
    .catch((error: unknown) => abandon(incoming, error, exchange));
  const { finding, partner, strangeAddress } = examined;
  if (strangeAddress !== undefined)
    exchange.log.warn(
      { partner, address: strangeAddress, remote: arrival.remoteAddress },
      'An MDN was asked for to an address that is not registered; it goes out on the response',
    );
  if (finding.kind === 'wrapped-mdn') return ignoreWrappedMdn(incoming, partner, exchange);
  if (finding.kind === 'refused') return refuse(incoming, examined, finding, exchange);
  try {
    return await accept(incoming, examined, finding, exchange);
  } finally {
    const { content } = finding.payload;
    if ('file' in content) await rm(content.file, { force: true });
  }
}

/** Nothing is kept of what cannot be examined, but that it came: its sender is told by HTTP, and sends it again. */
async function abandon(
  { id, at, request, raw, arrival }: Incoming,
  error: unknown,
  { store }: Exchange,
): Promise<never> {
  if (error instanceof ExaminationAbandoned) {
    const { from, to, messageId } = request;
    const said = { as2From: from, as2To: to, messageId };
    const facts = { ...said, raw: raw.sha256, remote: arrival.remoteAddress, reason: error.code };
    await store.note({ chain: ENDPOINT_CHAIN, kind: 'examination-abandoned', subjectId: id, facts }, at);
  }
  throw error;
}

function readRequest(headers: Headers): As2Request | NotAnAs2Message {
  try {
    return parseAs2Request(headers);
  } catch (error) {
    if (error instanceof NotAnAs2Message) return error;
    throw error;
  }
}

async function accept(
  incoming: Incoming,
  examined: Examined,
  { payload, facts, signer, mic, disposition }: Authentic,
  exchange: Exchange,
): Promise<Reply> {
  const { receipt, partner = '' } = examined;
  const handing = exchange.handing();
  // RFC 4130 §7.5.2: `processed` is said only when this has resolved: the commit is on disk.
  const message: InboundMessage = {
    ...recordOf(incoming, examined),
    raw: incoming.raw,
    state: 'accepted',
    ...{ payload, facts, signer, mic, disposition, mdn: receipt },
  };
  const outcome = await exchange.store.sealInbound(message, handing?.leaseUntil());
  if (outcome.kind === 'duplicate') return answerDuplicate(outcome.sealed, incoming, examined, { mic }, exchange);
  exchange.metrics.received.inc({ partner, disposition: 'processed' });
  exchange.log.info({ message: incoming.id, partner }, 'Message received');
  if (outcome.job === undefined) exchange.wake('jobs');
  else handing?.hand(outcome.job, payload.content);
  // RFC 4130 §7.2: the HTTP answer first; an asynchronous MDN goes out by the outbox.
  if (receipt?.mode === 'async') exchange.wake('outbox');
  return replyWith(receipt);
}

/** RFC 4130 §5.5, §9.3, draft rfc4130bis §5.5: not delivered again; the stored MDN goes out once more, byte for byte. */
async function answerDuplicate(
  { id, mdn }: SealedMessage,
  { at, raw, arrival }: Incoming,
  { partner: chain = ENDPOINT_CHAIN, receipt }: Examined,
  found: Pick<Authentic, 'mic'>,
  exchange: Exchange,
): Promise<Reply> {
  const before = parseMic(mdn?.mic ?? '');
  const now = parseMic(found.mic);
  const altered = before !== undefined && now?.digest === before.digest && !sameMic(before, now);
  const facts = { raw: raw.sha256, remote: arrival.remoteAddress, altered };
  await exchange.store.note({ chain, kind: 'duplicate-answered', subjectId: id, facts }, at);
  if (altered)
    exchange.log.warn({ message: id, partner: chain }, 'Other content came under a Message-ID that was used');
  else exchange.log.info({ message: id, partner: chain }, 'A duplicate got the MDN of the first');
  if (mdn?.mode === 'async' && receipt?.mode === 'async') {
    await exchange.store.requeueMdn(id, at);
    exchange.wake('outbox');
    return replyWith(mdn);
  }
  return replyWith(mdn && { ...mdn, mode: 'sync' });
}

/** An MDN within other layers is one all the same: it is not answered. None of ours asks for such, so it settles nothing. */
async function ignoreWrappedMdn({ request, at }: Incoming, partner: string | undefined, { store, log }: Exchange) {
  const facts = { messageId: request.messageId };
  await store.note({ chain: partner ?? ENDPOINT_CHAIN, kind: 'wrapped-mdn-ignored', facts }, at);
  log.warn({ ...facts, partner }, 'An MDN came encrypted or compressed; it was ignored');
  return emptyReply;
}

/** The message is not taken: what it was and why is kept, and the sender is told in the MDN. */
async function refuse(
  incoming: Incoming,
  examined: Examined,
  { code, disposition, modifier, detail }: Refused,
  exchange: Exchange,
): Promise<Reply> {
  const { receipt, partner } = examined;
  await exchange.store.sealInbound({
    ...recordOf(incoming, examined),
    ...evidenceOf(incoming.raw, partner),
    state: 'refused',
    disposition,
    detail,
    mdn: receipt,
  });
  const sender = { partner: partner ?? 'unknown' };
  exchange.metrics.received.inc({ ...sender, disposition: modifier });
  if (code === 'AS2_DECRYPTION_FAILED') exchange.metrics.undecrypted.inc(sender);
  const { remoteAddress: remote } = incoming.arrival;
  exchange.log.warn({ message: incoming.id, ...sender, remote, code, detail }, 'Message refused');
  if (receipt?.mode === 'async') exchange.wake('outbox');
  return replyWith(receipt);
}

/** Of strangers' messages the beginning is kept, with length and digest of all: else anybody could fill the disk. */
function evidenceOf(raw: Kept, partner: string | undefined) {
  if (partner !== undefined || raw.size <= KEPT_OF_STRANGERS) return { raw, facts: {} };
  const { size, sha256 } = raw;
  const beginning = gather(keptSource(raw).pieces(0, KEPT_OF_STRANGERS));
  return { raw: kept(beginning), facts: { cutOff: { size, sha256 } } };
}

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

function recordOf({ id, at, arrival, request, home }: Incoming, { partner }: Examined) {
  return {
    id,
    environment: home.endpoint.environment,
    receivedAt: at,
    partner,
    ...keyOf(request),
    remoteAddress: arrival.remoteAddress,
    subject: request.subject,
    headers: arrival.headers,
  };
}

function keyOf({ from, to, messageId }: As2Request) {
  return { as2From: from, as2To: to, messageId };
}
