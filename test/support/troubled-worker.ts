import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { workerData } from 'piscina';

import { examineTask as examine } from '../../src/exchange/examine-worker.ts';
import type { Task } from '../../src/exchange/task.ts';
import type { Outcome, ThreadSettings } from '../../src/exchange/threads.ts';
import { header } from '../../src/mime/headers.ts';

/**
 * What a thread runs whose trouble the message asks for: `X-Trouble: exits 2 /file` dies the first two times, and counts
 * them in that file; `waits 1 /file` begins when the file exists. `spins` comes to no end, `allocates` to that of its memory.
 */
export async function examineTask(task: Task): Promise<Outcome> {
  const [manner, times, file = ''] = (header(task.headers, 'X-Trouble') ?? '').split(' ');
  if (manner === 'waits') while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 2));
  else if (manner !== '' && deaths(file) < Number(times)) {
    appendFileSync(file, '.');
    writeFileSync(left(task), 'noise');
    if (manner === 'exits') process.exit(3);
    // As a fault in a callback: nobody awaits it.
    if (manner === 'throws')
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
    if (manner === 'spins') for (;;) writeFileSync(left(task), 'noise');
    if (manner === 'allocates')
      for (const held: number[][] = []; ;) held.push(Array.from({ length: 10_000 }, Math.random));
    return new Promise(() => undefined);
  }
  return examine(task);
}

const left = ({ id }: Task): string => path.join((workerData as ThreadSettings).spool, `${id}-left-behind`);

const deaths = (file: string): number => (existsSync(file) ? readFileSync(file).length : 0);
