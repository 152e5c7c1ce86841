import { mkdirSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';

import { CountersignError } from '../errors.ts';
import { asStoreError } from './store-error.ts';

/**
 * Holds a home's data for one serving process: two of them would take each other's leases.
 * The operating system lets go of the lock when the process ends, however it ends.
 *
 * @returns what lets go of it
 * @throws HomeInUse, StoreError
 */
export function holdLock(dataDirectory: string): () => void {
  let lock: Database.Database | undefined;
  try {
    mkdirSync(dataDirectory, { recursive: true });
    lock = new Database(path.join(dataDirectory, 'serving.lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const held = error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY';
    throw held ? new HomeInUse(dataDirectory, { cause: error }) : asStoreError(error, dataDirectory);
  }
  const held = lock;
  return () => held.close();
}

/** Another process serves this home. */
export class HomeInUse extends CountersignError {
  readonly code = 'HOME_IN_USE';

  constructor(dataDirectory: string, options?: ErrorOptions) {
    super(`Another process serves ${dataDirectory} already. Stop it first, or give another --home.`, options);
  }
}
