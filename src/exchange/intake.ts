import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';

import { kept, type Kept } from '../bytes/kept.ts';
import { passing } from '../bytes/passing.ts';
import { LARGEST_IN_MEMORY } from '../bytes/spool.ts';
import { LARGEST_BESIDE, LARGEST_COMING, MOST_PIECES } from '../limits.ts';
import type { Arrival } from './arrival.ts';

/**
 * Takes a body in: into memory, or, when it is large, into a file, at the pace of the disk.
 *
 * RFC 4130 §5.1 lets us drop what is too large: undefined then, and the rest is not read.
 *
 * @param file for a large one; nothing is left there when this does not resolve to it
 * @throws what the connection and the disk throw
 */
export type TakeIn = (
  arrival: Pick<Arrival, 'body' | 'announced'>,
  limit: number,
  file: string,
) => Promise<Kept | undefined>;

/** @param most octets in memory of all bodies that are coming in; beyond it all but the smallest go into files */
export function createIntake(most = LARGEST_COMING): TakeIn {
  let coming = 0;
  return async ({ body, announced }, limit, file) => {
    if (announced !== undefined && announced > limit) return undefined;
    const held: Uint8Array[] = [];
    const loose: Uint8Array[] = [];
    let size = 0;
    let inMemory = 0;
    let large: LargeBody | undefined;
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > limit) {
          await large?.abandon();
          return undefined;
        }
        loose.push(chunk);
        inMemory += chunk.length;
        coming += chunk.length;
        if (large !== undefined || size > (coming > most ? LARGEST_BESIDE : LARGEST_IN_MEMORY)) {
          large ??= await beginLarge(file);
          await large.write([...held.splice(0), ...loose.splice(0)]);
          coming -= inMemory;
          inMemory = 0;
        } else if (loose.length === MOST_PIECES) held.push(Buffer.concat(loose.splice(0)));
      }
      if (large === undefined) return kept(Buffer.concat([...held, ...loose], size));
      return { sha256: await large.end(), size, file };
    } catch (error) {
      await large?.abandon();
      throw error;
    } finally {
      coming -= inMemory;
    }
  };
}

interface LargeBody {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Resolves to the SHA-256. */
  end(): Promise<string>;
  abandon(): Promise<void>;
}

async function beginLarge(file: string): Promise<LargeBody> {
  const handle = await open(file, 'wx', 0o600);
  const hash = createHash('sha256');
  return {
    async write(chunks) {
      for (const chunk of chunks) {
        hash.update(chunk);
        await handle.appendFile(chunk);
        passing(chunk.length);
      }
    },
    async end() {
      await handle.close();
      return hash.digest('hex');
    },
    async abandon() {
      await handle.close().catch(() => undefined);
      await rm(file, { force: true });
    },
  };
}
