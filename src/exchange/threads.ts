import path from 'node:path';

import { Piscina } from 'piscina';

import type { Home } from '../config/home.ts';
import type { Logger } from '../telemetry/log.ts';
import { ThreadDied } from './errors.ts';
import type { Examined } from './examine.ts';
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

export interface Threads {
  /** @throws ThreadDied; what is no fault of the message */
  run(task: Task): Promise<Examined>;
  /** To be called when nothing is in hand. */
  close(): Promise<void>;
}

/** MiB for young objects in a thread, in three spaces: the least that V8 does with. Each would have up to 48 otherwise. */
const YOUNG = 3;

/** Starts threads; one that dies is replaced. */
export function startThreads(settings: ThreadSettings, count: number, log: Logger, program = PROGRAM): Threads {
  const pool = new Piscina<Task, Outcome>({
    filename: program.href,
    name: 'examineTask',
    minThreads: count,
    maxThreads: count,
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
  });
  // Without a listener, a thread that dies with nothing in hand takes the process along.
  pool.on('error', (error: unknown) => log.error({ err: error }, 'A thread died'));
  return {
    async run(task) {
      const outcome = await pool.run(crossing(task)).catch((cause: unknown) => {
        throw new ThreadDied({ cause });
      });
      if ('fault' in outcome) throw outcome.fault;
      return revived(outcome.examined);
    },
    close: () => pool.close(),
  };
}
