import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import type { Home } from '../config/home.ts';
import type { Logger } from '../telemetry/log.ts';
import { LARGEST_WAIT } from '../limits.ts';
import { ThreadDied } from './errors.ts';
import type { Examined } from './examine.ts';
import { createSharing } from './sharing.ts';
import { examineHere, type Task } from './task.ts';
import { startThreads } from './threads.ts';

/** Examines messages by one configuration. */
export interface Examiner {
  /**
   * A message over which a thread dies is tried once more, on another.
   *
   * @throws ExaminationAbandoned when that one died too, or a thread had to be ended; what is no fault of the message. Nothing
   * but the body is left in the spool then
   */
  examine(task: Task): Promise<Examined>;
  /** How many small messages are in hand: each will be done within milliseconds. */
  inHand(): number;
  /** Whether so much waits that nothing more should be begun. */
  isFull(): boolean;
  /** Resolves when all that was begun is done. */
  close(): Promise<void>;
}

export interface ExaminerOptions {
  /** Threads; 0: none, everything on this one. */
  readonly workers: number;
  /** Where what is large goes. */
  readonly spool: string;
  /** Most messages that may wait for a thread. */
  readonly waiting: number;
  readonly log: Logger;
  /** How long a thread may work on one; without threads nothing ends it. In milliseconds. */
  readonly time: number;
  /** What the threads run instead of `examine-worker`, and what heap they have, in MiB. */
  readonly program?: URL;
  readonly heap?: number;
}

export function createExaminer(home: Home, options: ExaminerOptions): Examiner {
  const { workers, spool, waiting, log } = options;
  const threads = workers === 0 ? undefined : startThreads({ home, spool }, { ...options, count: workers });
  // One thread is left to the small ones, which are the most, so that no number of large ones holds them up.
  const large = createSharing();
  const share = 1 / Math.max(1, workers - 1);
  const inHand = new Set<Promise<unknown>>();
  let small = 0;
  let octets = 0;

  async function once(task: Task): Promise<Examined> {
    try {
      return await (threads === undefined ? examineHere(task, home, spool) : threads.run(task));
    } catch (error) {
      clearSpool(spool, task);
      throw error;
    }
  }

  async function retried(task: Task): Promise<Examined> {
    try {
      return await once(task);
    } catch (error) {
      // It may have been another's doing; the second time it is the message's.
      if (!(error instanceof ThreadDied)) throw error;
      log.error({ err: error, message: task.id }, 'A thread died over a message, which is tried once more');
      return once(task);
    }
  }

  return {
    async examine(task) {
      const size = 'bytes' in task.body ? task.body.size : 0;
      const examining = 'file' in task.body ? large(share, () => retried(task)) : retried(task);
      inHand.add(examining);
      octets += size;
      if ('bytes' in task.body) small += 1;
      try {
        return await examining;
      } finally {
        inHand.delete(examining);
        octets -= size;
        if ('bytes' in task.body) small -= 1;
      }
    },
    inHand: () => small,
    isFull: () => inHand.size - workers >= waiting || octets >= LARGEST_WAIT,
    async close() {
      while (inHand.size > 0) await Promise.allSettled(inHand);
      await threads?.close();
    },
  };
}

/** Whoever dies over a message leaves nothing behind but the message itself. */
function clearSpool(directory: string, { id, body }: Task): void {
  for (const name of readdirSync(directory).filter((each) => each.startsWith(id))) {
    const file = path.join(directory, name);
    if (!('file' in body && body.file === file)) rmSync(file, { force: true });
  }
}
