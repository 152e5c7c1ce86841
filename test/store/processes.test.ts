import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Job } from '../../src/store/store.ts';
import { storedBytes } from '../support/stored.ts';
import { at, LEASE_MS } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

describe('processes', () => {
  const directories = temporaryDirectories();
  const script = path.join(import.meta.dirname, 'child.ts');

  /** Runs a process to its end, or kills it when it has said so many lines. Returns all that it said. */
  async function run(args: readonly string[], killAfter = Infinity): Promise<string[][]> {
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (code, signal) => resolve([code, signal]));
    });
    const lines: string[][] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line.split(' '));
      if (lines.length === killAfter) child.kill('SIGKILL');
    }
    assert.deepEqual(await closed, killAfter === Infinity ? [0, null] : [null, 'SIGKILL']);
    return lines;
  }

  for (const count of [1, 31, 90]) {
    it(`killed after ${count} lines: what was said is on disk, whole, and the work goes on`, async () => {
      const directory = directories.make();
      const lines = await run(['work', directory], count);
      const store = await openSqliteStore({ directory });
      assert.equal((await store.verifyLedger()).kind, 'whole');

      for (const [what, id = '', other = ''] of lines) {
        if (what === 'sealed') assert.equal((await store.getMessage(id))?.mdns[0]?.id, other);
        if (what === 'answered') {
          const { state, answeredBy } = (await store.getMessage(id))!;
          assert.deepEqual([state, answeredBy], ['answered', [other]]);
          assert.ok((await store.findCertificates('test', [`C-${id}`])).has(`C-${id}`));
        }
        if (what === 'delivered') {
          const told = other === 'mdn' ? await store.getMdn(id) : await store.getMessage(id);
          assert.equal(told?.state, 'delivered');
        }
      }

      const messages = await store.listMessages({ limit: 10_000 });
      for (const { id, size } of messages) assert.equal((await storedBytes(store, id, 'raw'))?.length, size);
      const waiting = messages.filter(({ state }) => state === 'accepted');
      const jobs: Job[] = [];
      // What was in the hands of the dead process comes alone.
      for (let claimed = 1; claimed > 0;) {
        const some = await store.claimJobs(at(99_999), LEASE_MS, 10_000);
        jobs.push(...some);
        claimed = some.length;
      }
      assert.deepEqual(jobs.map(({ messageId }) => messageId).sort(), waiting.map(({ id }) => id).sort());
      const unsent = messages.filter(({ state }) => state === 'pending').map(({ id }) => id);
      const mdns = await store.listMdns({ state: 'pending', limit: 10_000 });
      const deliveries = await store.claimDeliveries(at(99_999), LEASE_MS, 10_000);
      assert.deepEqual(deliveries.map(({ id }) => id).sort(), [...unsent, ...mdns.map(({ id }) => id)].sort());
      await store.close();
    });
  }

  it('RFC 4130 §9.3: of two that open one store and seal the same messages at the same time, each message has one', async () => {
    const directory = directories.make();
    const said = await Promise.all(['one', 'two'].map((name) => run(['race', directory, name])));
    const sealed = new Map<string, string>();
    for (const [what, key = '', ...rest] of said.flat()) {
      if (what !== 'sealed') continue;
      assert.ok(!sealed.has(key), `${key} was sealed twice`);
      sealed.set(key, rest.join(' '));
    }
    assert.equal(sealed.size, 40);
    for (const [, key = '', ...rest] of said.flat()) {
      assert.equal(rest.join(' '), sealed.get(key), 'a duplicate gets the MDN of the first');
    }
    const store = await openSqliteStore({ directory });
    assert.deepEqual(await store.verifyLedger(), { kind: 'whole', chains: 1, entries: 40 });
    await store.close();
  });
});
