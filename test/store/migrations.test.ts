import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { sha256 } from '../../src/store/canonical-json.ts';
import { migrations } from '../../src/store/migrations.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { inbound } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

/** A migration that was released is never edited: a database out there came by it. Add a new one instead. */
const RELEASED = [
  '36b2f8f06167530f1e6961461f0ef10c22ebbcbd7bf9d9401c1b37085e4156cc',
  '87a4e8fe0a07a2894986dd32f112d3a4f6bcfc945cf5c2d21312e1ca671fe377',
  'ee92a31a1f94f262c5fe091c69467b57bace4d560ee8f9499b0789f9ec59070d',
  '6143f797c9df214d6ceae96e66a55c14ace96bf2a7b22f07d74c931757d71cd2',
  '534e27b4c53bf58e9eddd0124643215e09c5f6edfa5d5c9a4c9d1ae266de142a',
];

describe('migrations', () => {
  const directories = temporaryDirectories();
  const databaseIn = (directory: string) => path.join(directory, 'countersign.db');

  async function made(): Promise<string> {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    await store.sealInbound(inbound());
    await store.close();
    return directory;
  }

  function alter(directory: string, sql: string): void {
    const database = new Sqlite(databaseIn(directory));
    database.exec(sql);
    database.close();
  }

  it('are those that were released', () => {
    assert.deepEqual(
      migrations.map(({ sql }) => sha256(sql)),
      RELEASED,
    );
  });

  it('run once: a database that was made before is opened as it is', async () => {
    const directory = await made();
    const store = await openSqliteStore({ directory });
    assert.equal((await store.listMessages({})).length, 1);
    await store.close();
  });

  it('refuse a database of a newer program, and leave it as it is', async () => {
    const directory = await made();
    alter(directory, "INSERT INTO migrations VALUES (999, 'from the future', 'x')");
    await assert.rejects(openSqliteStore({ directory }), { code: 'STORE_NEWER', message: /from the future.*newer/s });
    alter(directory, 'DELETE FROM migrations WHERE number = 999');
    await (await openSqliteStore({ directory })).close();
  });

  it('refuse a database that came by another migration of the same number', async () => {
    const directory = await made();
    alter(directory, "UPDATE migrations SET sha256 = 'other'");
    await assert.rejects(openSqliteStore({ directory }), { code: 'STORE_DRIFTED' });
  });

  it('refuse a file that is no database', async () => {
    const directory = directories.make();
    writeFileSync(databaseIn(directory), 'a text '.repeat(1000));
    await assert.rejects(openSqliteStore({ directory }), { code: 'STORE_FAILED' });
  });

  it('leave tables that are strict, with foreign keys that hold', async () => {
    const database = new Sqlite(databaseIn(await made()), { readonly: true });
    const loose = database.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0").all();
    assert.deepEqual(loose, [{ name: 'sqlite_schema' }]);
    assert.deepEqual(database.pragma('foreign_key_check'), []);
    assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
    database.close();
  });
});
