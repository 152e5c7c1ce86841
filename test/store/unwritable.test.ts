import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type Sqlite from 'better-sqlite3';
import { openDatabase } from '../../src/store/database.ts';
import { holdLock } from '../../src/store/lock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { StoreError, asStoreError } from '../../src/store/store-error.ts';
import { temporaryDirectories } from './temporary.ts';

describe('a store that cannot be written', () => {
  const directories = temporaryDirectories();

  /** What a write throws, and where it was. */
  async function refusal(prepare: (connection: Sqlite.Database) => void): Promise<[error: Error, directory: string]> {
    const directory = directories.make();
    const db = openDatabase(path.join(directory, 'test.db'), (connection) => {
      connection.exec('CREATE TABLE things (bytes BLOB) STRICT');
      prepare(connection);
    });
    const write = db.write(() => db.statement('INSERT INTO things VALUES (zeroblob(1000000))').run({}));
    const error = await write.catch((thrown: unknown) => thrown);
    assert.ok(error instanceof StoreError);
    await db.close().catch(() => undefined);
    return [error, directory];
  }

  it('names the directory, and who must be able to write there', async () => {
    const [error, directory] = await refusal((connection) => connection.pragma('query_only = ON'));
    assert.equal(
      error.message,
      `Storage failed in ${directory}: attempt to write a readonly database. Let the user of this process write to the directory and the files in it.`,
    );
  });

  it('names the directory, and that the disk is full', async () => {
    const [error, directory] = await refusal((connection) => connection.pragma('max_page_count = 10'));
    assert.equal(
      error.message,
      `Storage failed in ${directory}: database or disk is full. The disk is full: make room on it.`,
    );
  });

  it('says the same of what the operating system refuses', () => {
    const refused = (code: string) => asStoreError(Object.assign(new Error('refused'), { code }), '/data').message;
    for (const code of ['ENOSPC', 'EDQUOT']) assert.match(refused(code), /\/data: refused\. The disk is full/);
    for (const code of ['EACCES', 'EPERM', 'EROFS']) assert.match(refused(code), /\/data: refused\. Let the user/);
    assert.equal(refused('EIO'), 'Storage failed in /data: refused.');
  });

  it('is not taken for one that another process serves', async () => {
    const directory = path.join(directories.make(), 'data');
    writeFileSync(directory, 'a file in its place');
    const expected = { code: 'STORE_FAILED', message: new RegExp(`^Storage failed in ${directory}: `) };
    assert.throws(() => holdLock(directory), expected);
    await assert.rejects(openSqliteStore({ directory }), expected);
  });
});
