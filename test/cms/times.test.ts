import assert from 'node:assert/strict';

import { readTime } from '../../src/cms/signed-attributes.ts';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const time = (tag: number, text: string) =>
  readTime(Buffer.from([tag, text.length, ...Buffer.from(text)]))?.toISOString();

describe('times', () => {
  it('RFC 5280 §4.1.2.5.1: a UTCTime is of 1950 to 2049', () => {
    assert.equal(time(UTC_TIME, '491231235959Z'), '2049-12-31T23:59:59.000Z');
    assert.equal(time(UTC_TIME, '500101000000Z'), '1950-01-01T00:00:00.000Z');
  });

  it('RFC 5280 §4.1.2.5.2: a GeneralizedTime has four digits of year', () => {
    assert.equal(time(GENERALIZED_TIME, '99991231235959Z'), '9999-12-31T23:59:59.000Z');
    assert.equal(time(GENERALIZED_TIME, '20240229120000.5Z'), '2024-02-29T12:00:00.000Z');
  });

  it('what is neither, or on no calendar, is none: it must not become a time far ahead', () => {
    for (const [tag, text] of [
      [UTC_TIME, '20210101000000Z'],
      [GENERALIZED_TIME, '210101000000Z'],
      [0x0c, '20210101000000Z'],
      [UTC_TIME, '211399000000Z'],
      [UTC_TIME, '210230000000Z'],
      [UTC_TIME, '210101250000Z'],
      [UTC_TIME, '2101010000Z'],
      [UTC_TIME, '210101000000'],
    ] as const)
      assert.equal(time(tag, text), undefined, text);
  });
});
