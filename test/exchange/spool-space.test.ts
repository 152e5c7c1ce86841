import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { clearReceived, createSpoolSpace, type SpoolSpace } from '../../src/exchange/spool-space.ts';

const MiB = 1024 * 1024;
const limit = 10 * MiB;

describe('the space in the spool', () => {
  let directory: string;
  let space: SpoolSpace;
  const file = (name: string) => path.join(directory, name);
  const lie = (name: string, size: number) => writeFileSync(file(name), Buffer.alloc(size));

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'countersign-space-'));
    space = createSpoolSpace(directory, () => limit);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function* body(size: number, step = 64 * 1024) {
    for (let sent = 0; sent < size; sent += step) {
      await Promise.resolve();
      yield Buffer.alloc(Math.min(step, size - sent));
    }
  }

  async function passed(size: number, name = 'raw', most = limit): Promise<number> {
    let octets = 0;
    for await (const piece of space.through(body(size), file(name), most)) octets += piece.length;
    return octets;
  }

  it('counts what lies there, whoever wrote it', () => {
    assert.equal(space.hasRoom(limit), true);
    assert.equal(space.hasRoom(limit + 1), false);
    lie('from-a-thread', 4 * MiB);
    assert.equal(space.hasRoom(6 * MiB), true);
    assert.equal(space.hasRoom(6 * MiB + 1), false);
    rmSync(file('from-a-thread'));
    assert.equal(space.hasRoom(limit), true);
  });

  it('is cleared at the start of a server of what a dead one received, and of nothing else', () => {
    const id = '019a8f6e-1c2d-7000-8000-0123456789ab';
    for (const name of [`${id}-raw`, `${id}${randomUUID()}`, id]) lie(name, 1);
    clearReceived(directory);
    assert.deepEqual(readdirSync(directory), [id]);
  });

  it('what is small needs none', async () => {
    lie('too-much', limit + 1);
    assert.equal(space.hasRoom(MiB), true);
    assert.equal(await passed(MiB), MiB);
  });

  it('a body of exactly the room that is left comes in, and one octet more does not', async () => {
    lie('from-a-thread', 4 * MiB);
    assert.equal(await passed(6 * MiB, 'raw', 6 * MiB), 6 * MiB);
    await assert.rejects(passed(6 * MiB + 1, 'raw', limit), { code: 'SPOOL_FULL' });
    assert.equal(space.hasRoom(6 * MiB), true);
  });

  it('bodies that come in at the same time are counted before they are written, and once', async () => {
    const first = space.through(body(7 * MiB), file('first'), limit);
    let octets = 0;
    while (octets < 6 * MiB) octets += ((await first.next()).value as Buffer).length;
    lie('first', octets);
    assert.equal(space.hasRoom(4 * MiB), false);
    assert.equal(space.hasRoom(2 * MiB), true);
    await assert.rejects(passed(5 * MiB, 'second'), { code: 'SPOOL_FULL' });
    await first.return();
    rmSync(file('first'));
    assert.equal(await passed(5 * MiB, 'second'), 5 * MiB);
  });
});
