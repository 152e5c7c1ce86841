import { createHash } from 'node:crypto';

import { fileSource, gather, sourceOf, type Pieces, type Source } from './source.ts';
import type { Spool } from './spool.ts';

/** Bytes that came whole, with their digest: in memory when they are few, else in a file that whoever keeps them takes over. */
export type Kept = {
  /** Lower-case hex SHA-256. */
  readonly sha256: string;
  readonly size: number;
} & ({ readonly bytes: Buffer } | { readonly file: string });

export function kept(bytes: Buffer): Kept {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes };
}

/** Reads all of it for its digest; a large one must be a file of its own. */
export function digested(source: Source): Kept {
  if (source.file === undefined) return kept(gather(source.pieces()));
  const hash = createHash('sha256');
  for (const piece of source.pieces()) hash.update(piece);
  return { sha256: hash.digest('hex'), size: source.size, file: source.file };
}

/** Spools bytes as they come, and makes their digest on the way. */
export async function keep(pieces: Pieces | AsyncIterable<Buffer>, spool: Spool): Promise<Kept> {
  const hash = createHash('sha256');
  const spooling = spool();
  for await (const piece of pieces) {
    hash.update(piece);
    spooling.write(piece);
  }
  const source = spooling.end();
  const { size, file } = source;
  const known = { sha256: hash.digest('hex'), size };
  return file === undefined ? { ...known, bytes: gather(source.pieces()) } : { ...known, file };
}

export const keptSource = (one: Kept): Source =>
  'bytes' in one ? sourceOf(one.bytes) : fileSource(one.file, one.size);
