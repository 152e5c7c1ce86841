import { judgeMdn, type MdnVerdict } from '../as2/judge.ts';
import { formatDisposition } from '../as2/disposition.ts';
import { formatMic, parseMic } from '../as2/mic.ts';
import { parseAs2Name } from '../as2/names.ts';
import { readMdn, type Mdn } from '../as2/read-mdn.ts';
import type { As2Request } from '../as2/request.ts';
import { partnerByShortName, type Home } from '../config/home.ts';
import { CountersignError } from '../errors.ts';
import { header, type Headers } from '../mime/headers.ts';
import { pinnedFor, trustPinned } from '../pki/pinned.ts';
import type { ReceivedMdn, SentMessage } from '../store/store.ts';
import type { Exchange } from './exchange.ts';
import { newId } from './ids.ts';
import { partnerOf, receivePolicy } from './partnership.ts';

/** An MDN as it came, on the response to our POST or on a connection of its own (draft rfc4130bis §8.2: both). */
export interface MdnArrival {
  readonly at: Date;
  readonly home: Home;
  readonly headers: Headers;
  readonly raw: Buffer;
}

/** Takes an asynchronous MDN: finds the message that it answers, judges it, keeps it with the verdict. */
export async function receiveMdn(arrival: MdnArrival & { readonly request: As2Request }, exchange: Exchange) {
  const { at, home, request, headers, raw } = arrival;
  const mdn = readable(headers, raw);
  const message = mdn instanceof CountersignError ? undefined : await messageOf(mdn, request, exchange);
  const received =
    message === undefined
      ? unmatched(arrival, mdn, partnerOf(home, request.from, request.to)?.shortName)
      : judged(arrival, mdn, message, 'async', exchange);
  await exchange.store.recordMdn(received, at);
  exchange.log.info(
    { mdn: received.id, message: received.outboundId, verdict: received.verdict, detail: received.detail },
    'An asynchronous MDN came in',
  );
}

/** Judges the MDN that came on the response to our POST. */
export function judgeResponse(arrival: MdnArrival, message: SentMessage, exchange: Exchange) {
  return judged(arrival, readable(arrival.headers, arrival.raw), message, 'sync', exchange);
}

function readable(headers: Headers, raw: Buffer): Mdn | CountersignError {
  try {
    return readMdn(headers, raw);
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
}

/**
 * Names swapped, Original-Message-ID as we sent it; some systems drop its angle brackets, and pyas2 quotes names that
 * are quoted already.
 */
async function messageOf({ report }: Mdn, { from, to }: As2Request, { store }: Exchange) {
  const original = report.originalMessageId;
  if (original === undefined) return undefined;
  for (const [ours, theirs] of [[to, from] as const, [parseAs2Name(to) ?? to, parseAs2Name(from) ?? from] as const]) {
    for (const messageId of [original, `<${original}>`]) {
      const message = await store.findOutbound({ as2From: ours, as2To: theirs, messageId });
      if (message !== undefined) return message;
    }
  }
  return undefined;
}

function judged(
  arrival: MdnArrival,
  mdn: Mdn | CountersignError,
  message: SentMessage,
  mode: 'sync' | 'async',
  { log }: Exchange,
): ReceivedMdn {
  const { at, home } = arrival;
  const partner = partnerByShortName(home, message.partner);
  const mic = message.mic === undefined ? undefined : parseMic(message.mic);
  const base = { ...recordOf(arrival, mdn), partner: message.partner, outboundId: message.id, mode };
  if (mdn instanceof CountersignError) return { ...base, verdict: 'invalid', detail: mdn.message };
  if (partner === undefined || mic === undefined) {
    return { ...base, verdict: 'invalid', detail: `partners/${message.partner}.yaml is gone: it cannot be judged` };
  }
  const verdict = judgeMdn(mdn, {
    messageId: message.messageId,
    mic,
    signed: message.mdnSigned,
    pinned: pinnedFor(partner.certificates, 'sign', at),
    policy: receivePolicy(partner, home.endpoint),
  });
  const trust = verdict.signer && trustPinned(verdict.signer, partner.certificates, at);
  if (verdict.kind === 'delivered-with-warning') log.warn({ message: message.id, detail: verdict.reason }, 'MDN warns');
  return {
    ...base,
    verdict: settled(verdict.kind),
    detail: verdict.reason,
    signer: trust && { fingerprint: trust.certificate.fingerprint, subject: trust.certificate.subject },
  };
}

function settled(kind: MdnVerdict['kind']): ReceivedMdn['verdict'] {
  return kind === 'delivered-with-warning' ? 'delivered' : kind;
}

function unmatched(arrival: MdnArrival, mdn: Mdn | CountersignError, partner: string | undefined): ReceivedMdn {
  const detail = mdn instanceof CountersignError ? mdn.message : 'It answers no message that we sent to this partner';
  return { ...recordOf(arrival, mdn), partner, outboundId: undefined, mode: 'async', verdict: 'invalid', detail };
}

function recordOf({ at, headers, raw }: MdnArrival, mdn: Mdn | CountersignError) {
  const report = mdn instanceof CountersignError ? undefined : mdn.report;
  return {
    id: newId(at),
    receivedAt: at,
    messageId: header(headers, 'Message-ID'),
    originalMessageId: report?.originalMessageId,
    signed: !(mdn instanceof CountersignError) && mdn.signature !== undefined,
    disposition: report?.disposition && formatDisposition(report.disposition),
    mic: report?.mic && formatMic(report.mic),
    text: report?.text,
    headers,
    body: raw,
  };
}
