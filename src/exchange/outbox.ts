import { setMaxListeners } from 'node:events';
import { isMdn } from '../as2/read-mdn.ts';
import { partnerByShortName, type Home, type Partner } from '../config/home.ts';
import type { Headers } from '../mime/headers.ts';
import { LONGEST_TIMER, MDN_POST_TIME, STOPPING_TIME } from '../limits.ts';
import { StoreError } from '../store/store-error.ts';
import type { Delivery, DeliveryOutcome, SentMessage } from '../store/store.ts';
import { pauseAfter } from './backoff.ts';
import type { Exchange } from './exchange.ts';
import type { PostResponse } from './post.ts';
import { judgeResponse } from './receive-mdn.ts';
import { startWorker, type Worker } from './worker.ts';

/** Other processes queue messages too (`countersign send`): so often the outbox is looked at unasked. */
const restMs = 1_000;

/**
 * Sends what is due, several at a time, until it is stopped.
 *
 * @param patienceMs a stop waits so long for partners to answer; what they have not by then is sent again another time
 */
export function startOutbox(exchange: Exchange, patienceMs = STOPPING_TIME): Worker {
  const inFlight = new Map<Promise<void>, string>();
  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal); // one for each that is under way

  const work = async () => {
    const { concurrency } = exchange.home().endpoint.outbox;
    // One that is silent until the timeout must leave room for the others.
    const share = Math.ceil(concurrency / 4);
    const partners = [...inFlight.values()];
    const busy = partners.filter((partner) => partners.filter((each) => each === partner).length >= share);
    const room = Math.min(share, concurrency - inFlight.size);
    const deliveries = room > 0 ? await claim(exchange, room, busy) : [];
    for (const delivery of deliveries) {
      const task = attempt(delivery, exchange, hangUp.signal)
        .catch((error: unknown) => exchange.log.error({ err: error }, 'An attempt could not be settled'))
        .finally(() => {
          inFlight.delete(task);
          worker.wake();
        });
      inFlight.set(task, delivery.partner ?? '');
    }
    return deliveries.length;
  };

  const worker = startWorker('outbox', work, restMs, exchange.log);
  return {
    wake: () => worker.wake(),
    async stop() {
      await worker.stop();
      const patience = setTimeout(() => hangUp.abort(new Error('We are stopping')), patienceMs);
      await Promise.all(inFlight.keys());
      clearTimeout(patience);
    },
  };
}

/** How long one attempt may take; in milliseconds, as is what the configuration says. */
export function attemptTime(kind: Delivery['subject']['kind'], configured: number): number {
  return Math.min(configured, kind === 'mdn' ? MDN_POST_TIME : LONGEST_TIMER);
}

/** Takes deliveries for longer than an attempt may last, so that no other worker takes them meanwhile. */
function claim({ store, home, clock }: Exchange, limit: number, busy: readonly string[]): Promise<Delivery[]> {
  const { endpoint, partners } = home();
  const timeouts = [endpoint.outbox.timeout, ...partners.map(({ send }) => send.timeout ?? 0)];
  return store.claimDeliveries(clock(), Math.max(...timeouts) + 60_000, limit, busy);
}

/** One attempt, from the claim to what became of it. */
async function attempt(delivery: Delivery, exchange: Exchange, hangUp: AbortSignal): Promise<void> {
  const home = exchange.home();
  const outcome = await outcomeOf(delivery, home, exchange, hangUp);
  const settled = await exchange.store.settleDelivery(delivery, outcome, exchange.clock());
  // Another worker has the delivery by now; what the partner said is kept all the same.
  if (settled === 'lease-lost' && 'mdn' in outcome && outcome.mdn)
    await exchange.store.recordMdn(outcome.mdn, exchange.clock());
  const partner = delivery.partner ?? 'unknown';
  exchange.metrics.attempts.inc({ partner, outcome: outcome.kind });
  const level = {
    failed: 'error',
    refused: 'error',
    retry: 'warn',
    'awaiting-mdn': 'info',
    delivered: 'info',
  } as const;
  const { subject, attempt: number } = delivery;
  const about = subject.kind === 'message' ? { message: subject.message.id } : { mdn: subject.mdnId };
  const detail = 'detail' in outcome ? outcome.detail : undefined;
  exchange.log[level[outcome.kind]]({ ...about, partner, attempt: number, detail }, `Delivery: ${outcome.kind}`);
}

