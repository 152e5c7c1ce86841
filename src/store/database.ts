import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { groupCommit } from './group-commit.ts';
import { StoreError, asStoreError } from './store-error.ts';

export type Value = string | number | Buffer | null;
export type Values = Readonly<Record<string, Value>>;

/** One connection. Statements run only inside `read` and `write`, whose functions are synchronous. */
export interface Database {
  /** Compiled once for each text. */
  statement<Row>(sql: string): Sqlite.Statement<[Values], Row>;
  /** Within a write. The members of a row are named as the columns; all rows of one table have the same ones. */
  insert(table: string, row: Values): void;
  /** Sees one moment of the database, however many statements it runs. */
  read<T>(work: () => T): Promise<T>;
  /**
   * Resolves when it is on disk; when it throws, nothing of it is stored. Shares its transaction (group commit), and runs
   * again when what was to share it threw.
   */
  write<T>(work: () => T): Promise<T>;
  /** Within a write: what throws takes back its own changes, and the rest of the write may go on. */
  part<T>(work: () => T): T;
  /** Waits for the writes that are queued. */
  close(): Promise<void>;
}

export interface Commits {
  /** How many messages are about to be sealed: so many writes are worth a wait, for an fsync that they share. */
  readonly expected?: (() => number) | undefined;
  /** Is told of each commit, hence fsync, how many writes shared it. */
  readonly committed?: ((writes: number) => void) | undefined;
}

/**
 * Opens a database file durably; `prepare` runs first.
 *
 * @throws StoreError
 */
export function openDatabase(
  file: string,
  prepare: (connection: Sqlite.Database) => void,
  { expected, committed }: Commits = {},
): Database {
  const connection = connect(file, prepare);
  const compiled = new Map<string, unknown>();
  const inserts = new Map<string, string>();
  let open = true;
  const alone = connection.transaction((work: () => unknown) => work());
  const reading = connection.transaction((work: () => unknown) => work());
  /** Inside a transaction, `alone` is a savepoint. */
  const held = <T>(work: () => void, otherwise: (error: unknown) => T): T | undefined => {
    try {
      alone(work);
      return undefined;
    } catch (error) {
      // Some failures (disk full, I/O) end the whole transaction: what ran before in it is gone as well.
      if (!connection.inTransaction) throw error;
      return otherwise(error);
    }
  };
  const together = connection.transaction((writes: readonly (() => void)[]): readonly unknown[] => {
    const all = () => writes.forEach((work) => work());
    const apart = () => writes.map((work) => held(work, (error) => error));
    // Most often none throws, and one savepoint does for all of them.
    return held(all, apart) ?? [];
  });
  const commit = groupCommit((writes) => {
    const errors = together.immediate(writes);
    committed?.(writes.length);
    return errors;
  }, expected);

  async function guarded<T>(work: () => T | Promise<T>): Promise<T> {
    if (!open) throw new StoreError('STORE_CLOSED', 'The store is closed.');
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, path.dirname(file));
    }
  }

  function statement<Row>(sql: string): Sqlite.Statement<[Values], Row> {
    const known = compiled.get(sql) as Sqlite.Statement<[Values], Row> | undefined;
    if (known) return known;
    const fresh = connection.prepare<[Values], Row>(sql);
    compiled.set(sql, fresh);
    return fresh;
  }

  return {
    statement,
    insert(table, row) {
      let sql = inserts.get(table);
      if (sql === undefined) inserts.set(table, (sql = insertInto(table, Object.keys(row))));
      statement(sql).run(row);
    },
    read: (work) => guarded(() => reading(work) as ReturnType<typeof work>),
    write: (work) => guarded(() => commit(work)),
    part: (work) => alone(work) as ReturnType<typeof work>,
    async close() {
      if (!open) return;
      open = false;
      await commit(() => undefined);
      connection.close();
    },
  };
}

function insertInto(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`;
}

/** While another process does the same to a new file, SQLite says at once that it is busy, whatever its timeout. */
function enterWal(connection: Sqlite.Database): void {
  for (let left = 500; ; left -= 1) {
    try {
      connection.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof Sqlite.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function connect(file: string, prepare: (connection: Sqlite.Database) => void): Sqlite.Database {
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(file, { timeout: 5000 });
    enterWal(connection);
    connection.pragma('synchronous = FULL'); // NORMAL would not survive a power cut
    connection.pragma('fullfsync = ON'); // where fsync alone does not reach the disk (macOS)
    connection.pragma('foreign_keys = ON');
    connection.pragma('temp_store = MEMORY'); // what a savepoint may have to take back
    prepare(connection);
    return connection;
  } catch (error) {
    connection?.close();
    throw asStoreError(error, path.dirname(file));
  }
}
