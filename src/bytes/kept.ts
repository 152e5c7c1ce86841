import { createHash } from 'node:crypto';

import { fileSource, sourceOf, type Source } from './source.ts';

/** Bytes that came whole, with their digest: in memory when they are few, else in a file that whoever keeps them takes over. */
export type Kept = {
  /** Lower-case hex SHA-256. */
  readonly sha256: string;
  readonly size: number;
} & ({ readonly bytes: Buffer } | { readonly file: string });

export function kept(bytes: Buffer): Kept {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes };
}

export const keptSource = (one: Kept): Source =>
  'bytes' in one ? sourceOf(one.bytes) : fileSource(one.file, one.size);
