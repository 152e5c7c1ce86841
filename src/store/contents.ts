import { sha256 } from './canonical-json.ts';
import type { ContentFiles } from './content-files.ts';
import type { Database } from './database.ts';
import { StoreError } from './store-error.ts';

/** Bytes by their digest, each kept once: small ones in the database, larger ones in files. */
export interface Contents {
  /** Before the write: what is too large for the database is on disk when this resolves. */
  prepare(bytes: Buffer): Promise<PreparedContent>;
  /** Within the write. Returns the digest. */
  insert(content: PreparedContent): string;
  /** @throws StoreError `STORE_DAMAGED` when they are missing or are not what the digest names */
  read(digest: string): Promise<Buffer>;
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
      db.statement<{ bytes: Buffer | null }>('SELECT bytes FROM contents WHERE sha256 = @digest').get({ digest }),
    );

  return {
    async prepare(bytes) {
      if (bytes.length < SMALL) return { sha256: sha256(bytes), size: bytes.length, bytes };
      return { sha256: await files.write(bytes), size: bytes.length, bytes: null };
    },
    insert(content) {
      db.statement('INSERT INTO contents VALUES (@sha256, @size, @bytes) ON CONFLICT DO NOTHING').run({ ...content });
      return content.sha256;
    },
    async read(digest) {
      const row = await stored(digest);
      const bytes = row?.bytes ?? (row && (await files.read(digest)));
      if (!bytes) throw new StoreError('STORE_DAMAGED', `The bytes with SHA-256 ${digest} are missing.`);
      if (sha256(bytes) !== digest)
        throw new StoreError('STORE_DAMAGED', `The bytes with SHA-256 ${digest} were changed.`);
      return bytes;
    },
    async fault(digest) {
      const row = await stored(digest);
      const found = row?.bytes ? sha256(row.bytes) : row && (await files.digest(digest));
      if (found === undefined) return 'missing';
      return found === digest ? undefined : 'changed';
    },
  };
}
