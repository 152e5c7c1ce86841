import { KeyObject } from 'node:crypto';

import { parseAs2Request } from '../as2/request.ts';
import { keptSource, type Kept } from '../bytes/kept.ts';
import { fileSpool, LARGEST_IN_MEMORY } from '../bytes/spool.ts';
import type { Home } from '../config/home.ts';
import type { Headers } from '../mime/headers.ts';
import { examine, type Examined } from './examine.ts';

/** A message to be examined; plain data, since it crosses threads. */
export interface Task {
  readonly id: string;
  readonly at: Date;
  readonly headers: Headers;
  readonly body: Kept;
}

/**
 * Examines on this thread. All that it spools has the id of the message at the beginning of its name.
 *
 * @throws what is no fault of the message
 */
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

/** With bytes of its own: a slice would take along all that it is a slice of. */
export function crossing(task: Task): Task {
  return 'bytes' in task.body ? { ...task, body: { ...task.body, bytes: own(task.body.bytes) } } : task;
}

const own = (bytes: Buffer): Buffer => {
  if (bytes.length === bytes.buffer.byteLength) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
};

/** What came from another thread, with its bytes as Buffers again. */
export function revived<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof KeyObject) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength) as unknown as T;
  if (Array.isArray(value)) return value.map(revived) as unknown as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revived(each as unknown)])) as T;
}
