import assert from 'node:assert/strict';
import { UnreadableInterchange } from '../../src/edifact/errors.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { readInterchanges } from '../../src/edifact/reader.ts';
import { faultsIn, interchange, message, unb } from './samples.ts';

const named = (reference: string) => interchange([message('1')]).replaceAll('AU0000000417', reference);
const [a, b] = [named('A'), named('B')];

/** The references of what was read, and the texts of what was not. */
function outcome(text: string, limits = EDIFACT_LIMITS) {
  const { interchanges, skipped } = readInterchanges(Buffer.from(text, 'latin1'), limits);
  return {
    read: interchanges.map(({ reference }) => reference),
    skipped: skipped.map(({ offset, text: why }) => text.slice(offset, offset + Number.parseInt(why))),
  };
}

describe('reading on behind what cannot be read', () => {
  const bad = named('C').replace('AUDAFF', '');
  const cases: readonly (readonly [rule: string, text: string, read: string[], skipped: string[]])[] = [
    ['junk between two interchanges is skipped and told', `${a}JUNK\r\n${b}`, ['A', 'B'], ['JUNK\r\n']],
    ['junk that ends as a segment does', `${a}JUNK'${b}`, ['A', 'B'], ["JUNK'"]],
    ['junk before the first, and behind the last', `JUNK\n${a}JUNK`, ['A'], ['JUNK\n', 'JUNK']],
    ['each stretch is told by itself', `${a}ONE\n${b}TWO\n${a}`, ['A', 'B', 'A'], ['ONE\n', 'TWO\n']],
    ['an interchange that cannot be answered, first or later', `${bad}${a}${bad}${b}`, ['A', 'B'], [bad, bad]],
    ['a UNB that breaks off in its line', `UNB+UNOC:3+AUD\r\n${a}`, ['A'], ['UNB+UNOC:3+AUD\r\n']],
    ['UNA begins an interchange as well', `${a}JUNK\n  UNA:+.? '${b}`, ['A', 'B'], ['JUNK\n  ']],
    ['the terminator is that of the interchange before', `UNA:+.? ~${a.replaceAll("'", '~')}JUNK~${b}`, ['A', 'B'], ['JUNK~']],
    ['filler is nothing to be told', `\0\r\n${a}\r\n\x1a\0 ${b}\x1a`, ['A', 'B'], []],
    ['a UNB within data is data', `${a}JUNK UNB+${b.slice(4)}`, ['A'], [`JUNK UNB+${b.slice(4)}`]],
    ['a UNB behind a released terminator is data', `${a}JUNK?'${b}`, ['A'], [`JUNK?'${b}`]],
    ['a UNB is not read without the UNA in front of it', `${a}UNA++.? '${b}${a}`, ['A', 'A'], [`UNA++.? '${b}`]],
  ]; // prettier-ignore
  for (const [rule, text, read, skipped] of cases) {
    it(rule, () => assert.deepEqual(outcome(text), { read, skipped }));
  }

  it('the rest of an interchange that is too large is skipped', () => {
    const large = interchange([message('1', undefined, [`FTX+AAO+++${'x'.repeat(100)}`])]);
    const limits = { ...EDIFACT_LIMITS, maxSegmentLength: 99 };
    assert.deepEqual(outcome(large + b, limits), {
      read: ['AU0000000417', 'B'],
      skipped: [large.slice(large.indexOf('FTX'))],
    });
    const { interchanges } = readInterchanges(Buffer.from(large + b), limits);
    assert.deepEqual(interchanges.map(faultsIn).map((faults) => faults[0]), ['UCI 18 ', undefined]); // prettier-ignore
  });

  it('nothing that can be read: the first reason is thrown', () => {
    assert.throws(
      () => outcome(`JUNK\n${unb}\nUNB`),
      (error) => error instanceof UnreadableInterchange && error.offset === 0,
    );
    for (const nothing of ['', ' \r\n', '\0']) assert.throws(() => outcome(nothing), UnreadableInterchange);
  });

  it('tries no more than the limit, and tells the rest', () => {
    const tries = { ...EDIFACT_LIMITS, maxInterchanges: 3 };
    assert.deepEqual(outcome(`${a}UNBx\nUNBx\n${b}`, tries), { read: ['A'], skipped: ['UNBx\n', 'UNBx\n', b] });
  });
});
