import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { KeyObject } from 'node:crypto';

import { Piscina } from 'piscina';

import { keptSource, type Kept } from '../bytes/kept.ts';
import { fileSpool, LARGEST_IN_MEMORY } from '../bytes/spool.ts';
import { parseAs2Request } from '../as2/request.ts';
import type { Home } from '../config/home.ts';
import type { Headers } from '../mime/headers.ts';
import { examine, type Examined } from './examine.ts';
import { createSharing } from './sharing.ts';

/** A message to be examined; plain data, since it crosses threads. */
export interface Task {
  readonly id: string;
  readonly at: Date;
  readonly headers: Headers;
  readonly body: Kept;
}

/** Examines messages by one configuration. */
export interface Examiner {
  /** @throws what is no fault of the message; nothing is left in the spool then */
  examine(task: Task): Promise<Examined>;
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
}

/** Octets of messages in memory that may wait for a thread. */
const LARGEST_WAIT = 64 * 1024 * 1024;

export function createExaminer(home: Home, options: ExaminerOptions): Examiner {
  const { workers, spool, waiting } = options;
  const pool = workers === 0 ? undefined : startPool(home, spool, workers);
  const run = pool === undefined ? (task: Task) => examineHere(task, home, spool) : (task: Task) => pool.run(task);
  // One thread is left to the small ones, which are the most, so that no number of large ones holds them up.
  const large = createSharing();
  const share = 1 / Math.max(1, workers - 1);
  let count = 0;
  let octets = 0;
  return {
    async examine(task) {
      const size = 'bytes' in task.body ? task.body.size : 0;
      count += 1;
      octets += size;
      try {
        return await ('file' in task.body ? large(share, () => run(task)) : run(task));
      } catch (error) {
        clearSpool(spool, task.id);
        throw error;
      } finally {
        count -= 1;
        octets -= size;
      }
    },
    isFull: () => count - workers >= waiting || octets >= LARGEST_WAIT,
    close: async () => pool?.close(),
  };
}

/** Everything that one message spools has its id in its name: whoever dies over it leaves nothing behind. */
function clearSpool(directory: string, id: string): void {
  for (const name of readdirSync(directory))
    if (name.startsWith(id)) rmSync(path.join(directory, name), { force: true });
}

/** What each thread is started with. */
export interface WorkerSettings {
  readonly home: Home;
  readonly spool: string;
}

interface Pool {
  run(task: Task): Promise<Examined>;
  close(): Promise<void>;
}

function startPool(home: Home, spool: string, threads: number): Pool {
  const settings: WorkerSettings = { home, spool };
  const piscina = new Piscina<Task, Examined>({
    filename: new URL(`./examine-worker${path.extname(import.meta.filename)}`, import.meta.url).href,
    name: 'examineTask',
    minThreads: threads,
    maxThreads: threads,
    workerData: settings,
  });
  const once = async (task: Task): Promise<Examined> => revived(await piscina.run(crossing(task)));
  return {
    async run(task) {
      try {
        return await once(task);
      } catch (error) {
        // A thread that died is replaced, and its message tried once more: the second time it is the message's doing.
        if (!isDeath(error)) throw error;
        clearSpool(spool, task.id);
        return once(task);
      }
    },
    close: () => piscina.close(),
  };
}

const isDeath = (error: unknown): boolean =>
  error instanceof Error && /terminat|exited|memory/i.test(`${error.name} ${error.message}`);

/** With bytes of its own: a slice would take along all that it is a slice of. */
function crossing(task: Task): Task {
  return 'bytes' in task.body ? { ...task, body: { ...task.body, bytes: own(task.body.bytes) } } : task;
}

const own = (bytes: Buffer): Buffer => {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
};

/** Examines on this thread. */
export async function examineHere({ id, at, headers, body }: Task, home: Home, directory: string): Promise<Examined> {
  const { spool, clear } = fileSpool(directory, LARGEST_IN_MEMORY, id);
  const keepFile: string[] = [];
  try {
    const specimen = { at, request: parseAs2Request(headers), headers, body: keptSource(body) };
    const examined = await examine(specimen, home, spool);
    if (examined.finding.kind === 'authentic' && 'file' in examined.finding.payload.content)
      keepFile.push(examined.finding.payload.content.file);
    return examined;
  } finally {
    clear(keepFile);
  }
}

/** What came from another thread, with its bytes as Buffers again. */
export function revived<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof KeyObject) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength) as unknown as T;
  if (Array.isArray(value)) return value.map(revived) as unknown as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revived(each as unknown)])) as T;
}
