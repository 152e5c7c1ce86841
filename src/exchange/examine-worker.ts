import { workerData } from 'piscina';

import type { Examined } from './examine.ts';
import { examineHere, revived, type Task, type WorkerSettings } from './examiner.ts';

/** The keys are read once for each thread. */
const { home, spool } = revived(workerData as WorkerSettings);

export function examineTask(task: Task): Promise<Examined> {
  return examineHere(revived(task), home, spool);
}
