import assert from 'node:assert/strict';
import type { Registration } from '../../src/ecert/certificate.ts';
import { type Claim, claimSchema, judgeClaim } from '../../src/ecert/claim.ts';
import { withUsage } from '../../src/ecert/standing.ts';
import { reference, registered } from './samples.ts';

const good: Claim = {
  entry: 'ABC-1234567-8',
  line: 1,
  number: '6AU000123',
  country: 'AU',
  hts: '0202305010',
  unit: 'KGM',
  quantity: 18_000,
  importer: '12-345678900',
  date: '2026-11-20',
};

const used = (quantity: number) => withUsage(registered, [{ hts: '020230', unit: 'KGM', used: quantity }]);
const lines = [...registered.lines, { hts: '020220', unit: 'LTR', certified: 10, used: 0 }];

interface Case {
  readonly rule: string;
  readonly claim?: Partial<Claim>;
  readonly known?: Registration | null;
  readonly breaks: readonly (readonly [code: string, element: string])[];
}

const cases: readonly Case[] = [
  { rule: 'everything matches', breaks: [] },
  { rule: 'the first six digits of the HTS number count', claim: { hts: '02023099' }, breaks: [] },
  { rule: 'certificate: unknown', known: null, breaks: [['M01', 'number']] },
  { rule: 'certificate: cancelled', known: { ...registered, state: 'cancelled' }, breaks: [['M02', 'number']] },
  { rule: 'country: another', claim: { country: 'NZ' }, breaks: [['M03', 'country']] },
  { rule: 'importer: another', claim: { importer: '98-765432100' }, breaks: [['M04', 'importer']] },
  { rule: 'HTS: not on the certificate', claim: { hts: '020130' }, breaks: [['M05', 'hts']] },
  { rule: 'unit: another', claim: { unit: 'LTR' }, breaks: [['M06', 'unit']] },
  { rule: 'unit: that of another line', claim: { unit: 'LTR' }, known: { ...registered, lines }, breaks: [['M06', 'unit']] },
  { rule: 'quantity: nothing remains', claim: { quantity: 1 }, known: used(18_000), breaks: [['M07', 'quantity']] },
  { rule: 'quantity: one too many', claim: { quantity: 18_001 }, breaks: [['M08', 'quantity']] },
  { rule: 'quantity: one more than remains', claim: { quantity: 2 }, known: used(17_999), breaks: [['M08', 'quantity']] },
  { rule: 'quantity: all that remains', claim: { quantity: 1 }, known: used(17_999), breaks: [] },
  { rule: 'date: the last of the year', claim: { date: '2026-12-31' }, breaks: [] },
  { rule: 'date: after the year', claim: { date: '2027-01-01' }, breaks: [['M09', 'date']] },
  { rule: 'date: before the year', claim: { date: '2025-12-31' }, breaks: [['M09', 'date']] },
  { rule: 'date: that of issue', claim: { date: '2026-10-30' }, breaks: [] },
  { rule: 'date: a day before that of issue, which is the same moment across the ocean', claim: { date: '2026-10-29' }, breaks: [] },
  { rule: 'date: before the certificate was issued', claim: { date: '2026-10-28' }, breaks: [['M10', 'date']] },
  { rule: 'date: on New Year, across the ocean, a day before that of issue', claim: { date: '2025-12-31' }, known: { ...registered, issueDate: '2026-01-01' }, breaks: [['M09', 'date']] },
  { rule: 'date: no end of the year, and yet not before the certificate was issued', claim: { date: '2026-02-28' }, known: { ...registered, programme: 'SUGAR', number: 'A1B2C3D4', issueDate: '2026-03-02' }, breaks: [['M10', 'date']] },
  {
    rule: 'all that does not match is told at once',
    claim: { country: 'NZ', importer: 'x', hts: '040210', date: '2027-01-01' },
    known: { ...registered, state: 'cancelled' },
    breaks: [['M02', 'number'], ['M03', 'country'], ['M04', 'importer'], ['M05', 'hts'], ['M09', 'date']],
  },
]; // prettier-ignore

describe('a claim', () => {
  for (const { rule, claim, known = registered, breaks } of cases) {
    it(rule, () => {
      const verdict = judgeClaim({ ...good, ...claim }, known ?? undefined, reference);
      const mismatches = verdict.kind === 'not-matched' ? verdict.mismatches : [];
      assert.deepEqual(
        mismatches.map(({ code, element }) => [code, element]),
        breaks,
      );
      assert.equal(verdict.kind, breaks.length === 0 ? 'matched' : 'not-matched');
    });
  }

  it('every mismatch is met by one of these', () => {
    const met = new Set(cases.flatMap(({ breaks }) => breaks.map(([code]) => code)));
    assert.deepEqual([...reference.mismatches.values()].filter(({ code }) => !met.has(code)), []);
  }); // prettier-ignore

  const faults: readonly [element: keyof Claim, ...values: unknown[]][] = [
    ['entry', undefined, '', 'ABC', 'ABC-12345678', 'abc-1234567-8', 12, 'ABC-1234567-8\n'],
    ['line', undefined, 0, -1, 1.5, '1', 100_000],
    ['number', undefined, '', 'X'.repeat(36)],
    ['country', undefined, 'AUS', 'au'],
    ['hts', undefined, '0202', '0202.30', '02023050101', '0202305', 20230],
    ['unit', undefined, '', 'kilo'],
    ['quantity', undefined, 0, -1, 1.5, '10', Number.NaN, Infinity, 2 ** 53, null],
    ['importer', undefined, '', 'X'.repeat(36)],
    ['date', undefined, '2026-02-30', '20261102', '2026-11-02T00:00:00Z', ''],
  ];
  for (const [element, ...values] of faults) {
    it(`${element}: malformed`, () => {
      for (const value of values) {
        const result = claimSchema(reference).safeParse({ ...good, [element]: value });
        assert.equal(result.success, false, String(value));
        assert.ok(result.error.issues.every(({ path }) => path.join('.') === element));
      }
    });
  }

  it('is read as it was written', () => {
    assert.deepEqual(claimSchema(reference).parse(good), good);
    assert.equal(claimSchema(reference).safeParse({ ...good, other: 1 }).success, false);
    assert.equal(claimSchema(reference).safeParse('claim').success, false);
  });
});
