import assert from 'node:assert/strict';
import path from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { temporaryDirectories } from './temporary.ts';

describe('a database', () => {
  const directories = temporaryDirectories();
  const open = () =>
    openDatabase(path.join(directories.make(), 'test.db'), (connection) =>
      connection.exec('CREATE TABLE things (name TEXT PRIMARY KEY) STRICT'),
    );

  it('syncs each commit to the disk, keeps foreign keys, and waits for other writers', async () => {
    const db = open();
    const settings = ['journal_mode', 'synchronous', 'fullfsync', 'foreign_keys', 'busy_timeout'];
    const values = await db.read(() =>
      settings.map((name) => Object.values(db.statement<object>(`PRAGMA ${name}`).get({}) ?? {})[0] as unknown),
    );
    assert.deepEqual(values, ['wal', 2, 1, 1, 5000]);
    await db.close();
  });

  it('takes a write that throws back, whatever it wrote before', async () => {
    const db = open();
    const insert = (name: string) => db.statement('INSERT INTO things VALUES (@name)').run({ name });
    const spoilt = db.write(() => {
      insert('a');
      insert('a');
    });
    const good = db.write(() => insert('b'));
    await assert.rejects(spoilt, { code: 'STORE_FAILED' });
    await good;
    assert.deepEqual(await db.read(() => db.statement('SELECT * FROM things').all({})), [{ name: 'b' }]);
    await db.close();
  });

  it('runs each write of a group apart when one of them throws: the others hold, once', async () => {
    const db = open();
    const insert = (name: string) => db.statement('INSERT INTO things VALUES (@name)').run({ name });
    const outcomes = await Promise.allSettled([
      db.write(() => insert('a').changes),
      db.write(() => {
        insert('b');
        throw new TypeError('no');
      }),
      db.write(() => insert('c').changes),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await db.read(() => db.statement('SELECT * FROM things').all({})), [{ name: 'a' }, { name: 'c' }]);
    await db.close();
  });

  it('finishes the writes that are queued before it closes', async () => {
    const db = open();
    const write = db.write(() => db.statement("INSERT INTO things VALUES ('last')").run({}).changes);
    await db.close();
    assert.equal(await write, 1);
    await assert.rejects(
      db.write(() => undefined),
      { code: 'STORE_CLOSED' },
    );
  });
});
