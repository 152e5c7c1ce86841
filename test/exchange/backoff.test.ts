import assert from 'node:assert/strict';

import fc from 'fast-check';

import { pauseAfter } from '../../src/exchange/backoff.ts';

describe('pauses between attempts', () => {
  it('double from the first pause on', () => {
    const pauses = [1, 2, 3, 4].map((attempt) => pauseAfter(attempt, 1_000, 60_000, 0));
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000]);
  });

  it('are never above the longest, and never below three quarters of what they would be', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 100_000, max: 10_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, first, longest, random) => {
          const pause = pauseAfter(attempt, first, longest, random);
          const full = pauseAfter(attempt, first, longest, 0);
          assert.ok(pause <= longest && pause >= Math.floor(full * 0.75));
        },
      ),
    );
  });
});
