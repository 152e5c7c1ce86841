import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makeCusres } from '../../src/ecert/cusres.ts';
import { readSancrt } from '../../src/ecert/sancrt.ts';
import { judge } from '../../src/ecert/rules.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { writeInterchange } from '../../src/edifact/writer.ts';
import type { Message } from '../../src/edifact/interchange.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { body, bodyWith, context, reference, sancrt } from './samples.ts';

/** The answer to a certificate as it goes out: its text, and as it is read. */
function answer(segments: readonly string[], release = '97B', characterSet = 'UNOC'): { text: string; read: Message } {
  const request = readSancrt(sancrt(segments));
  const { now } = context;
  const answerContext = { now, release, interchangeReference: 'AU0000000417', characterSet, reference };
  const bytes = writeInterchange({
    syntax: { id: characterSet, version: '3' },
    sender: { id: 'USCBP' },
    recipient: { id: 'AUDAFF' },
    preparedAt: now,
    reference: 'US1',
    testIndicator: false,
    messages: [makeCusres(request, judge(request, undefined, context), answerContext)],
  });
  const read = readInterchange(bytes, { ...EDIFACT_LIMITS, directories: loadDirectory });
  assert.deepEqual([read.findings, read.messages[0]?.findings], [[], []]);
  return { text: /UNH.*(?=UNZ)/.exec(bytes.toString('latin1'))?.[0] ?? '', read: read.messages[0] as Message };
}

const head = (number: string, type: string, indicator: string) =>
  `BGM+961+${number}+11+${type}'DTM+9:202611020931:203'GIS+${indicator}'RFF+ACW:AU0000000417'RFF+AGO:1'`;

describe('CUSRES, the answer to a certificate', () => {
  it('accepted', () => {
    assert.equal(answer(body).text, `UNH+1+CUSRES:D:97B:UN'${head('6AU000123', 'AP', '32')}UNT+7+1'`);
  });

  it('rejected: ERP, ERC and FTX for each error', () => {
    const { text } = answer(bodyWith({ MEA: 'MEA+AAJ+AAI+KGM:18000.0', 'PNA+IM': '' }));
    assert.equal(
      text,
      `UNH+1+CUSRES:D:97B:UN'${head('6AU000123', 'RE', '33')}` +
        `ERP+2:6AU000123'ERC+E17'FTX+AAO+++IMPORTER OF RECORD NUMBER IS MISSING'` +
        `ERP+2:6AU000123'ERC+E07'FTX+AAO+++QUANTITY IS NOT A WHOLE NUMBER'UNT+13+1'`,
    );
  });

  it('says which line, where there are several', () => {
    const { text } = answer([...body, 'LIN+2', 'MEA+AAJ+AAI+KGM:5']);
    assert.match(text, /ERP\+2:6AU000123:2'ERC\+E12'/);
  });

  it('long texts go out in pieces of 70 characters', () => {
    const { text } = answer(bodyWith({ BGM: 'BGM+811+6NZ000123+9' }));
    const pieces = /E02'FTX\+AAO\+\+\+([^']*(\?'[^']*)*)'/.exec(text)?.[1]?.split(':');
    assert.equal(pieces?.length, 2);
    assert.equal(pieces[0]?.replaceAll('?', '').length, 70);
  });

  it('a number that is missing is not made up', () => {
    assert.match(answer(bodyWith({ BGM: 'BGM+811++9' })).text, /BGM\+961\+\+11\+RE'.*ERP\+2'ERC\+E01'/);
  });

  it('a number that is too long, or not of the character set, is repeated as far as that goes', () => {
    assert.match(answer(bodyWith({ BGM: `BGM+811+${'X'.repeat(40)}+9` })).text, /BGM\+961\+X{35}\+11/);
    assert.match(answer(bodyWith({ BGM: 'BGM+811+6é000123+9' }), '97B', 'UNOA').text, /BGM\+961\+6\.000123\+11/);
  });

  it('as many errors as the group has places, and then that there are more', () => {
    const lines = Array.from({ length: 60 }, (_, index) => [`LIN+${index + 1}`, 'MEA+AAJ+AAI+KG:0']).flat();
    const codes = (count: number) => [...answer([...body, ...lines.slice(0, count * 2)]).text.matchAll(/ERC\+(E\d+)/g)];
    assert.equal(codes(33).length, 99);
    assert.notEqual(codes(33).at(-1)?.[1], 'E99');
    assert.equal(codes(34).length, 99);
    assert.equal(codes(34).at(-1)?.[1], 'E99');
  });

  for (const release of ['96B', '97A', '97B', '98A', '98B', '99A', '99B', '00A', '00B', '01B']) {
    it(`D.${release}: whatever comes in, what goes out conforms to the directory`, () => {
      const value = fc.oneof(
        fc.constantFrom(
          '',
          '9',
          '5',
          '1',
          '6AU000123',
          'AU',
          'BEEF',
          '020230',
          'KGM',
          '18000',
          '18000.0',
          "O?'NEIL",
          'é',
        ),
        fc.string({ unit: fc.constantFrom('A', 'Z', 'a', '0', '9', ' ', '.', ',', 'é', '£'), maxLength: 45 }),
      );
      const segments = fc.tuple(
        value,
        value,
        value,
        value,
        value,
        fc.array(fc.tuple(value, value, value), { maxLength: 40 }),
      );
      fc.assert(
        fc.property(segments, fc.constantFrom('UNOA', 'UNOC', 'UNOE', 'UNOY'), ([number, code, date, country, importer, lines], set) => {
          const made = [`BGM+811+${number}+${code}`, `DTM+182:${date}:102`, `LOC+27+${country}`, `PNA+IM+${importer}`];
          const rest = lines.flatMap(([hts, unit, quantity]) => ['LIN', `MEA+AAJ+AAI+${unit}:${quantity}`, `PIA+5+${hts}:HS`]);
          answer([...made, ...rest], release, set);
        }),
        { numRuns: 50 },
      ); // prettier-ignore
    });
  }
});
