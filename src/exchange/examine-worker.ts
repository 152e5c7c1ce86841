import { workerData } from 'piscina';

import { examineHere, revived, type Task } from './task.ts';
import type { Outcome, ThreadSettings } from './threads.ts';

/** The keys are read once for each thread. */
const { home, spool } = revived(workerData as ThreadSettings);

export async function examineTask(task: Task): Promise<Outcome> {
  try {
    return { examined: await examineHere(revived(task), home, spool) };
  } catch (fault) {
    return { fault };
  }
}
