import { randomBytes } from 'node:crypto';

import { measureBound } from './bound.ts';
import { load, makeSender, prepare, type Measured } from './load.ts';
import { startOurs } from './ours.ts';
import { cpuOfMainThread, usageOf } from './watch.ts';

export interface Received extends Measured {
  /** Messages a second, over what the RSA operations alone would allow on all cores. */
  readonly share: number;
  /** Milliseconds of processor time of the endpoint for each message. */
  readonly cpu: number;
  /** Of that, what the main thread uses. */
  readonly mainThread: number;
  /** For each message: its own and those of the work on its payload. */
  readonly commits: number;
}

/** Serves a new home in a process of its own, sends `count` messages over `connections`, and ends it. */
export async function measureReceive(connections: number, count: number): Promise<Received> {
  const bound = await measureBound();
  const sender = await makeSender();
  const server = await startOurs(sender);
  const { target, group, metrics } = server;
  const used = async () => ({
    all: usageOf(group).cpu,
    main: cpuOfMainThread(group),
    commits: (await metrics()).get('countersign_store_commits_total') ?? 0,
  });
  try {
    const wrapped = await prepare(randomBytes(10 * 1024), sender.identity, target.certificate);
    // Until what is used often is compiled.
    await load(target, wrapped, connections, 2_000);
    const before = await used();
    const measured = await load(target, wrapped, connections, count);
    const after = await used();
    const cpu = after.all - before.all;
    return {
      ...measured,
      share: measured.perSecond / bound,
      cpu: (cpu * 1_000) / count,
      mainThread: (after.main - before.main) / cpu,
      commits: (after.commits - before.commits) / count,
    };
  } finally {
    await server.stop();
  }
}
