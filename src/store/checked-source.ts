import { createHash } from 'node:crypto';
import type { Source } from '../bytes/source.ts';
import { StoreError } from './store-error.ts';

/**
 * The bytes of a source, proved while they are read: whoever reads all of them gets the last piece only when all have
 * the digest. Parts of them are handed out unproved.
 *
 * @param sha256 lower-case hex
 */
export function checkedSource(source: Source, sha256: string): Source {
  const { size } = source;
  return {
    size,
    *pieces(start = 0, end = size) {
      if (start > 0 || end < size) {
        yield* source.pieces(start, end);
        return;
      }
      const check = startCheck(sha256);
      for (const piece of source.pieces()) yield* check.next(piece);
      yield* check.end();
    },
    async *stream() {
      const check = startCheck(sha256);
      for await (const piece of source.stream?.() ?? source.pieces()) yield* check.next(piece);
      yield* check.end();
    },
  };
}

/** Hands out each piece when the next one comes, and the last when the digest is right. */
function startCheck(sha256: string) {
  const hash = createHash('sha256');
  let held: readonly Buffer[] = [];
  return {
    next(piece: Buffer): readonly Buffer[] {
      const before = held;
      hash.update(piece);
      held = [piece];
      return before;
    },
    end(): readonly Buffer[] {
      if (hash.digest('hex') !== sha256) throw changed(sha256);
      return held;
    },
  };
}

export function changed(sha256: string): StoreError {
  return new StoreError('STORE_DAMAGED', `The bytes with SHA-256 ${sha256} were changed.`);
}
