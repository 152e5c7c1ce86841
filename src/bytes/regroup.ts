import type { Pieces } from './source.ts';

/**
 * The same bytes in pieces of at least `least`, but for the last.
 * Senders cut content into small pieces; to work on each alone costs more than to copy it.
 */
export function* regrouped(pieces: Pieces, least: number): Generator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length === 0 && piece.length >= least) {
      yield piece;
      continue;
    }
    held.push(piece);
    length += piece.length;
    if (length < least) continue;
    yield Buffer.concat(held, length);
    held = [];
    length = 0;
  }
  const [only] = held;
  if (only !== undefined) yield held.length === 1 ? only : Buffer.concat(held, length);
}

/**
 * The same bytes without the last `count`, which `tail` is told when they are known; fewer when there are no more.
 */
export function* withoutTail(
  pieces: Pieces,
  count: number,
  tail: (bytes: Buffer) => void,
): Generator<Buffer, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    if (piece.length >= count) {
      if (held.length > 0) yield held;
      if (piece.length > count) yield piece.subarray(0, piece.length - count);
      held = piece.subarray(piece.length - count);
      continue;
    }
    const both = Buffer.concat([held, piece]);
    const surplus = Math.max(both.length - count, 0);
    if (surplus > 0) yield both.subarray(0, surplus);
    held = both.subarray(surplus);
  }
  tail(held);
}
