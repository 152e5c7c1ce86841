import assert from 'node:assert/strict';
import type { Mic } from '../../src/as2/mic.ts';
import { wrap as wrapInPieces, type WrapOptions } from '../../src/as2/wrap.ts';
import { gather } from '../../src/bytes/source.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { bytesOf } from './bytes.ts';
import type { Part } from './mime-parts.ts';

/** A message that was wrapped, as it is sent. */
export interface Wrapped extends Part {
  /** What a receipt has to return. */
  readonly mic: Mic;
}

export type Protection = Omit<WrapOptions, 'spool'>;

/** Content that is at hand, wrapped and read. */
export async function wrap(
  { headers, content }: { readonly headers: Headers; readonly content: Buffer },
  options: Protection,
): Promise<Wrapped> {
  const made = await wrapInPieces({ headers, content: bytesOf(content) }, { ...options, spool: memorySpool });
  const body = gather(made.body.pieces());
  assert.equal(body.length, made.body.size, 'its length was told before it was made');
  return { headers: made.headers, body, mic: made.mic() };
}
