import assert from 'node:assert/strict';
import { characterSetNames, characterSetOf } from '../../src/edifact/character-set.ts';

const set = (id: string) => characterSetOf(id)!;

describe('character sets of S001', () => {
  const cases: readonly (readonly [id: string, has: string, lacks: string])[] = [
    ['UNOA', 'ABZ 019 .,-()/=!"%&*;<>+:?\'', 'a#@[\\]^`{|}~\x00\n\x7fÄ'],
    ['UNOB', 'AZaz 019 .,-()/=!"%&*;<>+:?\'', '#@[{|~\t\x1cä'],
    ['UNOC', 'AZaz@#~ \u00a0Äéÿ', '\x1f\x7f\x80\x9fŁ€'],
    ['UNOD', 'aŁőč', 'é'.replace('é', 'ñЖ')],
    ['UNOE', 'aЖя', 'é'],
    ['UNOF', 'aΩλ', 'Ж'],
    ['UNOG', 'aĦĝ', 'Ж'],
    ['UNOH', 'aĸŋ', 'ñ'],
    ['UNOI', 'aبم', 'Ж'],
    ['UNOJ', 'aאת', 'Ж'],
    ['UNOK', 'aİğş', 'Ð€\x80'],
    ['UNOL', 'a€Œ', '¤'],
    ['UNOY', 'aЖ€😀', '\x00\x85\ufffd\ud800'],
  ];
  for (const [id, has, lacks] of cases) {
    it(`${id} has its characters and no others, and reads what it writes`, () => {
      assert.equal(set(id).lacks(has), -1);
      assert.equal(set(id).decode(set(id).encode(has).toString('latin1')), has);
      for (const character of lacks) assert.equal(set(id).lacks(`A${character}`), 1, JSON.stringify(character));
    });
  }

  it('every byte above A0 that a set has decodes to a character that encodes to it', () => {
    for (const id of characterSetNames.filter((name) => name !== 'UNOY')) {
      for (let byte = 0xa0; byte < 0x100; byte++) {
        const text = set(id).decode(String.fromCharCode(byte));
        if (set(id).lacks(text) === -1) assert.deepEqual([...set(id).encode(text)], [byte], id);
      }
    }
  });

  it('bytes that are no UTF-8 decode to what UNOY lacks', () => {
    assert.notEqual(set('UNOY').lacks(set('UNOY').decode('a\xc3')), -1);
  });

  it('knows no others', () => {
    for (const id of ['UNOX', '', 'unoc', '__proto__']) assert.equal(characterSetOf(id), undefined);
  });
});
