import { EventEmitter } from 'node:events';
import path from 'node:path';

import { Piscina } from 'piscina';

import type { Home } from '../config/home.ts';
import type { Logger } from '../telemetry/log.ts';
import { LONGEST_TIMER, THREAD_HEAP, THREAD_YOUNG } from '../limits.ts';
import { ExaminationTooLong, NoThread, ThreadDied, type ExaminationAbandoned } from './errors.ts';
import type { Examined } from './examine.ts';
import { createSharing } from './sharing.ts';
import { crossing, revived, type Task } from './task.ts';

/** What each thread is started with. */
export interface ThreadSettings {
  readonly home: Home;
  readonly spool: string;
}

/** What a thread says of a task. It says it of a fault too: so whatever else comes back is the end of the thread. */
export type Outcome = { readonly examined: Examined } | { readonly fault: unknown };

/** What threads run: a module with `examineTask(task: Task): Promise<Outcome>`. */
const PROGRAM = new URL(`./examine-worker${path.extname(import.meta.filename)}`, import.meta.url);

export interface ThreadOptions {
  readonly count: number;
  /** How long a thread may work on a task; then it is ended. In milliseconds. */
  readonly time: number;
  readonly log: Logger;
  readonly program?: URL | undefined;
  /** In MiB. */
  readonly heap?: number | undefined;
}

export interface Threads {
  /** @throws ExaminationAbandoned, when the thread is no more; what is no fault of the message */
  run(task: Task): Promise<Examined>;
  /** To be called when nothing is in hand. */
  close(): Promise<void>;
}

/** Starts threads; one that dies is replaced. */
export function startThreads(settings: ThreadSettings, options: ThreadOptions): Threads {
  const { count, time, log, program = PROGRAM, heap = THREAD_HEAP } = options;
  const pool = new Piscina<Task, Outcome>({
    filename: program.href,
    name: 'examineTask',
    minThreads: count,
    maxThreads: count,
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: THREAD_YOUNG },
  });
  // No more than there are threads: what waits here, waits without its time running.
  const free = createSharing(count);
  const running = new Set<(reason: ExaminationAbandoned) => void>();
  let lastFault: unknown;
  // Without a listener, a thread that dies with nothing in hand takes the process along.
  pool.on('error', (error: unknown) => {
    lastFault = error;
    log.error({ err: error }, 'A thread died');
  });
  // One that dies before it is ready is not replaced; of those that wait for the last of them nobody would be told.
  pool.on('workerDestroy', () =>
    setImmediate(() => {
      if (pool.threads.length === 0) for (const end of running) end(new NoThread(lastFault));
    }),
  );

  async function timed(task: Task): Promise<Outcome> {
    // Piscina takes one for an AbortSignal, which costs many times as much.
    const ending = new EventEmitter();
    let reason: ExaminationAbandoned | undefined;
    let ended: Promise<unknown> = Promise.resolve();
    const end = (why: ExaminationAbandoned) => {
      const before = pool.threads;
      reason = why;
      ending.emit('abort');
      // Until it has come to its end, a thread may still write into the spool.
      ended = Promise.all(before.filter((each) => !pool.threads.includes(each)).map((thread) => thread.terminate()));
    };
    const timer = setTimeout(() => end(new ExaminationTooLong()), Math.min(time, LONGEST_TIMER));
    running.add(end);
    try {
      return await pool.run(crossing(task), { signal: ending });
    } catch (cause) {
      await ended;
      throw reason ?? new ThreadDied(cause);
    } finally {
      clearTimeout(timer);
      running.delete(end);
    }
  }

  return {
    async run(task) {
      const outcome = await free(1, () => timed(task));
      if ('fault' in outcome) throw outcome.fault;
      return revived(outcome.examined);
    },
    close: () => pool.close(),
  };
}
