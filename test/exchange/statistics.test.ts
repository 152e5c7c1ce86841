import assert from 'node:assert/strict';
import fc from 'fast-check';

import { type Dimension, dimensions, type StatisticsRow } from '../../src/ecert/statistics.ts';
import { makeClaim, reverseClaim } from '../../src/exchange/claims.ts';
import { statistics } from '../../src/exchange/statistics.ts';
import { claimOf, openRegister, type TestRegister } from '../support/register.ts';

const numbers = ['6AU000001', '6AU000002', '6AU000003', '7AU000004'];
const entry = 'ABC-1234567-8';

interface Step {
  readonly kind: 'register' | 'replace' | 'cancel' | 'claim' | 'reverse';
  readonly which: number;
  readonly quantity: number;
  readonly line: number;
  readonly isDairy: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('register', 'register', 'replace', 'cancel', 'claim', 'claim', 'claim', 'reverse'),
  which: fc.nat({ max: numbers.length - 1 }),
  quantity: fc.integer({ min: 1, max: 30 }),
  line: fc.integer({ min: 1, max: 5 }),
  isDairy: fc.boolean(),
});

/** What is refused changes nothing, which is part of what is looked at. */
async function take({ kind, which, quantity, line, isDairy }: Step, register: TestRegister): Promise<void> {
  const number = numbers[which]!;
  const year = 2020 + Number(number[0]);
  register.now = new Date(`${year}-11-02T12:00:00Z`);
  const goods = isDairy ? { hts: '040210', unit: 'LTR' } : { hts: '020230', unit: 'KGM' };
  if (kind === 'reverse') await reverseClaim({ entry, entryLine: line }, 'mistaken', register).catch(() => undefined);
  else if (kind === 'claim') await makeClaim(claimOf({ number, line, quantity, ...goods, date: `${year}-11-20` }), register).catch(() => undefined);
  else {
    const code = { register: '9', replace: '5', cancel: '1' } as const;
    const issueDate = ['20260930', '20261030'][which % 2]!;
    const head = { number, issueDate, function: code[kind], programme: isDairy ? 'DAIRY' : 'BEEF' };
    await register.send({ ...head, ...goods, quantity: String(quantity) });
  }
} // prettier-ignore

/** The same, by hand: from the versions in force, and from claims less reversals. All have one line. */
async function byHand(by: readonly Dimension[], { store, now }: TestRegister): Promise<StatisticsRow[]> {
  const claims = await store.listClaims({ limit: 1000 });
  const rows = new Map<string, StatisticsRow>();
  for (const { number, country, programme, state, certificate } of await store.listCertificates({ limit: 1000 })) {
    const { issueDate, lines } = certificate as { issueDate: string; lines: { hts: string; unit: string; certified: number }[] };
    const [{ hts, unit, certified }] = lines as [{ hts: string; unit: string; certified: number }];
    const used = claims
      .filter((each) => each.number === number)
      .reduce((sum, { kind, quantity }) => sum + (kind === 'claim' ? quantity : -quantity), 0);
    const condition = state === 'cancelled' ? state : used > 0 ? 'matched' : 'unmatched';
    const all = { country, programme, hts, period: issueDate.slice(0, 7), condition };
    const group = Object.fromEntries(by.map((name) => [name, all[name]]));
    const key = [...Object.values(group), unit].join(' ');
    const sum = rows.get(key) ?? { ...group, unit, certificates: 0, registered: 0, cancelled: 0, used: 0, expired: 0, remaining: 0 };
    const rest = certified - used;
    const isOver = now.getUTCFullYear() > 2020 + Number(number[0]);
    const what = state === 'cancelled' ? 'cancelled' : isOver ? 'expired' : 'remaining';
    const added = { certificates: sum.certificates + 1, registered: sum.registered + certified, used: sum.used + used };
    rows.set(key, { ...sum, ...added, [what]: sum[what] + rest });
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
} // prettier-ignore

describe('statistics of a register', () => {
  it('are what certificates and claims add up to, after whatever happened, before and after the end of a year', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), fc.subarray([...dimensions]), async (steps, by) => {
        const register = await openRegister();
        for (const each of steps) await take(each, register);
        for (const day of ['2026-12-31', '2027-01-01', '2028-01-01']) {
          register.now = new Date(`${day}T00:00:00Z`);
          const expected = await byHand(by, register);
          assert.deepEqual(await statistics(by, {}, register), expected);
          const narrowed = await statistics([], { condition: 'matched', issuedTo: '2026-09-30' }, register);
          const all = await byHand(['condition', 'period'], register);
          const matched = all.filter(({ condition, period }) => condition === 'matched' && period === '2026-09');
          assert.deepEqual(narrowed.map(({ unit, used }) => [unit, used]), matched.map(({ unit, used }) => [unit, used]));
        }
        await register.store.close();
      }),
      { numRuns: 15 },
    );
  }); // prettier-ignore
});
