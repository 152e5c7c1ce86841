import { randomBytes } from 'node:crypto';

import { load, makeSender, prepare, type Measured } from './load.ts';
import { startOurs } from './ours.ts';

/** Serves a new home in a process of its own, sends `count` messages over `connections`, and ends it. */
export async function measureReceive(connections: number, count: number): Promise<Measured> {
  const sender = await makeSender();
  const server = await startOurs(sender);
  const { target } = server;
  try {
    const wrapped = await prepare(randomBytes(10 * 1024), sender.identity, target.certificate);
    await load(target, wrapped, connections, 200);
    return await load(target, wrapped, connections, count);
  } finally {
    await server.stop();
  }
}
