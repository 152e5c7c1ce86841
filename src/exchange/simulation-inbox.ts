import { fileSpool } from '../bytes/spool.ts';
import { partnerByShortName } from '../config/home.ts';
import { contrlDue, makeContrl } from '../edifact/contrl.ts';
import type { Interchange } from '../edifact/interchange.ts';
import type { Job } from '../store/store.ts';
import { answerSyntaxOf, makeAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { interchangesOf } from './traffic-payload.ts';
import { startWorker, type Worker } from './worker.ts';

/** An interchange that came in answer to one of ours. */
export interface Arrived {
  /** Our id of the AS2 message. */
  readonly message: string;
  readonly interchange: Interchange;
}

/** Where a participant that is played takes what the agency sends: acknowledged by CONTRL, and otherwise just kept. */
export interface Inbox {
  /** In place of the worker that would judge certificates. */
  readonly start: (exchange: Exchange) => Worker;
  /** All that came since the inbox was opened. */
  readonly arrived: readonly Arrived[];
}

const restMs = 200;
const leaseMs = 60_000;

export function openInbox(): Inbox {
  const arrived: Arrived[] = [];
  const start = (exchange: Exchange) => {
    const work = async () => {
      const jobs = await exchange.store.claimJobs(exchange.clock(), leaseMs, 100);
      for (const job of jobs) arrived.push(...(await take(job, exchange)));
      return jobs.length;
    };
    return startWorker('inbox', work, restMs, exchange.log);
  };
  return { start, arrived };
}

async function take(job: Job, exchange: Exchange): Promise<Arrived[]> {
  const { store, clock } = exchange;
  const { messageId: message } = job;
  const home = exchange.home();
  const partner = partnerByShortName(home, job.partner ?? '');
  const interchanges = await interchangesOf(store, message);
  const { spool, clear } = fileSpool(store.spoolDirectory);
  try {
    const outbound = [];
    for (const subject of interchanges) {
      if (partner === undefined || !contrlDue(subject, partner.edifact.contrl)) continue;
      const syntax = answerSyntaxOf(subject, partner);
      const route = { subject, syntax, answers: message, partner, home, now: clock(), spool };
      outbound.push(await makeAnswer([makeContrl(subject)], route));
    }
    const result = { state: 'answered', interchanges: [], certificates: [], outbound } as const;
    await store.completeJobs([{ job, result }], clock());
    exchange.wake('outbox');
  } finally {
    clear();
  }
  return interchanges.map((interchange) => ({ message, interchange }));
}
