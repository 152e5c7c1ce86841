import { CountersignError } from '../errors.ts';

export type StoreErrorCode =
  /** The database was made by a newer program. */
  | 'STORE_NEWER'
  /** A migration that was applied is not the one that this program knows by its number. */
  | 'STORE_DRIFTED'
  /** Stored bytes are missing, or are not those that their digest names. */
  | 'STORE_DAMAGED'
  /** Something else was written meanwhile that this write did not know of. */
  | 'STORE_CONFLICT'
  | 'STORE_CLOSED'
  /** What the caller asked makes no sense. */
  | 'STORE_MISUSED'
  /** The database or the disk refused; `cause` has its own error. */
  | 'STORE_FAILED';

/** A fault of storage. After it, nothing of the write that met it is stored. */
export class StoreError extends CountersignError {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Our own errors as they are; whatever else the database or the disk threw in a directory as `STORE_FAILED`. */
export function asStoreError(error: unknown, directory: string): CountersignError {
  if (error instanceof CountersignError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const remedy = REMEDIES.find(([codes]) => codes.test(code))?.[1] ?? '';
  return new StoreError('STORE_FAILED', `Storage failed in ${directory}: ${reason}.${remedy}`, { cause: error });
}

/** By the codes of SQLite and of the operating system. */
const REMEDIES: readonly (readonly [codes: RegExp, remedy: string])[] = [
  [/^SQLITE_FULL$|^ENOSPC$|^EDQUOT$/, ' The disk is full: make room on it.'],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM)|^EACCES$|^EPERM$|^EROFS$/,
    ' Let the user of this process write to the directory and the files in it.',
  ],
];
