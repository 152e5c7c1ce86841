import type Sqlite from 'better-sqlite3';
import { sha256 } from './canonical-json.ts';
import { initial } from './migrations/0001-initial.ts';
import { contrl } from './migrations/0002-contrl.ts';
import { claims } from './migrations/0003-claims.ts';
import { onboarding } from './migrations/0004-onboarding.ts';
import { notices } from './migrations/0005-notices.ts';
import { StoreError } from './store-error.ts';

/** In order; the first is number 1. One that was released is never edited: what changes later is a new one. */
export const migrations: readonly Migration[] = [initial, contrl, claims, onboarding, notices];

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings a database to the newest schema, in one transaction.
 *
 * @throws StoreError `STORE_NEWER` when it is ahead of this program, `STORE_DRIFTED` when it came another way
 */
export function migrate(connection: Sqlite.Database): void {
  connection
    .transaction(() => {
      connection.exec(
        'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT',
      );
      const applied = connection.prepare<[], Applied>('SELECT * FROM migrations ORDER BY number').all();
      for (const [index, known] of applied.entries()) check(known, migrations[index]);
      const insert = connection.prepare('INSERT INTO migrations VALUES (?, ?, ?)');
      for (const [index, { name, sql }] of migrations.entries()) {
        if (index < applied.length) continue;
        connection.exec(sql);
        insert.run(index + 1, name, sha256(sql));
      }
    })
    .immediate();
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

function check(applied: Applied, known: Migration | undefined): void {
  if (known === undefined) {
    const text = `The database has migration ${applied.number} (${applied.name}), which this program does not know: it was used by a newer version. Start that version, or restore a backup.`;
    throw new StoreError('STORE_NEWER', text);
  }
  if (applied.sha256 !== sha256(known.sql)) {
    const text = `Migration ${applied.number} of the database (${applied.name}) is not the one of this program (${known.name}).`;
    throw new StoreError('STORE_DRIFTED', text);
  }
}
