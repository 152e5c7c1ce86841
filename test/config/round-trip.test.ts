import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { z } from 'zod';
import { partnerSchema } from '../../src/config/partner-schema.ts';
import { endpointSchema } from '../../src/config/schema.ts';
import { jsonSchemaOf, type JsonSchema } from '../../src/config/settings.ts';
import { duration, instantFrom, instantTo, size } from '../../src/config/units.ts';
import { validate } from '../../src/config/validate.ts';
import { readYaml } from '../../src/config/yaml.ts';

/** Values that the JSON Schema allows. */
function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e6, 1e6) });
  if (schema.format === 'uri') return fc.webUrl();
  if (schema.title === 'duration')
    return fc
      .tuple(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
      .map((parts) => parts.join(''));
  if (schema.title === 'size')
    return fc
      .tuple(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom('B', 'KiB', ' MiB', ' GiB'))
      .map((parts) => parts.join(''));
  if (schema.title === 'day or instant')
    return fc
      .date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern));
  if (schema.type === 'string') return fc.string({ minLength: 1, unit: 'grapheme' });
  if (schema.type === 'array') return fc.array(arbitraryOf(schema.items ?? {}), { minLength: 1, maxLength: 3 });
  const fields = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, arbitraryOf(inner)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])], noNullPrototype: true });
}

describe('config: what is written is read again', () => {
  for (const [name, schema] of [
    ['countersign.yaml', endpointSchema],
    ['a partner file', partnerSchema],
  ] as const) {
    it(`${name}: encode, print, read is identity`, () => {
      fc.assert(
        fc.property(arbitraryOf(jsonSchemaOf(schema)), (written) => {
          const value = schema.parse(written);
          const text = stringify(z.encode(schema as z.ZodType, value));
          const source = { locate: () => ({ file: 'f', key: '' }) };
          const again = validate<z.ZodType>(schema, readYaml('f', text).value, source);
          assert.deepEqual(again.problems, undefined);
          assert.deepEqual(again.value, value);
        }),
        { numRuns: 200 },
      );
    });
  }
});

describe('config/units', () => {
  it('reads durations and sizes', () => {
    assert.deepEqual(
      ['500ms', '30s', '5m', '24h', '7d'].map((text) => duration.parse(text)),
      [500, 30_000, 300_000, 86_400_000, 604_800_000],
    );
    assert.deepEqual(
      ['10 B', '512KiB', '100 MiB', '1 GiB'].map((text) => size.parse(text)),
      [10, 524_288, 104_857_600, 1_073_741_824],
    );
    for (const text of ['', '5', 's', '-5s', '1.5h', '5 s', '5S', '1e3s', '0s', '999999999h'])
      assert.ok(!duration.safeParse(text).success, text);
    for (const text of ['', '5', '5 MB', '-1 B', '0 MiB', 'MiB']) assert.ok(!size.safeParse(text).success, text);
  });

  it('writes them in the largest unit that fits', () => {
    assert.deepEqual(
      [1, 1500, 90_000, 3_600_000, 172_800_000].map((value) => z.encode(duration, value)),
      ['1ms', '1500ms', '90s', '1h', '2d'],
    );
    assert.deepEqual(
      [1, 1000, 1024, 3 * 1024 ** 3].map((value) => z.encode(size, value)),
      ['1 B', '1000 B', '1 KiB', '3 GiB'],
    );
  });

  it('takes a day from its first instant, and up to its last', () => {
    assert.equal(instantFrom.parse('2027-12-31').toISOString(), '2027-12-31T00:00:00.000Z');
    assert.equal(instantTo.parse('2027-12-31').toISOString(), '2027-12-31T23:59:59.999Z');
    assert.equal(instantTo.parse('2027-12-31T12:00:00Z').toISOString(), '2027-12-31T12:00:00.000Z');
    for (const text of ['2027-13-01', '2027-02-40', '31.12.2027', '2027-12-31T12:00:00', '2027-12-31T25:00:00Z'])
      assert.ok(!instantFrom.safeParse(text).success, text);
  });
});
