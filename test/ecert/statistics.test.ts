import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Registration } from '../../src/ecert/certificate.ts';
import { conditionOf, stateOf, withUsage } from '../../src/ecert/standing.ts';
import { type Dimension, dimensions, statisticsBy } from '../../src/ecert/statistics.ts';
import { reference, registered } from './samples.ts';

function counted(registration: Registration, day = '2026-11-02') {
  return { registration, state: stateOf(registration, reference, day), condition: conditionOf(registration) };
}

function rowsOf(by: readonly Dimension[], registrations: readonly Registration[], day?: string) {
  const statistics = statisticsBy(by);
  for (const registration of registrations) statistics.add(counted(registration, day));
  return statistics.rows();
}

const beef = (certified: number, used = 0): Registration =>
  withUsage({ ...registered, lines: [{ hts: '020230', unit: 'KGM', certified, used: 0 }] }, [
    { hts: '020230', unit: 'KGM', used },
  ]);

describe('statistics', () => {
  it('add up certificates and quantities', () => {
    assert.deepEqual(rowsOf(['country'], [beef(100, 30), beef(50)]), [
      { country: 'AU', unit: 'KGM', certificates: 2, registered: 150, cancelled: 0, used: 30, expired: 0, remaining: 120 },
    ]);
  }); // prettier-ignore

  it('nothing of what is cancelled remains', () => {
    const [row] = rowsOf([], [beef(100), { ...beef(50), state: 'cancelled' }]);
    assert.deepEqual([row?.certificates, row?.registered, row?.cancelled, row?.remaining], [2, 150, 50, 100]);
  });

  it('nothing of what is expired remains but what was used', () => {
    const [row] = rowsOf([], [beef(100, 30)], '2027-01-01');
    assert.deepEqual([row?.registered, row?.used, row?.expired, row?.remaining], [100, 30, 70, 0]);
  });

  it('have a row for each combination, in order, and one for each unit', () => {
    const lines = [
      { hts: '040210', unit: 'LTR', certified: 7, used: 0 },
      { hts: '040210', unit: 'KGM', certified: 5, used: 0 },
      { hts: '040220', unit: 'KGM', certified: 1, used: 0 },
    ];
    const dairy = { ...registered, programme: 'DAIRY', issueDate: '2026-09-01', lines };
    const rows = rowsOf(['programme', 'period'], [dairy, beef(100, 1), beef(1)]);
    assert.deepEqual(
      rows.map(({ programme, period, unit, certificates, registered: all }) => [programme, period, unit, certificates, all]),
      [['BEEF', '2026-10', 'KGM', 2, 101], ['DAIRY', '2026-09', 'KGM', 1, 6], ['DAIRY', '2026-09', 'LTR', 1, 7]],
    );
    const byHts = rowsOf(['hts', 'condition'], [dairy, beef(100, 1)]);
    assert.deepEqual(
      byHts.map(({ hts, condition, unit }) => [hts, condition, unit]),
      [['020230', 'matched', 'KGM'], ['040210', 'unmatched', 'KGM'], ['040210', 'unmatched', 'LTR'], ['040220', 'unmatched', 'KGM']],
    );
  }); // prettier-ignore

  it('whatever they are added up by: registered is cancelled + used + expired + remaining, and nothing is lost', () => {
    const certificate = fc
      .record({
        certified: fc.integer({ min: 1, max: 1000 }),
        share: fc.integer({ min: 0, max: 4 }),
        country: fc.constantFrom('AU', 'NZ'),
        digit: fc.constantFrom('6', '7'),
        isCancelled: fc.boolean(),
      })
      .map(({ certified, share, country, digit, isCancelled }): Registration => {
        const one = { ...beef(certified, isCancelled ? 0 : Math.floor((certified * share) / 4)), country };
        return { ...one, number: `${digit}${country}000001`, state: isCancelled ? 'cancelled' : 'registered' };
      });
    const day = fc.constantFrom('2026-11-02', '2027-01-01', '2028-01-01');
    fc.assert(
      fc.property(fc.array(certificate), fc.subarray([...dimensions]), day, (certificates, by, today) => {
        const rows = rowsOf(by, certificates, today);
        for (const row of rows)
          assert.equal(row.registered, row.cancelled + row.used + row.expired + row.remaining);
        const sum = (name: 'certificates' | 'registered') => rows.reduce((all, row) => all + row[name], 0);
        assert.equal(sum('certificates'), certificates.length);
        assert.equal(sum('registered'), certificates.reduce((all, { lines }) => all + (lines[0]?.certified ?? 0), 0));
      }),
    );
  }); // prettier-ignore
});
