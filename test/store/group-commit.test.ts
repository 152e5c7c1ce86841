import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { groupCommit, type RunTogether } from '../../src/store/group-commit.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { inbound } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

describe('group commit', () => {
  const directories = temporaryDirectories();

  /** Runs writes as a transaction would, and counts how many came together. */
  function counting(): { run: RunTogether; sizes: number[] } {
    const sizes: number[] = [];
    const run: RunTogether = (writes) => {
      sizes.push(writes.length);
      return writes.map((write) => {
        try {
          write();
          return undefined;
        } catch (error) {
          return error;
        }
      });
    };
    return { run, sizes };
  }

  it('writes of the same turn share one transaction, in their order', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run);
    const order: number[] = [];
    const values = await Promise.all([1, 2, 3].map((n) => write(() => (order.push(n), n * 10))));
    assert.deepEqual([sizes, order, values], [[3], [1, 2, 3], [10, 20, 30]]);
  });

  it('writes that input of the same turn brings about later still come along', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run);
    await Promise.all([write(() => 1), Promise.resolve().then(() => write(() => 2))]);
    assert.deepEqual(sizes, [2]);
  });

  it('a lone write waits for no company beyond the current turn', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run);
    let settled = false;
    void write(() => 1).then(() => (settled = true));
    await new Promise(setImmediate);
    assert.ok(settled);
    await write(() => 2);
    assert.deepEqual(sizes, [1, 1]);
  });

  it('a group waits for what is expected, and runs as soon as it has as many', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run, () => 3);
    let settled = 0;
    const first = write(() => 1).then(() => (settled += 1));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    assert.equal(settled, 0);
    await Promise.all([first, write(() => 2), write(() => 3)]);
    assert.deepEqual(sizes, [3]);
  });

  it('what is expected and does not come is not waited for long', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run, () => 100);
    assert.deepEqual(await Promise.all([write(() => 1), write(() => 2)]), [1, 2]);
    assert.equal(await write(() => 3), 3);
    assert.deepEqual(sizes, [2, 1]);
  });

  it('a write that is queued by another goes into the next transaction', async () => {
    const { run, sizes } = counting();
    const write = groupCommit(run);
    let inner: Promise<number> | undefined;
    await write(() => {
      inner = write(() => 2);
    });
    assert.equal(await inner, 2);
    assert.deepEqual(sizes, [1, 1]);
  });

  it('one failing write fails only itself', async () => {
    const write = groupCommit(counting().run);
    const fault = new Error('this one');
    const bad = () => {
      throw fault;
    };
    const outcomes = await Promise.allSettled([write(() => 1), write(bad), write(() => 3)]);
    assert.deepEqual(outcomes, [
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: fault },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('when the commit fails, every write of the group fails, and the next group is not touched', async () => {
    const { run } = counting();
    const fault = new Error('disk full');
    let broken = true;
    const write = groupCommit((writes) => {
      const errors = run(writes);
      if (broken) throw fault;
      return errors;
    });
    const outcomes = await Promise.allSettled([write(() => 1), write(() => 2)]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === fault),
      [true, true],
    );
    broken = false;
    assert.equal(await write(() => 3), 3);
  });

  it('on SQLite a group is one commit, and a failing write takes back nothing but its own', async () => {
    const directory = directories.make();
    const told: number[] = [];
    const store = await openSqliteStore({ directory, committed: (writes) => told.push(writes) });
    const wal = path.join(directory, 'countersign.db-wal');
    const before = commitsIn(wal);
    const messages = Array.from({ length: 20 }, () => inbound());
    const clash = inbound({ id: messages[3]!.id, messageId: '<other@van>' });
    const outcomes = await Promise.allSettled([...messages, clash].map((message) => store.sealInbound(message)));
    assert.equal(commitsIn(wal) - before, 1);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [...messages.map(() => 'fulfilled'), 'rejected'],
    );
    assert.ok(outcomes.some((outcome) => outcome.status === 'rejected' && outcome.reason instanceof StoreError));
    assert.equal((await store.listMessages({})).length, 20);
    assert.deepEqual(await store.verifyLedger(), { kind: 'whole', chains: 1, entries: 20 });
    await store.sealInbound(inbound());
    assert.equal(commitsIn(wal) - before, 2);
    assert.deepEqual(told, [21, 1]);
    await store.close();
  });
});

/** Frames of the write-ahead log that end a transaction (SQLite file format §4.1). */
function commitsIn(wal: string): number {
  const log = readFileSync(wal);
  const frame = 24 + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let offset = 32; offset + frame <= log.length; offset += frame) {
    const current = log.subarray(offset + 8, offset + 16).equals(salt);
    if (current && log.readUInt32BE(offset + 4) > 0) commits += 1;
  }
  return commits;
}
