import { fileSpool, type Spool } from '../bytes/spool.ts';
import { partnerByShortName } from '../config/home.ts';
import { CountersignError } from '../errors.ts';
import type { Job } from '../store/store.ts';
import { pauseAfter } from './backoff.ts';
import type { Exchange } from './exchange.ts';
import { processPayload } from './interchange.ts';
import { startWorker, type Worker } from './worker.ts';

const restMs = 5_000;
const leaseMs = 5 * 60_000;

/** Works through the payloads of accepted messages, until it is stopped. */
export function startJobs(exchange: Exchange): Worker {
  const work = async () => {
    const [job] = await exchange.store.claimJobs(exchange.clock(), leaseMs, 1);
    if (job === undefined) return 0;
    await runJob(job, exchange);
    return 1;
  };
  return startWorker('jobs', work, restMs, exchange.log);
}

/** One payload, from the claim to the commit of all that it brings about. */
export async function runJob(job: Job, exchange: Exchange): Promise<void> {
  const { spool, clear } = fileSpool(exchange.store.spoolDirectory);
  try {
    await finish(job, spool, exchange);
  } catch (error) {
    await putOff(job, error, exchange);
  } finally {
    clear();
  }
}

async function finish(job: Job, spool: Spool, exchange: Exchange): Promise<void> {
  const { store } = exchange;
  const home = exchange.home();
  // The attempt was counted when it was claimed: a payload that ended the process each time is not tried for ever.
  if (job.attempts > home.endpoint.outbox.attempts) throw new TriedTooOften();
  const message = await store.getMessage(job.messageId);
  const payload = await store.getContent(job.messageId, 'payload');
  const partner = message?.partner === undefined ? undefined : partnerByShortName(home, message.partner);
  if (payload === undefined || partner === undefined) {
    throw new PartnerGone(`partners/${message?.partner ?? '?'}.yaml is gone; put it back, then resend the message`);
  }
  const received = { messageId: job.messageId, payload, partner, spool };
  const result = await processPayload(received, home, exchange);
  const outcome = await store.completeJob(job, result, exchange.clock());
  // Another job changed a certificate between our reading and our commit: decide again by what is there now.
  if (outcome === 'conflict') return finish(job, spool, exchange);
  if (outcome === 'lease-lost') return;
  const about = { message: job.messageId, partner: partner.shortName, detail: result.detail };
  exchange.log.info(about, 'Payload processed');
  for (const alert of result.alerts) exchange.log.warn({ ...about, detail: alert }, 'A payload wants looking at');
  for (const { accepted, rejected } of result.interchanges) {
    exchange.metrics.certificates.inc({ decision: 'accepted' }, accepted);
    exchange.metrics.certificates.inc({ decision: 'rejected' }, rejected);
  }
  exchange.wake();
}

async function putOff(job: Job, error: unknown, { store, home, clock, random, log }: Exchange): Promise<void> {
  const { outbox } = home().endpoint;
  const reason = error instanceof Error ? error.message : String(error);
  const now = clock();
  const over = job.attempts >= outbox.attempts;
  const pause = pauseAfter(job.attempts, outbox.firstPause, outbox.longestPause, random());
  await store.failJob(job, reason, over ? undefined : new Date(now.getTime() + pause), now);
  log.error({ err: error, message: job.messageId, stuck: over }, 'A payload could not be processed');
}

/** Every attempt at a payload ended without a word of why. */
export class TriedTooOften extends CountersignError {
  readonly code = 'TRIED_TOO_OFTEN';
  constructor() {
    super('Each attempt at this payload ended the process. Keep the bytes (message raw --payload) and report it.');
  }
}

/** A message was accepted from a partner whose file is no longer there. */
export class PartnerGone extends CountersignError {
  readonly code = 'PARTNER_GONE';
}
