import assert from 'node:assert/strict';
import path from 'node:path';
import Sqlite from 'better-sqlite3';

/** Changes a store with triggers and foreign keys out of the way, as somebody with the file would do it. */
export function tamper(directory: string, sql: string): void {
  const database = new Sqlite(path.join(directory, 'countersign.db'));
  const triggers = database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.pragma('foreign_keys = OFF');
  assert.ok(database.prepare(sql).run().changes > 0, 'the attack does something');
  database.close();
}
