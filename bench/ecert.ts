import path from 'node:path';
import { performance } from 'node:perf_hooks';
import Sqlite from 'better-sqlite3';
import { readInterchanges } from '../src/edifact/reader.ts';
import { runJobs } from '../src/exchange/jobs.ts';
import { homeOfOne, opened } from '../test/support/jobs.ts';
import { interchange, numberOf } from '../test/support/sancrt.ts';

export interface Registered {
  /** Milliseconds from the stored payload to the commit of certificates, answers, outbox and ledger. */
  readonly ours: number;
  /** Milliseconds to parse the payload and insert the same rows in one transaction. */
  readonly bare: number;
}

/** Registers an interchange of so many certificates in a new home, and does the bare work on a copy of its database. */
export async function measureRegistration(certificates: number): Promise<Registered> {
  const home = await homeOfOne();
  const { exchange, seals, close } = await opened(home);
  const now = new Date();
  const payload = interchange(Array.from({ length: certificates }, (_, n) => ({ number: numberOf('AU', n) })));
  await seals([payload], now);
  const file = path.join(home.directory, 'data/countersign.db');
  const copy = path.join(home.directory, 'bare.db');
  const look = new Sqlite(file);
  look.prepare('VACUUM INTO ?').run(copy);

  const jobs = await exchange.store.claimJobs(now, 60_000, 1);
  const begun = performance.now();
  await runJobs(jobs, exchange);
  const ours = performance.now() - begun;

  const bare = connectLike(copy);
  const rows = tables.map((table) => added(table, look, bare));
  if (rows[certificateTable]?.length !== certificates) throw new Error('Not every certificate was registered.');
  const begunBare = performance.now();
  readInterchanges(payload);
  bare.transaction(() => {
    for (const [index, table] of tables.entries()) insert(bare, table, rows[index] ?? []);
  })();
  const took = performance.now() - begunBare;
  look.close();
  bare.close();
  await close();
  return { ours, bare: took };
}

type Row = Record<string, string | number | Buffer | null>;

/** In the order in which they name one another. The ledger's triggers want their heads, so its few rows are left out. */
const tables = ['contents', 'messages', 'work', 'interchanges', 'certificates'] as const;
const certificateTable = tables.indexOf('certificates');

/** As durable as the store's own. */
function connectLike(file: string): Sqlite.Database {
  const connection = new Sqlite(file);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  return connection;
}

function added(table: string, now: Sqlite.Database, before: Sqlite.Database): Row[] {
  const { n } = before.prepare<[], { n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).get() ?? { n: 0 };
  return now.prepare<[number], Row>(`SELECT * FROM ${table} ORDER BY rowid LIMIT -1 OFFSET ?`).all(n);
}

function insert(connection: Sqlite.Database, table: string, rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const statement = connection.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  );
  for (const row of rows) statement.run(row);
}
