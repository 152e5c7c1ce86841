import type { Entity } from '../mime/entity.ts';

/**
 * Whether the header is ASCII text from its first byte to the empty line that ends it.
 *
 * A header inside CBC is covered by no signature. Who moves a block of a message there learns something of it from
 * whether it is still read; but moving one makes noise of those beside it, which is hardly ever text.
 */
export function hasPlainHeader({ bytes, body }: Entity): boolean {
  return /^[\t\n\r -~]+\n\r?\n$/.test(bytes.toString('latin1', 0, bytes.length - body.length));
}
