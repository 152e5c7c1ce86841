import type { Entity } from '../mime/entity.ts';
import { header } from '../mime/headers.ts';

/**
 * Whether all of it that is text is ASCII: the header from its first byte to the empty line that ends it, and a body in
 * base64 or quoted-printable.
 *
 * Neither is covered by a signature inside CBC: decoders step over what is not of their alphabet. Who moves a block of
 * a message there learns something of it from whether it is still read; but moving one makes noise of those beside it,
 * which is hardly ever text.
 */
export function isPlainText({ headers, head, body }: Entity): boolean {
  if (!/^[\t\n\r -~]+\n\r?\n$/.test(head.toString('latin1'))) return false;
  if (!textual.test(header(headers, 'Content-Transfer-Encoding') ?? '')) return true;
  for (const piece of body.pieces()) if (noise.test(piece.toString('latin1'))) return false;
  return true;
}

const textual = /^(?:base64|quoted-printable)$/i;
const noise = /[^\t\n\r -~]/;

/**
 * Whether the header begins with a media type that is longer than a block of any cipher.
 *
 * Whoever has a captured message begin with another of its blocks may choose what that one says, through the IV, if he
 * knows what it said; and being told that he was right, he knows. So it must take more than one block to be told.
 */
export function beginsWithMediaType({ head }: Entity): boolean {
  return /^content-type:[\t ]*(?:application|multipart)\//i.test(head.toString('latin1', 0, 80));
}
