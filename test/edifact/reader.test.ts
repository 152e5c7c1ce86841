import assert from 'node:assert/strict';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { readInterchange, readInterchanges } from '../../src/edifact/reader.ts';
import { UnreadableInterchange } from '../../src/edifact/errors.ts';
import { faultsIn, interchange, message, read, unb } from './samples.ts';

const good = interchange([message('1'), message('2')]);

describe('reading an interchange', () => {
  it('reads UNB, messages and segments', () => {
    const header = 'UNB+UNOC:3+AUDAFF:ZZZ:NODE+USCBP:ZZZ+261102:0930+AU0000000417++ECERT++1++1';
    const read1 = read(interchange([message('1')], header));
    assert.deepEqual(read1.findings, []);
    assert.deepEqual(read1.syntax, { id: 'UNOC', version: '3' });
    assert.deepEqual(read1.sender, { id: 'AUDAFF', qualifier: 'ZZZ', address: 'NODE' });
    assert.deepEqual(read1.recipient, { id: 'USCBP', qualifier: 'ZZZ' });
    assert.equal(read1.preparedAt?.toISOString(), '2026-11-02T09:30:00.000Z');
    assert.equal(read1.reference, 'AU0000000417');
    assert.equal(read1.applicationReference, 'ECERT');
    assert.equal(read1.acknowledgementRequest, 'acknowledgement');
    assert.equal(read1.testIndicator, true);
    const [only] = read1.messages;
    assert.deepEqual(
      [only?.reference, only?.type, only?.version, only?.release, only?.agency, only?.association],
      ['1', 'SANCRT', 'D', '97B', 'UN', undefined],
    );
    assert.deepEqual(
      only?.segments.map(({ tag, position, elements }) => ({ tag, position, elements })),
      [
        { tag: 'UNH', position: 1, elements: [['1'], ['SANCRT', 'D', '97B', 'UN']] },
        { tag: 'BGM', position: 2, elements: [['811'], ['6AU000123'], ['9']] },
        { tag: 'UNT', position: 3, elements: [['3'], ['1']] },
      ],
    );
  });

  it('tells where each segment begins', () => {
    const [first, second] = read(good).messages;
    assert.equal(first?.offset, good.indexOf('UNH+1'));
    assert.equal(second?.segments[1]?.offset, good.lastIndexOf('BGM'));
  });

  it('is no test unless 0035 says so', () => {
    assert.equal(read(good).testIndicator, false);
    assert.equal(read(interchange([message('1')], `${unb}++++++0`)).testIndicator, false);
    assert.equal(read(interchange([message('1')], `${unb}++++++5`)).testIndicator, true);
  });

  it('ISO 9735: UNA names the service characters', () => {
    const advised =
      "UNA|^,! ~UNB^UNOC|3^AUDAFF|ZZZ^USCBP|ZZZ^261102|0930^R1~UNH^1^SANCRT|D|97B|UN~FTX^AAO^^^a!^b!!+:'!~c~UNT^3^1~UNZ^1^R1~";
    const read1 = read(advised);
    assert.deepEqual(faultsIn(read1), []);
    assert.deepEqual(read1.messages[0]?.segments[1]?.elements, [['AAO'], [''], [''], ["a^b!+:'~c"]]);
    assert.equal(read1.delimiters.decimal, ',');
  });

  it('a UNA without its reserved character is met as it was meant, with a warning', () => {
    const short = read(`UNA:+.?'${good}`);
    assert.deepEqual(faultsIn(short), []);
    assert.deepEqual(
      short.warnings.map(({ text }) => text),
      ['UNA is one character short'],
    );
  });

  it('a space separates nothing: a UNA that says so cannot be read', () => {
    for (const [advice, separator] of [
      ["UNA +.? '", ':'],
      ["UNA: .? '", '+'],
      ['UNA:+.?  ', "'"],
    ] as const)
      // prettier-ignore
      assert.throws(() => read(advice + good.replaceAll(separator, ' ')), /" " cannot be a service character/);
  });

  it('level B: the information separators are taken where UNB is followed by one', () => {
    const text = good
      .replaceAll('UNOC', 'UNOB')
      .replaceAll('+', '\x1d')
      .replaceAll(':', '\x1f')
      .replaceAll("'", '\x1c');
    const read1 = read(text);
    assert.deepEqual(faultsIn(read1), []);
    assert.equal(read1.messages.length, 2);
  });

  it('passes over a byte order mark, blanks before UNB, CR and LF between segments', () => {
    const text = `\r\n${good.replaceAll("'", "'\r\n")}\r\n`;
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text, 'latin1')]);
    const all = readInterchanges(bytes).interchanges;
    assert.equal(all.length, 1);
    assert.deepEqual(faultsIn(all[0]!), []);
    assert.deepEqual(all[0]?.warnings, []);
  });

  it('a released terminator or separator is data, at the end of a segment too', () => {
    const text = interchange([message('1', undefined, ["FTX+AAO+++it?'s 5?+5 ???", 'FTX+AAO+++??'])]).replace(
      '???',
      "???'",
    );
    const [, first, second] = read(text).messages[0]?.segments ?? [];
    assert.deepEqual(first?.elements.at(-1), ["it's 5+5 ?'"]);
    assert.deepEqual(second?.elements.at(-1), ['?']);
  });

  it('a release character before CR LF makes the CR data, which no set holds', () => {
    const text = interchange([message('1', undefined, ['FTX+AAO+++a?\r\nb'])]);
    assert.deepEqual(faultsIn(read(text)), ['UCD 21 FTX']);
  });

  it('several interchanges of one payload are read, and what follows them and is none is told', () => {
    const two = readInterchanges(Buffer.from(`${good}\n${good}\0\x1a`));
    assert.deepEqual([two.interchanges.length, two.skipped], [2, []]);
    const { interchanges, skipped } = readInterchanges(Buffer.from(`${good} and more`));
    assert.equal(interchanges.length, 1);
    assert.equal(skipped[0]?.offset, good.length + 1);
    assert.match(skipped[0].text, /^8 bytes .* not read: Neither UNA nor UNB/);
    const { interchanges: follows } = readInterchanges(Buffer.from(good.replace("UNZ+2+AU0000000417'", '') + good));
    assert.deepEqual(follows.map(faultsIn), [['UCI 13 UNZ'], []]);
    const marked = readInterchanges(Buffer.from(`\ufeff${good}\r\n\ufeff${good}`));
    assert.deepEqual([marked.interchanges.length, marked.skipped], [2, []]);
  });

  it('dates of eight digits in syntax 3 and of six in syntax 4 are understood, with a warning', () => {
    const eight = read(interchange([message('1')], unb.replace('261102', '20261102')));
    assert.equal(eight.preparedAt?.toISOString(), '2026-11-02T09:30:00.000Z');
    assert.equal(eight.warnings.length, 1);
    assert.equal(read(interchange([message('1')], unb.replace('UNOC:3', 'UNOC:4'))).warnings.length, 1);
    const proper = unb.replace('UNOC:3', 'UNOC:4').replace('261102', '20261102');
    assert.deepEqual(read(interchange([message('1')], proper)).warnings, []);
  });
});

