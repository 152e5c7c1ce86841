import assert from 'node:assert/strict';

import { readDummy } from '../../src/as2/dummy-part.ts';
import { createEffort } from '../../src/as2/effort.ts';
import { MOST_VARIANTS } from '../../src/as2/signed-variants.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { identity } from '../support/identities.ts';

describe('a signed part that nobody sent', () => {
  for (const kind of ['rsa', 'ec'] as const)
    it(`is read to the end, and asks no key: ${kind}`, async () => {
      const { certificate } = await identity(`dummy-${kind}`, kind);
      for (const size of [0, 1, 1_000, 100_000, 300_000]) {
        const effort = createEffort(memorySpool);
        readDummy(size, [certificate], effort);
        assert.equal(effort.spent.checks, 0);
        assert.ok(effort.spent.spooled <= size && effort.spent.spooled >= size - 4_000, `${effort.spent.spooled}`);
        // As received, and with a line end more.
        assert.ok(effort.spent.digested >= 2 * effort.spent.spooled);
        assert.ok(effort.spent.digested <= (1 + MOST_VARIANTS) * (size + 1_000));
      }
    });

  it('of a partner that has no certificate there is none', () => {
    const effort = createEffort(memorySpool);
    readDummy(1_000, [], effort);
    assert.deepEqual(effort.spent, { digested: 0, spooled: 0, checks: 0 });
  });
});
