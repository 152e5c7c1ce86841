import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { newHome, PROGRAM } from './ours.ts';
import { forgetPeak, usageOf } from './watch.ts';

export interface SendingRow {
  /** MiB, of the command, which signs and encrypts. */
  readonly command: number;
  /** MiB, of the served endpoint, which posts what the command made. */
  readonly server: number;
  /** MiB a second, from the command's start to the MDN. */
  readonly rate: number;
}

/**
 * What is in memory at most while `countersign send` hands a file of `size` bytes to a freshly started endpoint, and that one
 * sends it to another, whose MDN is good.
 *
 * @throws when it is not delivered
 */
export async function measureSending(size: number): Promise<SendingRow> {
  const [sender, receiver] = [await newHome('LOAD'), await newHome('BENCH')];
  await sender.addPartner('BENCH', receiver.certificate.pem, receiver.url);
  await receiver.addPartner('LOAD', sender.certificate.pem);
  const servers = [await sender.serve(), await receiver.serve()] as const;
  try {
    const file = path.join(sender.directory, 'load.bin');
    await writeFile(file, '');
    await truncate(file, 10 * 1024);
    await send(sender.directory, file);
    await truncate(file, size);
    forgetPeak(servers[0].group);
    const begin = performance.now();
    const command = await send(sender.directory, file);
    const seconds = (performance.now() - begin) / 1_000;
    return { command, server: usageOf(servers[0].group).peak, rate: size / 1024 / 1024 / seconds };
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** @returns the peak of the command, in MiB: what it was when we last looked */
async function send(home: string, file: string): Promise<number> {
  const args = [PROGRAM, '--home', home, 'send', 'bench', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += String(text)));
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, usageOf(child.pid ?? 0).peak)), 20);
  const [status] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  if (status !== 0) throw new Error(`It was not delivered: ${said}`);
  return peak;
}
