import { partnerByShortName } from '../config/home.ts';
import { CountersignError } from '../errors.ts';
import type { Job } from '../store/store.ts';
import { pauseAfter } from './backoff.ts';
import type { Exchange } from './exchange.ts';
import { processPayload } from './interchange.ts';
import { startWorker, type Worker } from './worker.ts';

const restMs = 5_000;
const leaseMs = 5 * 60_000;
const batch = 8;

/** Works through the payloads of accepted messages, until it is stopped. */
export function startJobs(exchange: Exchange): Worker {
  const work = async () => {
    const jobs = await exchange.store.claimJobs(exchange.clock(), leaseMs, batch);
    for (const job of jobs) await runJob(job, exchange);
    return jobs.length;
  };
  return startWorker('jobs', work, restMs, exchange.log);
}

/** One payload, from the claim to the commit of all that it brings about. */
export async function runJob(job: Job, exchange: Exchange): Promise<void> {
  try {
    await finish(job, exchange);
  } catch (error) {
    await putOff(job, error, exchange);
  }
}

async function finish(job: Job, exchange: Exchange): Promise<void> {
  const { store } = exchange;
  const home = exchange.home();
  const message = await store.getMessage(job.messageId);
  const payload = await store.getBytes(job.messageId, 'payload');
  const partner = message?.partner === undefined ? undefined : partnerByShortName(home, message.partner);
  if (payload === undefined || partner === undefined) {
    throw new PartnerGone(`partners/${message?.partner ?? '?'}.yaml is gone; put it back, then resend the message`);
  }
  const received = { messageId: job.messageId, payload, partner };
  const result = await processPayload(received, home, exchange);
  const outcome = await store.completeJob(job, result, exchange.clock());
  // Another job changed a certificate between our reading and our commit: decide again by what is there now.
  if (outcome === 'conflict') return finish(job, exchange);
  if (outcome === 'lease-lost') return;
  exchange.log.info({ message: job.messageId, partner: partner.shortName, detail: result.detail }, 'Payload processed');
  exchange.wake();
}

async function putOff(job: Job, error: unknown, { store, home, clock, log }: Exchange): Promise<void> {
  const { outbox } = home().endpoint;
  const reason = error instanceof Error ? error.message : String(error);
  const now = clock();
  const over = job.attempts >= outbox.attempts;
  const pause = pauseAfter(job.attempts, outbox.firstPause, outbox.longestPause, Math.random());
  await store.failJob(job, reason, over ? undefined : new Date(now.getTime() + pause), now);
  log.error({ err: error, message: job.messageId, stuck: over }, 'A payload could not be processed');
}

/** A message was accepted from a partner whose file is no longer there. */
export class PartnerGone extends CountersignError {
  readonly code = 'PARTNER_GONE';
}
