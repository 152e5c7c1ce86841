import { readFile } from 'node:fs/promises';
import type { Kept } from '../bytes/kept.ts';
import { type Source, sourceOf } from '../bytes/source.ts';
import { sha256 } from './canonical-json.ts';
import { changed, checkedSource } from './checked-source.ts';
import type { ContentFiles } from './content-files.ts';
import type { Database } from './database.ts';
import { StoreError, asStoreError } from './store-error.ts';

/** Bytes by their digest, each kept once: small ones in the database, larger ones in files. */
export interface Contents {
  /** Before the write: what is too large for the database is on disk, in its place, when this resolves. */
  prepare(content: Kept): Promise<PreparedContent>;
  /** Within the write. False when the same bytes are stored already. */
  insert(content: PreparedContent): boolean;
  /**
   * Large ones are proved against their digest only while they are read.
   *
   * @throws StoreError `STORE_DAMAGED` when they are missing or are not what the digest names
   */
  read(digest: string): Promise<Source>;
  /** What is wrong with the stored bytes, if anything. */
  fault(digest: string): Promise<'missing' | 'changed' | undefined>;
}

export interface PreparedContent {
  readonly sha256: string;
  readonly size: number;
  /** Null when they are in a file. */
  readonly bytes: Buffer | null;
}

/** A BLOB in the row is faster than a file beside it up to about this size. */
const SMALL = 256 * 1024;

export function contentsIn(db: Database, files: ContentFiles): Contents {
  const stored = (digest: string) =>
    db.read(() =>
      db
        .statement<{ size: number; bytes: Buffer | null }>('SELECT size, bytes FROM contents WHERE sha256 = @digest')
        .get({ digest }),
    );

  return {
    async prepare(content) {
      const { sha256: digest, size } = content;
      if (size < SMALL) return { sha256: digest, size, bytes: await bytesOf(content, files.unfinished) };
      if ('file' in content) await files.adopt(content.file, digest);
      else await files.write(content.bytes, digest);
      return { sha256: digest, size, bytes: null };
    },
    insert(content) {
      const statement = db.statement('INSERT INTO contents VALUES (@sha256, @size, @bytes) ON CONFLICT DO NOTHING');
      return statement.run({ ...content }).changes > 0;
    },
    async read(digest) {
      const row = await stored(digest);
      if (row?.bytes) {
        if (sha256(row.bytes) !== digest) throw changed(digest);
        return sourceOf(row.bytes);
      }
      const source = row && (await files.find(digest));
      if (!source) throw new StoreError('STORE_DAMAGED', `The bytes with SHA-256 ${digest} are missing.`);
      if (source.size !== row.size) throw changed(digest);
      return checkedSource(source, digest);
    },
    async fault(digest) {
      const row = await stored(digest);
      const found = row?.bytes ? sha256(row.bytes) : row && (await files.digest(digest));
      if (found === undefined) return 'missing';
      return found === digest ? undefined : 'changed';
    },
  };
}

async function bytesOf(content: Kept, directory: string): Promise<Buffer> {
  if ('bytes' in content) return content.bytes;
  try {
    return await readFile(content.file);
  } catch (error) {
    throw asStoreError(error, directory);
  }
}
