import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { type Finding, type Interchange, allFindings } from '../../src/edifact/interchange.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { type Random, makeMessage, seeded, spell } from './generate.ts';
import { interchange, message, unb } from './samples.ts';

const read = (text: string, headersOnly = false): Interchange =>
  readInterchange(Buffer.from(text, 'latin1'), { ...EDIFACT_LIMITS, directories: loadDirectory, headersOnly });
const brief = ({ level, code, tag, segment, element, component, occurrence, expected }: Finding) =>
  [level, code, tag, segment, element, component, occurrence, expected].join(' ');
const kinds = ['D95B', 'D97B', 'D00B', 'D01B'].flatMap((release) =>
  ['SANCRT', 'CUSRES', 'REQDOC'].map((type) => [release, type] as const),
);
const letters = "A1Z9+:'*?.,-\x07\xe9\n ";
const values = ['', 'A', 'ZZ', '1', '-1.5', '1.', '1'.repeat(36), 'A'.repeat(600)];

/** Up to three defects behind UNB: a byte, a value, what ends a segment. */
function damaged(text: string, random: Random): string {
  const first = text.indexOf("'") + 1;
  let result = text;
  for (let count = random(4); count > 0; count--) {
    const at = first + random(result.length - first);
    const letter = letters.charAt(random(letters.length));
    const value = values[random(values.length)] as string;
    const behind = result.slice(at);
    const [put, rest] = [
      [letter, behind.slice(1)],
      [letter, behind],
      ['', behind.slice(1)],
      ['', behind.replace(/^[^']*/, '')],
      ['', behind.replace(/^[^+']*/, '')],
      ['', behind.replace(/[+:][^+:']*/, `+${value}`)],
      ['', behind.replace(/([+:])[^+:']*/, `$1${value}`)],
      ['', behind.replace(/'[^']*'/, "'")],
      ['', behind.replace(/\+[^+']*'/, "'")],
    ][random(9)] as [string, string];
    result = result.slice(0, at) + put + rest;
  }
  return result;
}

/** The same said otherwise: a release character in each segment, in front of what needs none. No such segment is passed over. */
function released(text: string): string {
  const first = text.indexOf("'") + 1;
  const segments = text.slice(first).match(/(?:\?[^]|[^?'])*(?:'|\??$)/g) ?? [];
  const inside = /^([^+?]*\+(?:\?[^]|[^?A-Z0-9])*)(?=[A-Z0-9])/;
  return text.slice(0, first) + segments.map((segment) => segment.replace(inside, '$1?')).join('');
}

/** Each once: of a value that is quoted with a release character it is told apart. */
const warned = ({ warnings }: Interchange) => [...new Set(warnings.map(({ text }) => text.replaceAll('?', '')))];

describe('what conforms is passed over, and all else looked at closely', () => {
  it('which gives the same findings as looking at everything closely', () => {
    const told = { none: 0, some: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.constantFrom('3', '4'), fc.nat(), ([name, type], version, seed) => {
        const random = seeded(seed);
        const made = [1, 2, 3].map(() => makeMessage(name, type, version, 'some', random));
        const text = damaged(spell(made), random);
        const [quick, close] = [read(text), read(released(text))];
        const findings = allFindings(quick).map(brief);
        told[findings.length === 0 ? 'none' : 'some']++;
        assert.deepEqual(findings, allFindings(close).map(brief), text);
        assert.deepEqual(warned(quick), warned(close));
        const content = ({ messages }: Interchange) => messages.map(({ reference, segments }) => ({ reference, segments: segments.map(({ tag, elements, position }) => ({ tag, elements, position })) })); // prettier-ignore
        assert.deepEqual(content(quick), content(close));
        assert.deepEqual(allFindings(read(text, true)), allFindings(quick));
      }),
      { numRuns: 120 },
    );
    assert.ok(told.none > 15 && told.some > 15, JSON.stringify(told));
  });

  it('what is wrong with S009 is told of each message that has it', () => {
    for (const [version, association, code] of [
      ['3', ':A:B', '16'],
      ['4', ':A:B:C:D', '16'],
      ['4', ':', '45'],
    ] as const) {
      const messages = ['1', '2', '3'].map((each) => message(each, `SANCRT:D:97B:UN${association}`));
      const header = unb.replace(':3+', `:${version}+`).replace('+26', version === '4' ? '+2026' : '+26');
      const findings = allFindings(read(interchange(messages, header)));
      assert.deepEqual(findings.map(({ code, tag, offset }) => [code, tag, offset > 0]), [1, 2, 3].map(() => [code, 'UNH', true])); // prettier-ignore
    }
  });

  it('UNT of a message without a reference lacks it too', () => {
    const text = interchange([message('', undefined, ['BGM+811'])]);
    assert.deepEqual(allFindings(read(text)).map(brief), allFindings(read(released(text))).map(brief));
    assert.deepEqual(allFindings(read(text)).map(({ code, tag }) => `${code} ${tag}`), ['13 UNH', '13 UNT']); // prettier-ignore
  });

  it('a reference in another alphabet than Latin is the same in UNH and UNT', () => {
    const text = interchange([message('\xb6\xb7', undefined, ['BGM+811'])], unb.replace('UNOC:3', 'UNOE:3'));
    assert.deepEqual(allFindings(read(text)).map(brief), []);
    assert.equal(read(text).messages[0]?.reference, 'ЖЗ');
  });
});
