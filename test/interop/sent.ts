import type { Unwrapped } from '../../src/as2/unwrap.ts';
import { keptSource } from '../../src/bytes/kept.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import type { OutboundMessage } from '../../src/store/store.ts';
import { unwrap } from '../support/unwrap.ts';
import type { Case } from './case.ts';
import { asksAsTheCaseSays, asTheCaseSays, unless } from './checks.ts';
import type { RunKeys } from './keys.ts';
import { headSent } from './wire.ts';

/** How we sent a message, where that is not as the case says. No difference of the peer explains it. */
export async function sentOtherwise(each: Case, message: OutboundMessage, keys: RunKeys, ourUrl: string) {
  const wire = headSent(message.messageId);
  const { facts, payload } = await opened(each, message, keys);
  const { fileName = 'none' } = payload;
  const problems = [
    ...unless(wire.length > 0, 'nothing of it was seen on the wire'),
    ...asTheCaseSays(framed(each), facts, wire),
    // A peer may name a file as it likes where none came.
    ...unless(fileName === each.fileName, `file name: ${fileName}`),
    ...asksAsTheCaseSays(each, wire, ourUrl),
  ];
  return problems.map((problem) => `WE SENT IT OTHERWISE: ${problem}`);
}

/** Nothing has no chunks: undici gives a body without a byte `Content-Length: 0`. */
const framed = (each: Case): Case =>
  each.layers === 'plain' && each.payload === '0 bytes' ? { ...each, framing: 'sized' } : each;

/** What is in the bytes, which the key of the peer opens, and not what we meant them to be. */
function opened(each: Case, { headers, raw }: OutboundMessage, keys: RunKeys): Promise<Unwrapped> {
  const signers = [keys.ours, keys.oursEc, keys.oursExpired];
  return unwrap(
    { headers, body: keptSource(raw) },
    {
      keys: [each.event === 'wrong-key' ? keys.stranger : keys.peer],
      pinned: signers.map(({ certificate }) => certificate),
      policy: { ...strictPolicy, allowUnsigned: true, allowUnencrypted: true },
      micDigest: 'sha256',
    },
  );
}
