import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../src/store/canonical-json.ts';

describe('canonical JSON', () => {
  it('RFC 8785 §3.2.3: members are sorted by the UTF-16 units of their names', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '10', '9'];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    const order = ['\r', '1', '10', '9', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    assert.equal(text, `{${order.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
  });

  it('RFC 8785 §3.2.2: has no blanks, and spells values as ECMAScript does', () => {
    const value = { b: [1e21, 0.002, -0, true, null, undefined], a: '\u000f\n"\\/é', at: new Date(0), gone: undefined };
    const text = `{"a":"\\u000f\\n\\"\\\\/é","at":"1970-01-01T00:00:00.000Z","b":[1e+21,0.002,0,true,null,null]}`;
    assert.equal(canonicalJson(value), text);
  });

  it('is JSON of the same value, and the same again after it was parsed', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = canonicalJson(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(JSON.parse(text)), text);
      }),
    );
  });

  it('spells lone surrogates as the database will', () => {
    assert.equal(canonicalJson('\ud800'), '"\ufffd"');
  });
});
