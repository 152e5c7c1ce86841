import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { endWhenAsked } from '../test/interop/child.ts';
import { NotHad } from '../test/interop/peer.ts';
import { peers } from '../test/interop/peers.ts';
import { load, makeSender, prepare, type Prepared, type Target } from './load.ts';
import { peersTable, type Row } from './peers-table.ts';
import { startOurs } from './ours.ts';
import { peerServer, type Server, type StartServer } from './servers.ts';
import { forgetPeak, usageOf } from './watch.ts';

/**
 * The same work for our endpoint and for every peer that can be had, as servers on loopback, in one run:
 * `npm run bench:peers` prints the table and keeps it in `bench/results/peers.md`.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, peer: { type: 'string', multiple: true, default: [] } },
});
const rounds = Number(values.rounds);
// That of OpenSSL is no server: it runs in the process that drives it.
const all = peers.filter(({ name }) => name !== 'openssl').map(({ name }) => name);
const unknown = values.peer.find((name) => name !== 'none' && !all.includes(name));
if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(`npm run bench:peers -- [--rounds N] [--peer ${all.join('|')}|none]…\n`);
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '..');
const systems = peers.filter(({ name }) => (values.peer.length === 0 ? all : values.peer).includes(name));
const sender = await makeSender();
const say = (text: string) => process.stderr.write(`${text}\n`);
endWhenAsked();

const servers: { title: string; start: StartServer }[] = [{ title: 'Countersign', start: startOurs }];
const notRun: string[] = [];
for (const system of systems) {
  try {
    const fetched = path.join(root, '.peers', system.name);
    const version = await system.fetch(fetched);
    servers.push({ title: `${system.title} ${version}`, start: peerServer(system, fetched) });
  } catch (error) {
    if (!(error instanceof NotHad)) throw error;
    notRun.push(`${system.title}: ${error.message}`);
  }
}

const rows = new Map<string, Row[]>(servers.map(({ title }) => [title, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const { title, start } of servers) {
    const row = { ...(await smallMessages(start)), ...(await largeMessages(start)) };
    // Once is enough: it takes minutes, and most do not take it at all.
    if (round === 1) Object.assign(row, await largest(start));
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
  const row: Row = {};
  const begin = performance.now();
  let label = 'cold start to first MDN, s';
  let server: Server | undefined;
  try {
    server = await start(sender);
    const { target, group } = server;
    const wrapped = await message(10 * 1024, target);
    await load(target, wrapped, 1, 1);
    row[label] = (performance.now() - begin) / 1_000;
    for (const connections of [1, 16]) {
      label = `10 KiB, ${connections} connection${connections > 1 ? 's' : ''}: messages/s`;
      const of = (what: string) => label.replace('messages/s', what);
      // A virtual machine compiles what runs often: it gets the time to.
      const { perSecond: guess } = await load(
        target,
        wrapped,
        connections,
        await countFor(target, wrapped, connections),
      );
      const count = Math.max(4 * connections, Math.ceil(3 * guess));
      forgetPeak(group);
      const before = usageOf(group);
      const { perSecond, p50, p99 } = await load(target, wrapped, connections, count);
      const after = usageOf(group);
      row[label] = perSecond;
      row[of('p50 ms')] = p50;
      row[of('p99 ms')] = p99;
      row[of('CPU s per 1000')] = ((after.cpu - before.cpu) * 1_000) / count;
      row[of('peak RSS MiB')] = after.peak;
    }
  } catch (error) {
    row[label] = reasonOf(error);
  } finally {
    await server?.stop();
  }
  return row;
}

/** Messages that take about four seconds. */
async function countFor(target: Target, wrapped: Prepared, connections: number): Promise<number> {
  const { perSecond } = await load(target, wrapped, connections, 4 * connections);
  return Math.max(4 * connections, Math.ceil(4 * perSecond));
}

/** Plain text, as interchanges are, and libas2 takes nothing else. It does not end in CR: of a body that does, Camel loses the last byte. */
async function message(size: number, { certificate }: Target): Promise<Prepared> {
  for (;;) {
    const wrapped = await prepare(randomText(size), sender.identity, certificate);
    if (wrapped.body.at(-1) !== 0x0d) return wrapped;
  }
}

function randomText(size: number): Buffer {
  const text = Buffer.allocUnsafe(size);
  const piece = 768 * 1024; // a string could not hold all of it
  for (let at = 0; at < size;) at += text.write(randomBytes(piece).toString('base64'), at, 'latin1');
  return text;
}

/** One message to a fresh server. */
async function largest(start: StartServer): Promise<Row> {
  const label = '1 GiB, once';
  let server: Server | undefined;
  try {
    server = await start(sender);
    const { target, group } = server;
    const wrapped = await message(1024 ** 3, target);
    const { perSecond } = await load(target, wrapped, 1, 1);
    return { [`${label}: MiB/s`]: perSecond * 1024, [`${label}: peak RSS MiB`]: usageOf(group).peak };
  } catch (error) {
    const peak = (server && usageOf(server.group).peak) || '';
    return { [`${label}: MiB/s`]: reasonOf(error), [`${label}: peak RSS MiB`]: peak };
  } finally {
    await server?.stop();
  }
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
    let server: Server | undefined;
    try {
      server = await start(sender);
      const { target, group } = server;
      const wrapped = await message(mebibytes * 1024 * 1024, target);
      await load(target, wrapped, 1, 1);
      const { perSecond } = await load(target, wrapped, 1, count);
      row[`${label}: MiB/s`] = perSecond * mebibytes;
      row[`${label}: peak RSS MiB`] = usageOf(group).peak;
    } catch (error) {
      row[`${label}: MiB/s`] = reasonOf(error);
      // Of one that has died nobody knows.
      row[`${label}: peak RSS MiB`] = (server && usageOf(server.group).peak) || '';
    } finally {
      await server?.stop();
    }
  }
  return row;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `fails: ${message.replace(/\s+/g, ' ').slice(0, 120)}`;
}
