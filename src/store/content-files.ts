import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asStoreError } from './store-error.ts';

/** Bytes in files named by their SHA-256, as `ab/cdef…` under one directory. All throw StoreError when the disk fails. */
export interface ContentFiles {
  /** Resolves to the digest when the file, its name and its directories are on disk. */
  write(bytes: Buffer): Promise<string>;
  /** Undefined when there is none. */
  read(sha256: string): Promise<Buffer | undefined>;
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

  return {
    async write(bytes) {
      const temporary = path.join(unfinished, randomUUID());
      try {
        const sha256 = await writeDurably(temporary, bytes);
        const file = fileOf(sha256);
        await mkdir(path.dirname(file), { recursive: true });
        await rename(temporary, file); // over the same bytes, when they were there before
        // Both directories each time: another process may have made the inner one just now and not synced it yet.
        await syncDirectory(path.dirname(file));
        await syncDirectory(directory);
        return sha256;
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined); // else the next start removes it
        throw asStoreError(error, directory);
      }
    },
    read: (sha256) => unlessMissing(readFile(fileOf(sha256)), directory),
    async digest(sha256) {
      const hash = createHash('sha256');
      const done = pipeline(createReadStream(fileOf(sha256), { highWaterMark: PIECE }), hash).then(() => hash);
      return (await unlessMissing(done, directory))?.digest('hex');
    },
  };
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Written and hashed by pieces, so that the event loop goes on meanwhile. */
const PIECE = 256 * 1024;

async function writeDurably(file: string, bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'wx', 0o600);
  try {
    for (let offset = 0; offset < bytes.length; offset += PIECE) {
      const piece = bytes.subarray(offset, offset + PIECE);
      hash.update(piece);
      await handle.writeFile(piece);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
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
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw asStoreError(error, directory);
  }
}