async function outcomeOf(
  delivery: Delivery,
  home: Home,
  exchange: Exchange,
  hangUp: AbortSignal,
): Promise<DeliveryOutcome> {
  const { outbox } = home.endpoint;
  const { subject } = delivery;
  const partner = delivery.partner === undefined ? undefined : partnerByShortName(home, delivery.partner);
  if (delivery.attempt > outbox.attempts) {
    const detail = `Given up after ${outbox.attempts} attempts: ${await whatCame(subject, exchange)}`;
    return { kind: 'failed', detail };
  }

  const again = (detail: string): DeliveryOutcome => {
    if (delivery.attempt >= outbox.attempts) {
      return { kind: 'failed', detail: `Given up after ${outbox.attempts} attempts: ${detail}` };
    }
    const pause = pauseAfter(delivery.attempt, outbox.firstPause, outbox.longestPause, exchange.random());
    return { kind: 'retry', at: new Date(exchange.clock().getTime() + pause), detail };
  };

  if (partner?.active === false) return again(`partners/${partner.shortName}.yaml says \`active: false\``);

  let response: PostResponse;
  try {
    // RFC 4130 §5.5, draft rfc4130bis §5.5: the same bytes and the same Message-ID in every attempt.
    const time = attemptTime(subject.kind, partner?.send.timeout ?? outbox.timeout);
    response = await within(time, hangUp, (signal) =>
      exchange.post({
        url: delivery.url,
        headers: [...delivery.headers, ...authorization(partner, delivery.url)],
        body: delivery.body,
        signal,
        chunked: subject.kind === 'message' && (partner?.send.chunked ?? false),
        keepAlive: partner?.send.keepAlive ?? true,
      }),
    );
  } catch (error) {
    // What is damaged is never sent: it broke off before its end, and would again.
    if (error instanceof StoreError && error.code === 'STORE_DAMAGED') return { kind: 'failed', detail: error.message };
    return again(`No answer from ${delivery.url}: ${reasonOf(error)}`);
  }

  if (response.status < 200 || response.status > 299) {
    const detail = `${delivery.url} answered HTTP ${response.status}`;
    return isTransient(response.status) ? again(detail) : { kind: 'failed', detail };
  }
  return subject.kind === 'mdn' ? { kind: 'delivered' } : judge(response, subject.message, home, exchange, again);
}

/**
 * Ends a piece of work after a time, or when we hang up. Not by `AbortSignal.timeout`: Node 20 collects one that only
 * `AbortSignal.any` refers to, and then its time is never up.
 */
export async function within<T>(
  time: number,
  hangUp: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort(hangUp.reason);
  const timer = setTimeout(() => ending.abort(new Error(`there was none within ${time / 1_000} s`)), time);
  hangUp.addEventListener('abort', end);
  if (hangUp.aborted) end();
  try {
    return await work(ending.signal);
  } finally {
    clearTimeout(timer);
    hangUp.removeEventListener('abort', end);
  }
}

/** An asynchronous MDN may have come and proved nothing; that is what the operator has to know. */
async function whatCame(subject: Delivery['subject'], { store }: Exchange): Promise<string> {
  const message = subject.kind === 'message' ? await store.getMessage(subject.message.id) : undefined;
  const invalid = message?.mdns.findLast(({ state }) => state === 'invalid');
  return invalid === undefined ? 'no MDN came in time' : `no valid MDN came in time: ${invalid.detail ?? ''}`;
}

/** What the answer to a message means. */
async function judge(
  response: PostResponse,
  message: SentMessage,
  home: Home,
  exchange: Exchange,
  again: (detail: string) => DeliveryOutcome,
): Promise<DeliveryOutcome> {
  const at = exchange.clock();
  if (message.mdnMode === 'none') return { kind: 'delivered', detail: `HTTP ${response.status}; no MDN was asked for` };
  if (!isMdn(response.headers, response.body)) {
    if (message.mdnMode === 'sync') return again('The answer holds no MDN');
    return { kind: 'awaiting-mdn', resendAt: new Date(at.getTime() + home.endpoint.outbox.mdnWait) };
  }
  const mdn = judgeResponse({ at, home, headers: response.headers, raw: response.body }, message, exchange);
  const detail = mdn.detail ?? '';
  if (mdn.verdict === 'delivered') return { kind: 'delivered', mdn, detail };
  if (mdn.verdict === 'refused') return { kind: 'refused', mdn, detail };
  // Kept as evidence; the partner may do better when it is asked again with the same Message-ID.
  await exchange.store.recordMdn(mdn, at);
  return again(`The MDN is not valid: ${detail}`);
}

/** RFC 4130 §5.4: what the partner will say again next time is not asked again. */
function isTransient(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status);
}

/** Credentials go to the partner's own address and nowhere else. */
function authorization(partner: Partner | undefined, url: string): Headers {
  if (partner?.as2.basicAuth === undefined || url !== partner.as2.url) return [];
  const { user, password } = partner.as2.basicAuth;
  return [['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message !== '' ? error.message : ((error as NodeJS.ErrnoException).code ?? error.name);
}
