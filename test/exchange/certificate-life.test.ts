import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ClaimOutcome, makeClaim, reverseClaim } from '../../src/exchange/claims.ts';
import { findStanding } from '../../src/exchange/standings.ts';
import { CountersignError } from '../../src/errors.ts';
import type { State } from '../../src/ecert/standing.ts';
import { claimOf, openRegister, type TestRegister } from '../support/register.ts';

/** Beside itself, which states a certificate may be in after one step. */
const arrows: Record<State | 'none', readonly State[]> = {
  none: ['registered', 'expired'],
  registered: ['partly-used', 'used-up', 'expired', 'cancelled'],
  'partly-used': ['registered', 'used-up', 'expired'],
  'used-up': ['partly-used', 'registered', 'expired'],
  // What is entered with a date in the year counts after it, and so does its reversal.
  expired: ['used-up', 'cancelled', 'registered'],
  cancelled: [],
};

type Step = (register: TestRegister, pick: number) => Promise<unknown>;

const steps: Record<string, Step> = {
  register: (register, pick) => register.send({ quantity: String(1 + (pick % 40)) }),
  replace: (register, pick) => register.send({ function: '5', quantity: String(1 + (pick % 40)) }),
  cancel: (register) => register.send({ function: '1' }),
  claim: (register, pick) => claimed(makeClaim(claimOf({ line: 1 + (pick % 5), quantity: 1 + (pick % 13) }), register)),
  both: (register, pick) =>
    Promise.all([1, 2].map((by) => claimed(makeClaim(claimOf({ line: (pick % 5) + by, quantity: 9 }), register)))),
  reverse: (register, pick) =>
    claimed(reverseClaim({ entry: 'ABC-1234567-8', entryLine: 1 + (pick % 5) }, 'why not', register)),
  yearsEnd: async (register) => {
    register.now = new Date('2027-01-01T12:00:00Z');
    return Promise.resolve();
  },
};

/** What is refused is no fault here. */
async function claimed(outcome: Promise<ClaimOutcome | object>): Promise<void> {
  await outcome.catch((error: unknown) => assert.ok(error instanceof CountersignError, String(error)));
}

describe('the life of a certificate', () => {
  it('no order of register, replace, cancel, claim, reverse and the end of the year uses more than is certified, or leaves two versions in force', async () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat({ max: 1000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (sequence) => {
        const register = await openRegister();
        let before: State | 'none' = 'none';
        for (const [name, pick] of sequence) {
          await steps[name]?.(register, pick);
          const inForce = await register.store.listCertificates({});
          assert.ok(inForce.length <= 1);
          const standing = await findStanding('6AU000123', register);
          if (standing === undefined) continue;
          const { registration, state } = standing;
          const [line] = registration.lines;
          assert.ok(line !== undefined && line.used >= 0 && line.used <= line.certified);
          assert.equal(line.used, await drawnIn(register));
          if (registration.state === 'cancelled') assert.equal(line.used, 0);
          assert.ok(state === before || arrows[before].includes(state), `${before} → ${name} → ${state}`);
          before = state;
        }
        assert.equal((await register.store.verifyLedger()).kind, 'whole');
        await register.store.close();
      }),
      { numRuns: 25 },
    );
  });
});

/** By the claims that are on file. */
async function drawnIn({ store }: TestRegister): Promise<number> {
  const claims = await store.listClaims({ limit: 1000 });
  return claims.reduce((sum, { kind, quantity }) => sum + (kind === 'claim' ? quantity : -quantity), 0);
}
