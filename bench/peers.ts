import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { NotHad, type PeerSystem } from '../test/interop/peer.ts';
import { load, makeSender, prepare, type Prepared, type Target } from './load.ts';
import { peersTable, type Row } from './peers-table.ts';
import { peerServer, startOurs, type StartServer } from './servers.ts';
import { forgetPeak, usageOf } from './watch.ts';

/**
 * The same work for our endpoint and for every peer that can be had, as servers on loopback, in one run:
 * `npm run bench:peers` prints the table and keeps it in `bench/results/peers.md`.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, peer: { type: 'string', multiple: true, default: [] } },
});
const rounds = Number(values.rounds);
const root = path.resolve(import.meta.dirname, '..');
const names = ['libas2', 'pyas2', 'openas2', 'phase2', 'camel'].filter(
  (name) => values.peer.length === 0 || values.peer.includes(name),
);
const sender = await makeSender();
const say = (text: string) => process.stderr.write(`${text}\n`);
process.once('SIGINT', () => process.exit(130));

const servers: { title: string; start: StartServer }[] = [{ title: 'Countersign', start: startOurs }];
const notRun: string[] = [];
for (const name of names) {
  const system = ((await import(`../test/interop/peers/${name}.ts`)) as Record<string, PeerSystem>)[name];
  if (system === undefined) throw new Error(`peers/${name}.ts has no ${name}`);
  try {
    const fetched = path.join(root, '.peers');
    const version = await system.fetch(path.join(fetched, name));
    servers.push({ title: `${system.title} ${version}`, start: await peerServer(system, fetched) });
  } catch (error) {
    if (!(error instanceof NotHad)) throw error;
    notRun.push(`${system.title}: ${error.message}`);
  }
}

const rows = new Map<string, Row[]>(servers.map(({ title }) => [title, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const { title, start } of servers) {
    const row = { ...(await smallMessages(start)), ...(await largeMessages(start)) };
    rows.get(title)?.push(row);
    say(`round ${round} of ${rounds}: ${title}: ${JSON.stringify(row)}`);
  }
}
const table = peersTable(rows, notRun, rounds);
process.stdout.write(table);
await mkdir(path.join(root, 'bench/results'), { recursive: true });
if (values.peer.length === 0) await writeFile(path.join(root, 'bench/results/peers.md'), table);
process.exit(0);

/** Cold start, then 10 KiB messages on a server that has become warm. */
async function smallMessages(start: StartServer): Promise<Row> {
  const begin = performance.now();
  const server = await start(sender);
  const { target, group } = server;
  try {
    const wrapped = await message(10 * 1024, target);
    await load(target, wrapped, 1, 1);
    const row: Row = { 'cold start to first MDN, s': (performance.now() - begin) / 1_000 };
    // A virtual machine compiles what runs often: it gets the time to.
    await timed(target, wrapped, 16, 5_000);
    for (const connections of [1, 16]) {
      forgetPeak(group);
      const before = usageOf(group);
      const { perSecond, p50, p99, count } = await timed(target, wrapped, connections, 3_000);
      const after = usageOf(group);
      const label = `10 KiB, ${connections} connection${connections > 1 ? 's' : ''}`;
      row[`${label}: messages/s`] = perSecond;
      row[`${label}: p50 ms`] = p50;
      row[`${label}: p99 ms`] = p99;
      row[`${label}: CPU s per 1000`] = ((after.cpu - before.cpu) * 1_000) / count;
      row[`${label}: peak RSS MiB`] = after.peak;
    }
    return row;
  } catch (error) {
    return { '10 KiB': reasonOf(error) };
  } finally {
    await server.stop();
  }
}

/** One that does not end in CR: of a binary body that does, Camel loses the last byte. */
async function message(size: number, { certificate }: Target): Promise<Prepared> {
  for (;;) {
    const wrapped = await prepare(randomBytes(size), sender.identity, certificate);
    if (wrapped.body.at(-1) !== 0x0d) return wrapped;
  }
}

/** As many messages as fit the time, at least some. */
async function timed(target: Target, wrapped: Prepared, connections: number, milliseconds: number) {
  const { perSecond } = await load(target, wrapped, connections, 4 * connections);
  const count = Math.max(4 * connections, Math.ceil((perSecond * milliseconds) / 1_000));
  return { ...(await load(target, wrapped, connections, count)), count };
}

/** Each size on a fresh server, one message after the other: the first makes it warm. */
async function largeMessages(start: StartServer): Promise<Row> {
  const row: Row = {};
  for (const [mebibytes, count] of [
    [1, 10],
    [10, 3],
    [100, 1],
  ] as const) {
    const label = `${mebibytes} MiB`;
    const server = await start(sender);
    const { target, group } = server;
    try {
      const wrapped = await message(mebibytes * 1024 * 1024, target);
      await load(target, wrapped, 1, 1);
      const { perSecond } = await load(target, wrapped, 1, count);
      row[`${label}: MiB/s`] = perSecond * mebibytes;
      row[`${label}: peak RSS MiB`] = usageOf(group).peak;
    } catch (error) {
      row[`${label}: MiB/s`] = reasonOf(error);
      row[`${label}: peak RSS MiB`] = usageOf(group).peak;
    } finally {
      await server.stop();
    }
  }
  return row;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `fails: ${message.replace(/\s+/g, ' ').slice(0, 120)}`;
}
