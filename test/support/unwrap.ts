import { unwrap as unwrapWith, type UnwrapContext, type Unwrapped } from '../../src/as2/unwrap.ts';
import type { Source } from '../../src/bytes/source.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import type { Headers } from '../../src/mime/headers.ts';

/** Takes a message out of its layers, in memory. */
export function unwrap(
  message: { readonly headers: Headers; readonly body: Source },
  context: Omit<UnwrapContext, 'spool'>,
): Promise<Unwrapped> {
  return unwrapWith(message, { ...context, spool: memorySpool });
}
