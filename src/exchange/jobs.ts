import { keptSource, type Kept } from '../bytes/kept.ts';
import { fileSpool, type Spool } from '../bytes/spool.ts';
import { partnerByShortName } from '../config/home.ts';
import { CountersignError } from '../errors.ts';
import { LARGEST_JOBS, MOST_HANDED, MOST_JOBS } from '../limits.ts';
import type { DoneJob, Job } from '../store/store.ts';
import { pauseAfter } from './backoff.ts';
import type { Exchange } from './exchange.ts';
import { processPayload, type Processed } from './interchange.ts';
import { startWorker, type Worker } from './worker.ts';

const restMs = 5_000;
const leaseMs = 5 * 60_000;

/**
 * Works through the payloads of accepted messages, until it is stopped: those that are handed to it, and those that are
 * due in the store. While there may be any in the store, none is handed, so that the older ones come first.
 */
export function startJobs(exchange: Exchange): Worker {
  const { store, clock, log } = exchange;
  let handed: Handed[] = [];
  let octets = 0;
  /** How often something was left to be found in the store, since nothing was found there. */
  let behind = 1;
  let lookedAt = 0;

  async function runHanded(isStopping: () => boolean): Promise<number> {
    const jobs = handed;
    handed = [];
    octets = 0;
    try {
      await runJobs(jobs, exchange, isStopping);
    } catch (error) {
      behind += 1; // some were given back
      throw error;
    }
    return jobs.length;
  }

  async function runDue(isStopping: () => boolean): Promise<number> {
    const before = behind;
    lookedAt = performance.now();
    const jobs = await store.claimJobs(clock(), leaseMs, MOST_JOBS);
    // Where there was one there may be more.
    if (jobs.length > 0) behind += 1;
    // Unless one more was left in the store meanwhile.
    else if (behind === before) behind = 0;
    await runJobs(jobs, exchange, isStopping);
    return jobs.length;
  }

  const work = async (isStopping: () => boolean) => {
    const done = await runHanded(isStopping);
    const isTime = done === 0 || behind > 0 || performance.now() - lookedAt > restMs;
    return isTime ? done + (await runDue(isStopping)) : done;
  };
  const worker = startWorker('jobs', work, restMs, log);
  return {
    wake() {
      behind += 1;
      worker.wake();
    },
    async stop() {
      behind += 1; // from now on all is left in the store
      await worker.stop();
      if (handed.length === 0) return;
      // No reason not to close the rest.
      await store.returnJobs(handed).catch((error: unknown) => {
        log.error({ err: error }, 'Jobs could not be given back; the next start takes them up');
      });
    },
    handing: {
      leaseUntil: () =>
        behind > 0 || handed.length >= MOST_HANDED ? undefined : new Date(clock().getTime() + leaseMs),
      hand(job, payload) {
        octets += payload.size;
        handed.push('bytes' in payload && octets <= LARGEST_JOBS ? { ...job, payload } : job);
        worker.wake();
      },
    },
  };
}

/** Without its payload when that is large, or much waits. */
type Handed = Job & { readonly payload?: Kept };

/**
 * Payloads, one after the other, from the claim to the commit of all that they bring about. What is not begun when we are
 * stopping, or when the store fails, is given back.
 */
export async function runJobs(jobs: readonly Handed[], exchange: Exchange, isStopping = () => false): Promise<void> {
  let left = jobs;
  try {
    while (left.length > 0 && !isStopping()) left = await runSome(left, exchange);
  } finally {
    if (left.length > 0) await exchange.store.returnJobs(left);
  }
}

/** As many as may share a commit. Returns those that are still to be done. */
async function runSome(jobs: readonly Handed[], exchange: Exchange): Promise<readonly Handed[]> {
  const { spool, clear } = fileSpool(exchange.store.spoolDirectory);
  const processed: Done[] = [];
  let taken = 0;
  try {
    const most = Math.min(jobs.length, MOST_JOBS);
    for (let octets = 0; octets < LARGEST_JOBS && taken < most; taken += 1) {
      const job = jobs[taken] as Handed;
      try {
        // A later one is judged by what the earlier ones bring about.
        const done = await run(job, processed, spool, exchange);
        processed.push(done);
        octets += done.size;
      } catch (error) {
        await putOff(job, error, exchange);
      }
    }
    return [...(await complete(processed, exchange)), ...jobs.slice(taken)];
  } finally {
    clear();
  }
}

/** A job that was worked through, and not committed yet. */
interface Done extends DoneJob {
  readonly result: Processed;
  /** Of the payload, in octets. */
  readonly size: number;
}

async function run(job: Handed, earlier: readonly Done[], spool: Spool, exchange: Exchange): Promise<Done> {
  const { messageId, attempts, partner: shortName } = job;
  const home = exchange.home();
  // The attempt was counted when it was claimed: a payload that ended the process each time is not tried for ever. The first
  // may have ended by another's doing, while it waited.
  if (attempts > Math.max(2, home.endpoint.outbox.attempts)) throw new TriedTooOften();
  const payload = job.payload ? keptSource(job.payload) : await exchange.store.getContent(messageId, 'payload');
  const partner = shortName === undefined ? undefined : partnerByShortName(home, shortName);
  if (payload === undefined || partner === undefined) {
    throw new PartnerGone(`partners/${shortName ?? '?'}.yaml is gone; put it back, then resend the message`);
  }
  const pending = earlier.map(({ result }) => result);
  const result = await processPayload({ messageId, payload, partner, spool }, pending, home, exchange);
  return { job, result, size: payload.size };
}

/** Returns what is to be decided again: somebody else changed a certificate between our reading and our commit. */
async function complete(processed: readonly Done[], exchange: Exchange): Promise<readonly Job[]> {
  let ended: readonly string[];
  try {
    ended = await exchange.store.completeJobs(processed, exchange.clock());
  } catch (error) {
    const [first, ...more] = processed;
    // One that cannot be written must not be the end of the others.
    if (more.length > 0) for (const { job } of processed) await runJobs([job], exchange);
    else if (first !== undefined) await putOff(first.job, error, exchange);
    return [];
  }
  for (const [index, one] of processed.entries()) if (ended[index] === 'done') tell(one, exchange);
  if (processed.some(({ result }) => result.outbound.length > 0)) exchange.wake('outbox');
  return processed.flatMap(({ job }, index) => (ended[index] === 'conflict' ? job : []));
}

function tell({ job, result }: Done, { log, metrics }: Exchange): void {
  const about = { message: job.messageId, partner: job.partner, detail: result.detail };
  log.info(about, 'Payload processed');
  for (const alert of result.alerts) log.warn({ ...about, detail: alert }, 'A payload wants looking at');
  for (const { outcome } of result.acknowledgements ?? [])
    metrics.acknowledgements.inc({ partner: job.partner ?? '', outcome });
  for (const { subject, accepted, rejected } of result.decided) {
    metrics[subject].inc({ decision: 'accepted' }, accepted);
    metrics[subject].inc({ decision: 'rejected' }, rejected);
  }
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
    super(
      'Each attempt at this payload ended without an outcome, most likely with the process. Keep the bytes (message raw --payload) and report it.',
    );
  }
}

/** A message was accepted from a partner whose file is no longer there. */
export class PartnerGone extends CountersignError {
  readonly code = 'PARTNER_GONE';
}
