import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PIECE, fileSource, sourceOf, type Source } from '../bytes/source.ts';
import { asStoreError } from './store-error.ts';

/** Bytes in files named by their SHA-256, as `ab/cdef…` under one directory. All throw StoreError when the disk fails. */
export interface ContentFiles {
  /** Where files grow until they are taken over; of the same file system. */
  readonly unfinished: string;
  /** Resolves when the file, its name and its directories are on disk. */
  write(bytes: Buffer, sha256: string): Promise<void>;
  /** The same for a file that is written already: it is moved, not copied. Once more for the same bytes does no harm. */
  adopt(file: string, sha256: string): Promise<void>;
  /** Undefined when there is none. */
  find(sha256: string): Promise<Source | undefined>;
  /** The digest of what the file holds now, read as a stream; undefined when there is none. */
  digest(sha256: string): Promise<string | undefined>;
}

/** Also removes what a crash left half written. */
export async function openContentFiles(directory: string): Promise<ContentFiles> {
  const unfinished = path.join(directory, 'unfinished');
  await mkdir(unfinished, { recursive: true });
  await syncDirectory(path.dirname(directory));
  await removeAbandoned(unfinished);
  const fileOf = (sha256: string): string => path.join(directory, sha256.slice(0, 2), sha256.slice(2));
  const sizeOf = async (sha256: string) => (await unlessMissing(stat(fileOf(sha256)), directory))?.size;

  async function adopt(from: string, sha256: string): Promise<void> {
    const file = fileOf(sha256);
    try {
      await sync(from, 'r+');
      await mkdir(path.dirname(file), { recursive: true });
      await rename(from, file); // over the same bytes, when they were there before
      // Both directories each time: another process may have made the inner one just now and not synced it yet.
      await syncDirectory(path.dirname(file));
      await syncDirectory(directory);
    } catch (error) {
      // It is in its place when the write that it was for failed and is tried again, or when two have the same bytes.
      if (!isMissing(error) || (await sizeOf(sha256)) === undefined) throw asStoreError(error, directory);
    }
  }

  return {
    unfinished,
    adopt,
    async write(bytes, sha256) {
      const temporary = path.join(unfinished, randomUUID());
      try {
        await writeNew(temporary, bytes);
        await adopt(temporary, sha256);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined); // else the next start removes it
        throw asStoreError(error, directory);
      }
    },
    async find(sha256) {
      const size = await sizeOf(sha256);
      return size === undefined ? undefined : fileSource(fileOf(sha256), size);
    },
    async digest(sha256) {
      const hash = createHash('sha256');
      const done = pipeline(createReadStream(fileOf(sha256), { highWaterMark: PIECE }), hash).then(() => hash);
      return (await unlessMissing(done, directory))?.digest('hex');
    },
  };
}

/** Makes the names in a directory durable. */
export const syncDirectory = (directory: string): Promise<void> => sync(directory, 'r');

async function sync(file: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** By pieces, so that the event loop goes on meanwhile. */
async function writeNew(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for (const piece of sourceOf(bytes).pieces()) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}

/** Another process may be writing here now, so only what is older than any write lasts is taken away. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    const age = Date.now() - ((await unlessMissing(stat(file), directory))?.mtimeMs ?? 0);
    if (age > ABANDONED_AFTER_MS) await rm(file, { force: true });
  }
}

async function unlessMissing<T>(result: Promise<T>, directory: string): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw asStoreError(error, directory);
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
