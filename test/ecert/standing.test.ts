import assert from 'node:assert/strict';
import fc from 'fast-check';
import { yearNumber, yearOf } from '../../src/ecert/calendar.ts';
import type { Registration } from '../../src/ecert/certificate.ts';
import { parseReference } from '../../src/ecert/reference.ts';
import { conditionOf, itemsOf, stateOf, withUsage, yearInEffect } from '../../src/ecert/standing.ts';
import { reference, referenceFiles, registered } from './samples.ts';

const drawn = (used: number) => withUsage(registered, [{ hts: '020230', unit: 'KGM', used }]);
const cancelled = { ...registered, state: 'cancelled' } as const;

describe('the state of a certificate', () => {
  const cases: readonly [what: string, Registration, day: string, state: string, condition: string][] = [
    ['nothing is used', registered, '2026-12-31', 'registered', 'unmatched'],
    ['something is used', drawn(1), '2026-12-31', 'partly-used', 'matched'],
    ['everything is used', drawn(18_000), '2026-12-31', 'used-up', 'matched'],
    ['its year is over', registered, '2027-01-01', 'expired', 'unmatched'],
    ['its year is over, and something is used', drawn(1), '2027-01-01', 'expired', 'matched'],
    ['its year is over, and everything is used', drawn(18_000), '2027-01-01', 'used-up', 'matched'],
    ['it was cancelled', cancelled, '2026-12-31', 'cancelled', 'cancelled'],
    ['it was cancelled, and its year is over', cancelled, '2027-01-01', 'cancelled', 'cancelled'],
  ];
  for (const [what, registration, day, state, condition] of cases) {
    it(`${what}: ${state}, ${condition}`, () => {
      assert.equal(stateOf(registration, reference, day), state);
      assert.equal(conditionOf(registration), condition);
    });
  }

  const lamb = { ...registered, programme: 'LAMB' };
  const years: readonly [what: string, Registration, first: string | undefined, last: string | undefined][] = [
    ['the calendar year for beef', registered, '2026-01-01', '2026-12-31'],
    ['a quota year for lamb', lamb, '2026-07-22', '2027-07-21'],
    ['the one before, for lamb that was issued before its first day', { ...lamb, number: '5AU000123', issueDate: '2026-07-21' }, '2025-07-22', '2026-07-21'],
    ['the next one, when its digit says so', { ...registered, number: '7AU000123', issueDate: '2026-12-30' }, '2027-01-01', '2027-12-31'],
    ['a year of the next decade', { ...registered, number: '0AU000123', issueDate: '2029-12-30' }, '2030-01-01', '2030-12-31'],
    ['none where the programme has no rule', { ...registered, programme: 'SUGAR', number: 'A1B2C3D4' }, undefined, undefined],
    ['none where the programme is gone', { ...registered, programme: 'GONE' }, undefined, undefined],
  ]; // prettier-ignore
  for (const [what, registration, first, last] of years) {
    it(`year in effect: ${what}`, () => {
      const year = yearInEffect(registration, reference);
      assert.deepEqual([year?.first, year?.last], [first, last]);
    });
  }

  it('year in effect: that of issue, where the number has no year and the programme has', () => {
    const programmes = structuredClone(referenceFiles.programmes) as { programmes: { SUGAR: object } };
    Object.assign(programmes.programmes.SUGAR, { year: { begins: '10-01', on: 'issue-date' } });
    const changed = parseReference({ ...referenceFiles, programmes });
    const year = yearInEffect({ ...registered, programme: 'SUGAR', number: 'A1B2C3D4' }, changed);
    assert.deepEqual(year, { first: '2026-10-01', last: '2027-09-30' });
  });

  it('a year has its digit on each of its days, and the day of issue is not behind it', () => {
    const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    const begins = fc.constantFrom('01-01', '07-22', '10-01', '12-31');
    fc.assert(
      fc.property(day, begins, fc.integer({ min: 0, max: 9 }), (date, first, digit) => {
        const issued = date.toISOString().slice(0, 10);
        const year = yearOf(issued, { begins: first }, String(digit));
        assert.equal(yearNumber(year.first, { begins: first }) % 10, digit);
        assert.equal(yearNumber(year.last, { begins: first }) % 10, digit);
        assert.ok(issued <= year.last);
      }),
    );
  });

  it('what is used fills the lines of an item in their order, and no line beyond what is certified', () => {
    const line = (certified: number, unit = 'KGM') => ({ hts: '020230', unit, certified, used: 0 });
    const several = { ...registered, lines: [line(60), line(5, 'LTR'), line(40)] };
    const used = withUsage(several, [{ hts: '020230', unit: 'KGM', used: 75 }]);
    assert.deepEqual(used.lines.map((each) => each.used), [60, 0, 15]);
    assert.deepEqual(itemsOf(used), [
      { hts: '020230', unit: 'KGM', certified: 100, used: 75 },
      { hts: '020230', unit: 'LTR', certified: 5, used: 0 },
    ]);
  }); // prettier-ignore
});
