import assert from 'node:assert/strict';
import { ReferenceDataError, parseReference } from '../../src/ecert/reference.ts';
import { reference, referenceFiles } from './samples.ts';

describe('the reference files', () => {
  it('are read as they are shipped', () => {
    assert.deepEqual([...reference.programmes.keys()], ['BEEF', 'SUGAR', 'DAIRY', 'LAMB', 'TPL']);
    assert.equal(reference.countries.get('AU')?.utcOffset, 660);
    assert.equal(reference.countries.get('AR')?.utcOffset, -180);
    assert.ok(reference.units.has('KGM') && reference.units.has('SME') && !reference.units.has('KG'));
    assert.equal(reference.errors.byRule.get('quantity-not-whole')?.code, 'E07');
  });

  /** The shipped files with one value changed, somewhere below `path`. */
  function changed(file: keyof typeof referenceFiles, path: readonly string[], value: unknown): () => unknown {
    const copy = structuredClone(referenceFiles[file]) as Record<string, unknown>;
    let parent = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
    parent[path.at(-1) ?? ''] = value;
    return () => parseReference({ ...referenceFiles, [file]: copy });
  }

  const beef = ['programmes', 'BEEF'];
  const faults: readonly (readonly [what: string, parse: () => unknown, path: string])[] = [
    ['a key that does not exist', changed('programmes', [...beef, 'color'], 1), 'programmes.BEEF'],
    ['a number format that is no regular expression', changed('programmes', [...beef, 'number'], '('), 'programmes.BEEF.number'],
    ['a year rule without a year digit', changed('programmes', [...beef, 'number'], 'X'), 'programmes.BEEF.year'],
    ['a year digit without a year rule', changed('programmes', [...beef, 'year'], undefined), 'programmes.BEEF.year'],
    ['a year that begins on no day', changed('programmes', [...beef, 'year', 'begins'], '13-01'), 'programmes.BEEF.year.begins'],
    ['a year that begins on a day that not every year has', changed('programmes', [...beef, 'year', 'begins'], '02-29'), 'programmes.BEEF.year.begins'],
    ['a year that begins on a day that no year has', changed('programmes', [...beef, 'year', 'begins'], '04-31'), 'programmes.BEEF.year.begins'],
    ['a country that does not take part', changed('programmes', [...beef, 'countries'], ['AU', 'ZZ']), 'programmes.BEEF.countries'],
    ['a limit beyond exact arithmetic', changed('programmes', [...beef, 'largestQuantity'], 2 ** 53), 'programmes.BEEF.largestQuantity'],
    ['an offset that is none', changed('countries', ['countries', 'AU', 'utcOffset'], '11'), 'countries.AU.utcOffset'],
    ['an offset beyond all zones', changed('countries', ['countries', 'AU', 'utcOffset'], '+15:00'), 'countries.AU.utcOffset'],
    ['an offset of sixty minutes', changed('countries', ['countries', 'AU', 'utcOffset'], '+10:60'), 'countries.AU.utcOffset'],
    ['a rule without its error', changed('errors', ['errors', 'repeated'], undefined), 'errors.repeated'],
    ['an error of no rule', changed('errors', ['errors', 'nonsense'], {}), 'errors'],
    ['two errors with one code', changed('errors', ['errors', 'repeated', 'code'], 'E01'), 'errors.number-malformed.code'],
    ['a text in small letters', changed('errors', ['errors', 'repeated', 'text'], 'Twice'), 'errors.repeated.text'],
    ['no units', changed('externalCodes', ['rec20'], []), 'rec20'],
    ['nothing', () => parseReference({ ...referenceFiles, errors: null }), ''],
  ]; // prettier-ignore
  for (const [what, parse, path] of faults) {
    it(`${what}: an error that names the key`, () => {
      assert.throws(parse, (error) => {
        assert.ok(error instanceof ReferenceDataError, String(error));
        assert.ok(error.issues.some((issue) => issue.path.join('.') === path), JSON.stringify(error.issues)); // prettier-ignore
        return true;
      });
    });
  }
});
