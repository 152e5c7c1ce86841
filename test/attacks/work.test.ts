import assert from 'node:assert/strict';
import { createDecipheriv, createHash, createVerify } from 'node:crypto';

import { MOST_VARIANTS } from '../../src/as2/signed-variants.ts';
import { LARGEST_WITH_VARIANTS } from '../../src/limits.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { faultOf, makeIdentities, partner, us, visible } from '../as2/opened.ts';
import { cbcFaults } from '../support/cbc-faults.ts';

type Counted = { digested: number; deciphered: number; checks: number };

/** Counts what node:crypto is asked for while something runs. */
async function counting(run: () => Promise<unknown>): Promise<Counted> {
  const counted: Counted = { digested: 0, deciphered: 0, checks: 0 };
  const undo: (() => void)[] = [];
  const watch = (object: object, method: string, count: (argument: unknown) => void) => {
    const prototype = Object.getPrototypeOf(object) as Record<string, (...given: unknown[]) => unknown>;
    const original = prototype[method]!;
    prototype[method] = function (this: unknown, ...given: unknown[]) {
      count(given[0]);
      return original.apply(this, given);
    };
    undo.push(() => (prototype[method] = original));
  };
  const lengthOf = (bytes: unknown) => (bytes as Uint8Array).length;
  watch(createHash('sha256'), 'update', (bytes) => (counted.digested += lengthOf(bytes)));
  watch(createVerify('sha256'), 'verify', () => (counted.checks += 1));
  const decipher = createDecipheriv('aes-128-cbc', Buffer.alloc(16), Buffer.alloc(16));
  watch(decipher, 'update', (bytes) => (counted.deciphered += lengthOf(bytes)));
  try {
    await run();
  } finally {
    undo.forEach((each) => each());
  }
  return counted;
}

describe('attacks: oracles of work', () => {
  before(makeIdentities);

  for (const size of [100, 10_000, 300_000]) {
    it(`whatever is wrong inside CBC, as much is deciphered, digested and checked (${size} octets)`, async () => {
      const found: (Counted & { fault: string })[] = [];
      for (const make of Object.values(cbcFaults(us, partner, size))) {
        const part = make();
        let fault = '';
        const counted = await counting(
          async () => (fault = JSON.stringify(visible(await faultOf(part, strictPolicy)))),
        );
        found.push({ ...counted, fault });
      }
      const [first] = found;
      assert.match(first!.fault, /decryption-failed/);
      assert.equal(first!.checks, 1 + MOST_VARIANTS);
      assert.ok(first!.deciphered > size && first!.digested > size * (1 + MOST_VARIANTS));
      for (const each of found) {
        // What is digested besides, as for attributes and names of certificates, is short.
        assert.ok(Math.abs(each.digested - first!.digested) < 1000, `${each.digested} ${first!.digested}`);
        assert.deepEqual({ ...each, digested: 0 }, { ...first, digested: 0 });
      }
    });
  }

  it('the largest whose variants are tried is small enough that a fault is no attack by itself', () => {
    assert.ok(LARGEST_WITH_VARIANTS * (MOST_VARIANTS + 2) <= 160 * 1024 * 1024);
  });
});
