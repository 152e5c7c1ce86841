import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { COLLECTED_AFTER } from '../limits.ts';

let passed = 0;
let collect: ((options: { readonly type: 'minor' }) => void) | undefined;

/**
 * Is told of octets that pass through this thread in buffers that nobody needs for long. V8 would wait for 32 MiB of them, and
 * as many that were made of them, before it looks which are still in use. To look takes a fraction of a millisecond.
 */
export function passing(octets: number): void {
  passed += octets;
  if (passed < COLLECTED_AFTER) return;
  passed = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/** Node hands out V8's collector to those contexts alone that begin after it was asked to. */
function collector(): NonNullable<typeof collect> {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NonNullable<typeof collect>;
}
