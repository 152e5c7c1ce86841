import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, sha256 } from '../../src/store/canonical-json.ts';
import { certificatesRecord } from '../../src/store/evidence.ts';

const rows = ['6AU000123', '6AU000124'].map((number, index) => ({
  position: index + 7,
  environment: 'test',
  number,
  version: index + 1,
  kind: 'register',
  state: 'registered',
  country: 'AU',
  programme: 'BEEF',
  partner: 'van',
  participant: 'AUDAFF:ZZZ',
  changed_at: '2026-11-02T09:31:00.000Z',
  certificate: '{"importer":"12-345678900","manufacturer":"CAF\u00c9 \ud800"}',
  message_id: 'in-1',
}));

describe('the record of the certificates that an interchange changed', () => {
  it('has the digest that is in ledgers already', () => {
    assert.equal(certificatesRecord(rows), '830d01d2c218956c6f2b4228ca62094887c9e2cb2167802b5b117e431fcad116');
    assert.equal(certificatesRecord([]), sha256(''));
  });

  it('is over the canonical JSON of each row, without its position and what is null, and a line feed', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.integer(), fc.constant(null));
    const columns = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 8 });
    const table = columns.chain((names) => {
      const row = fc.record(Object.fromEntries([...names, 'position'].map((name) => [name, value])));
      return fc.array(row, { maxLength: 4 });
    });
    fc.assert(
      fc.property(table, (some) => {
        const kept = some.map((row) =>
          Object.fromEntries(Object.entries(row).filter(([name, cell]) => name !== 'position' && cell !== null)),
        );
        assert.equal(certificatesRecord(some), sha256(kept.map((row) => `${canonicalJson(row)}\n`).join('')));
      }),
    );
  });
});