describe('what is wrong with an envelope', () => {
  const cases: readonly (readonly [rule: string, text: string, faults: readonly string[]])[] = [
    ['28: UNT refers to another message', good.replace('UNT+3+2', 'UNT+3+9'), ['UCM 28 UNT']],
    ['29: UNT counts other segments', good.replace('UNT+3+2', 'UNT+4+2'), ['UCM 29 UNT']],
    ['28 and 29 in one UNT are both told', good.replace('UNT+3+2', 'UNT+4+9'), ['UCM 29 UNT', 'UCM 28 UNT']],
    ['29: a count that is no number', good.replace('UNT+3+2', 'UNT+x+2'), ['UCM 29 UNT']],
    ['13: UNT without count and reference', good.replace('UNT+3+2', 'UNT'), ['UCM 13 UNT', 'UCM 13 UNT']],
    ['28: UNZ refers to another interchange', good.replace('UNZ+2+AU', 'UNZ+2+AX'), ['UCI 28 UNZ']],
    ['29: UNZ counts other messages', good.replace('UNZ+2', 'UNZ+3'), ['UCI 29 UNZ']],
    ['13: UNZ without count and reference', good.replace(/UNZ.*'/, "UNZ'"), ['UCI 13 UNZ', 'UCI 13 UNZ']],
    ['13: no UNZ', good.replace(/UNZ.*'/, ''), ['UCI 13 UNZ']],
    ['13: broken off in a segment', good.slice(0, good.lastIndexOf('UNT') + 4), ['UCI 13 UNZ', 'UCM 13 UNT']],
    ['13: broken off behind a release character', `${good.replace(/UNZ.*'/, '')}BGM+?`, ['UCI 13 UNZ']],
    ['13: a message without UNT', good.replace("UNT+3+1'", ''), ['UCM 13 UNT']],
    ['13: the last message without UNT', good.replace("UNT+3+2'", ''), ['UCM 13 UNT']],
    ['26: a message reference twice', interchange([message('1'), message('1')]), ['UCM 26 UNH']],
    ['32: no message', interchange([]), ['UCI 32 UNZ']],
    ['33: a segment between messages', good.replace("UNH+2", "BGM+811'UNH+2"), ['UCI 33 BGM']],
    ['33: a segment that is nothing', good.replace("UNH+2", "'UNH+2"), ['UCI 33 ']],
    ['15: functional groups', good.replace("UNH+1", "UNG+A+B+C+D+E'UNH+1").replace('UNZ', "UNE+2+E'UNZ"), ['UCI 15 UNG']],
    ['2: syntax identifier', good.replace('UNOC', 'UNOX'), ['UCI 2 UNB']],
    ['46: syntax identifier in syntax 4', good.replace('UNOC:3', 'UNOX:4'), ['UCI 46 UNB']],
    ['2: syntax version', good.replace('UNOC:3', 'UNOC:7'), ['UCI 2 UNB']],
    ['12: date of preparation', good.replace('261102', '261131'), ['UCI 12 UNB']],
    ['13: time of preparation', good.replace('261102:0930', '261102'), ['UCI 13 UNB']],
    ['13: message without reference', good.replace('UNH+2+', 'UNH++').replace('UNT+3+2', 'UNT+3+'), ['UCI 13 UNH', 'UCM 13 UNT']],
    ['13: message without type', good.replace('UNH+2+SANCRT', 'UNH+2+'), ['UCI 13 UNH']],
    ['39: message reference too long', good.replaceAll('UNH+2', 'UNH+123456789012345').replace('UNT+3+2', 'UNT+3+123456789012345'), ['UCI 39 UNH']],
    ['16: S002 with four components in syntax 3', good.replace('AUDAFF:ZZZ', 'AUDAFF:ZZZ:A:B'), ['UCI 16 UNB']],
    ['39: application reference too long', good.replace(unb, `${unb}++123456789012345`), ['UCI 39 UNB']],
    ['21: control character in the application reference', good.replace(unb, `${unb}++\x07`), ['UCI 21 UNB']],
    ['12: what is shorter than a tag', good.replace('BGM', 'A+B'), ['UCS 12 A']],
    ['21: control character', good.replace('6AU000123', '6AU\x07'), ['UCD 21 BGM']],
    ['21: UNOA has no lower case', good.replace('UNOC', 'UNOA').replace('6AU000123', '6au'), ['UCD 21 BGM']],
    ['21: in UNB', good.replace('UNOC', 'UNOA').replace('AUDAFF', 'Audaff'), ['UCI 21 UNB']],
    ['12: what is no segment tag', good.replace('BGM', 'bgm'), ['UCS 12 bgm']],
  ]; // prettier-ignore
  for (const [rule, text, faults] of cases) {
    it(rule, () => assert.deepEqual(faultsIn(read(text)), faults));
  }

  it('a released repetition separator of syntax 4 is data, and in syntax 3 it is no service character', () => {
    const four = read(good.replace('UNOC:3', 'UNOC:4').replace('6AU000123', 'A?*B'));
    assert.deepEqual(faultsIn(four), []);
    assert.deepEqual(four.messages[0]?.segments[1]?.elements[1], ['A*B']);
    assert.deepEqual(faultsIn(read(good.replace('6AU000123', 'A*B'))), []);
  });

  it('tells element and component, the tag counted as 1', () => {
    const finding = read(good.replace('6AU000123', 'A:\x07')).messages[0]?.findings[0];
    assert.deepEqual([finding?.segment, finding?.element, finding?.component], [2, 3, 2]);
  });

  it('one bad message leaves its neighbours alone', () => {
    const [first, second] = read(good.replace('UNT+3+1', 'UNT+4+1')).messages;
    assert.equal(first?.findings.length, 1);
    assert.deepEqual(second?.findings, []);
  });
});

describe('what cannot be read at all', () => {
  const cases: readonly (readonly [what: string, text: string, offset: number])[] = [
    ['nothing', '', 0],
    ['something else', '<xml/>', 0],
    ['UNA alone', 'UNA', 3],
    ['UNA without UNB', "UNA:+.? 'UNH+1'", 3],
    ['UNA with two equal characters', "UNA++.? 'UNB+UNOC:3'", 3],
    ['UNA with a letter', "UNA:A.? 'UNB+UNOC:3'", 3],
    ['UNB without separator', 'UNBx', 3],
    ['UNB without end', unb, 0],
    ['UNB without sender', `${unb.replace('AUDAFF:ZZZ', '')}'`, 0],
    ['UNB without recipient', `${unb.replace('USCBP', '')}'`, 0],
    ['UNB without reference', `${unb.replace('AU0000000417', '')}'`, 0],
    ['a reference of 15 characters', `${unb}XXX'`, 0],
    ['control characters in the sender', `${unb.replace('AUDAFF', 'A\x01')}'`, 0],
  ];
  for (const [what, text, offset] of cases) {
    it(`${what}: a typed error with its offset`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof UnreadableInterchange && error.offset === offset,
      );
    });
  }

  it('limits: a segment too long, too many segments, too many interchanges', () => {
    const long = interchange([message('1'), message('2', undefined, [`FTX+AAO+++${'x'.repeat(100)}`]), message('3')]);
    for (const limit of [{ maxSegmentLength: 99 }, { maxSegments: 4 }]) {
      const broken = readInterchange(Buffer.from(long), { ...EDIFACT_LIMITS, ...limit });
      assert.equal(broken.reference, 'AU0000000417');
      assert.deepEqual(broken.findings.map(({ level, code }) => [level, code]), [['UCI', '18']]); // prettier-ignore
      assert.equal(broken.end, long.indexOf('FTX'));
    }
    assert.throws(
      () => readInterchange(Buffer.from(good), { ...EDIFACT_LIMITS, maxSegmentLength: unb.length - 1 }),
      UnreadableInterchange,
    );
    const { interchanges, skipped } = readInterchanges(Buffer.from(good.repeat(3)), {
      ...EDIFACT_LIMITS,
      maxInterchanges: 1,
    });
    assert.equal(interchanges.length, 1);
    assert.deepEqual(
      skipped.map(({ offset, text }) => [offset, /too many interchanges/.test(text)]),
      [[good.length, true]],
    );
  });
});
