import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatAs2Name, parseAs2Name } from '../../src/as2/names.ts';

describe('AS2 names', () => {
  const readings: [header: string, name: string | undefined][] = [
    ['ACME', 'ACME'],
    ['  ACME\t', 'ACME'],
    ['Acme!<#>;[],()@', 'Acme!<#>;[],()@'],
    ['"ACME Inc"', 'ACME Inc'],
    ['"ACME"', 'ACME'],
    ['" ACME "', ' ACME '],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['', undefined],
    ['""', undefined],
    ['"   "', undefined],
    ['ACME Inc', undefined],
    [String.raw`a\b`, undefined],
    ['a"b', undefined],
    ['"a"b"', undefined],
    [String.raw`"a\b"`, undefined],
    ['"a', undefined],
    ['x'.repeat(129), undefined],
    ['Müller', undefined],
    ['a\tb', undefined],
    ['"a\r\nX: y"', undefined],
    ['"a\0b"', undefined],
  ];
  for (const [header, name] of readings)
    it(`RFC 4130 §6.2: ${JSON.stringify(header.slice(0, 24))} is ${JSON.stringify(name?.slice(0, 24))}`, () =>
      assert.equal(parseAs2Name(header), name));

  it('RFC 4130 §6.2: quotes stand only where they are needed', () => {
    assert.equal(formatAs2Name('ACME;1'), 'ACME;1');
    assert.equal(formatAs2Name('ACME Inc'), '"ACME Inc"');
    assert.equal(formatAs2Name(String.raw`a"b\c`), String.raw`"a\"b\\c"`);
  });

  it('RFC 4130 §6.2: every name that is formatted is read as the same name', () => {
    const name = fc
      .string({
        unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
        minLength: 1,
        maxLength: 128,
      })
      .filter((text) => text.trim() !== '');
    fc.assert(fc.property(name, (text) => assert.equal(parseAs2Name(formatAs2Name(text)), text)));
  });

  it('hostile values of any kind give a name or nothing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAs2Name(text)));
  });
});
