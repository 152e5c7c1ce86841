import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { type Finding, allFindings } from '../../src/edifact/interchange.ts';
import { payloadReader, readPayload, type PayloadEvent } from '../../src/edifact/payload.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { interchange, message, unb } from './samples.ts';

const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
const unb4 = unb.replace('UNOC:3', 'UNOC:4').replace('261102', '20261102');
const read = (text: string, encoding: BufferEncoding = 'latin1') =>
  readInterchange(Buffer.from(text, encoding), settings);
const brief = ({ level, code, tag, segment, element, component, occurrence }: Finding) =>
  [level, code, tag, segment, element, component, occurrence].filter((part) => part !== undefined).join(' ');
const sancrt = (body: readonly string[], header = unb) =>
  interchange([message('1', undefined, ['BGM+811+6AU000123+9', ...body])], header);

describe('holding messages against their directory', () => {
  const cases: readonly (readonly [rule: string, text: string, faults: readonly string[]])[] = [
    ['14: a message that no directory has', interchange([message('1', 'INVOIC:D:97B:UN')]), ['UCM 14 UNH 1 3 1']],
    ['39, and no 14: a release that no list could have', interchange([message('1', 'SANCRT:D:1997B:UN')]), ['UCI 39 UNH 1 3 3']],
    ['14: a release that no directory has', interchange([message('1', 'SANCRT:D:29B:UN')]), ['UCM 14 UNH 1 3 3']],
    ['14: a version that no directory has', interchange([message('1', 'SANCRT:1:97B:UN')]), ['UCM 14 UNH 1 3 2']],
    ['14: an agency that no directory is of', interchange([message('1', 'SANCRT:D:97B:EX')]), ['UCM 14 UNH 1 3 4']],
    ['12: a value outside of its list', sancrt(['FTX+AAI++A']), []],
    ['1131 says that the list is another', sancrt(['DTM+182:20261030:102', 'LOC+27+AU', 'GIS+QQ:1:1']), []],
    ['12: without 1131 and 3055 the list of the directory holds', sancrt(['GIS+QQ']), ['UCD 12 GIS 3 2 1']],
    ['codes that the directory leaves to partners', sancrt(['CST+1+ZZZZ']), []],
    ['a number may have a sign and a mark, which do not count', sancrt(['MOA+1:-1234567890123456.78']), []],
    ['a comma is a mark where no UNA says otherwise', sancrt(['MOA+1:1,5']), []],
    ['19: another mark than that of UNA', `UNA:+.? '${sancrt(['MOA+1:1,5'])}`, ['UCD 19 MOA 3 2 2']],
    ['from syntax 4 both marks hold', `UNA:+.?*'${sancrt(['MOA+1:1,5'], unb4)}`, []],
    ['38: no digit in front of the mark', sancrt(['MOA+1:.5']), ['UCD 38 MOA 3 2 2']],
    ['19: no digit behind the mark', sancrt(['MOA+1:5.']), ['UCD 19 MOA 3 2 2']],
    ['37: a plus is no sign', sancrt(['MOA+1:?+5']), ['UCD 37 MOA 3 2 2']],
    ['37: triads', sancrt(['MOA+1:1 000']), ['UCD 37 MOA 3 2 2']],
    ['release characters do not count', sancrt([`FTX+AAI+++${"?'".repeat(70)}`]), []],
    ['39: what they release counts', sancrt([`FTX+AAI+++${"?'".repeat(71)}`]), ['UCD 39 FTX 3 5 1']],
    ['45: a trailing separator in syntax 4', sancrt(['LOC+27+AU+'], unb4), ['UCS 45 LOC 3']],
    ['45: in front of another separator', sancrt(['LOC+27:+AU'], unb4), ['UCD 16 LOC 3 2', 'UCS 45 LOC 3'].slice(1)],
    ['before syntax 4 it may stand', sancrt(['LOC+27+AU+']), []],
    ['35: an element that is repeated in syntax 4', sancrt(['LOC+27+AU*NZ'], unb4), ['UCD 35 LOC 3 3 2']],
    ['12: the time of UNB is none', sancrt([], unb.replace('0930', '093000')), ['UCI 12 UNB 0 5 2']],
    ['39 in UNB', sancrt([], `${unb}++++1+${'A'.repeat(36)}`), ['UCI 39 UNB 0 11']],
    ['16 in UNZ', sancrt([]).replace(/'$/, "+X'"), ['UCI 16 UNZ 0']],
    ['two defects are both told', sancrt(['ZZX+1', 'LOC+QQQ+AU', 'ZZX+2']), ['UCS 15 ZZX 3', 'UCD 12 LOC 4 2', 'UCS 15 ZZX 5']],
    ['a segment and the one behind it, exchanged, are one defect', interchange([message('1', undefined, ['LOC+27+AU', 'BGM+811'])]), ['UCS 15 LOC 2']],
    ['a group without its trigger', sancrt(['LIN+1', 'MEA+AAJ+AAI+KGM:1', 'ADR+1:1:1', 'CTA+AA+A', 'COM+A:AA']), ['UCS 13 PNA 5']],
    ['13: the trigger is what is missing where one segment of its group alone stands', sancrt(['PNA+IM', 'COM+A:AA']), ['UCS 13 CTA 4']],
    ['13: the trigger of a group in CONTRL', interchange([message('1', 'CONTRL:D:3:UN', ['UCI+R1+A+B+7', 'UCM+1+SANCRT:D:97B:UN+4', 'UCD+12+2'])]), ['UCS 13 UCS 4']],
    ['15: a segment that might be of several groups', sancrt(['LIN+1', 'MEA+AAJ+AAI+KGM:1', 'COM+A:AA']), ['UCS 15 COM 5']],
    ['15: a segment and its trigger, exchanged, are one defect', sancrt(['PNA+IM', 'COM+A:AA', 'CTA+AA+A']), ['UCS 15 COM 4']],
    ['13: many segments are missing at the end', interchange([message('1', 'REQDOC:D:97B:UN', ['BGM+811'])]), ['UCS 13 DOC 3', 'UCS 13 DTM 3', 'UCS 13 NAD 3', 'UCS 13 LIN 3']],
    ['13: all segments are missing', interchange([message('1', 'REQDOC:D:97B:UN', [])]), ['UCS 13 BGM 2', 'UCS 13 DOC 2', 'UCS 13 DTM 2', 'UCS 13 NAD 2', 'UCS 13 LIN 2']],
    ['16: a component too many in S009', interchange([message('1', 'SANCRT:D:97B:UN:A:B', ['BGM+811'])]), ['UCM 16 UNH 1 3']],
    ['16: a component behind the count of UNT', sancrt([]).replace(/UNT\+(\d+)/, 'UNT+$1:9'), ['UCM 16 UNT 3 2']],
    ['16: a party with a component too many', sancrt([], unb.replace(/:ZZZ/, ':ZZZ:A:B')), ['UCI 16 UNB 0 3']],
    ['13: without a reference in UNH, that of UNT is not held against it', sancrt([]).replace('UNH+1+', 'UNH++'), ['UCI 13 UNH 1 2 1']],
    ['48: a dependency note of UCI', interchange([message('1', 'CONTRL:4:1:UN', ['UCI+R1+A+B+7++UNB'])], unb4), ['UCS 48 UCI 2']],
  ]; // prettier-ignore
  for (const [rule, text, faults] of cases) {
    it(rule, () => {
      const found = allFindings(read(text));
      assert.deepEqual(found.map(brief), faults, found.map((one) => one.text).join('; ')); // prettier-ignore
    });
  }

  it('a value outside of 0007 in UNB is a warning, not a fault', () => {
    const { warnings, ...rest } = read(sancrt([], unb.replace('AUDAFF:ZZZ', 'AUDAFF:ZZ')));
    assert.deepEqual(allFindings({ warnings, ...rest }), []);
    const expected = '0007 Partner identification code qualifier: a code of its list';
    assert.deepEqual(warnings, [{ offset: unb.indexOf('ZZ'), length: 2, text: '0007 "ZZ" is not in its list', expected }]); // prettier-ignore
  });

  it('a value is told in its own character set', () => {
    const long = 'Ж'.repeat(50);
    const told = (id: string, encoding: BufferEncoding, value: string) =>
      allFindings(read(sancrt([`BGM+1+${value}`], unb4.replace('UNOC', id)), encoding)).at(-1)?.text;
    assert.equal(told('UNOY', 'utf8', long), `"${'Ж'.repeat(40)}…" is too long for 1004, an..35`);
    assert.equal(told('UNOE', 'latin1', '\xb6'.repeat(36)), `"${'Ж'.repeat(36)}" is too long for 1004, an..35`);
  });

  it('21: which character of a value the set has not', () => {
    const told = (header: string, value: string) => allFindings(read(interchange([message('1', undefined, [`BGM+811+${value}`])], header))).map((one) => `${brief(one)}: ${one.text}`); // prettier-ignore
    const head = (syntax: string) => unb.replace('UNOC:3', syntax);
    assert.deepEqual(told(head('UNOA:1'), 'ABcD'), ['UCD 21 BGM 2 3 1: Character 3 of "ABcD" is not in UNOA']);
    assert.deepEqual(told(head('UNOB:2'), "?'a#"), ['UCD 21 BGM 2 3 1: Character 3 of "?\'a#" is not in UNOB']);
    assert.deepEqual(told(head('UNOF:3'), 'a\xae'), ['UCD 21 BGM 2 3 1: Character 2 of "a." is not in UNOF']);
    const unoy = unb4.replace('UNOC', 'UNOY');
    assert.deepEqual(told(unoy, '\xe2\x82\xac\xff'), ['UCD 21 BGM 2 3 1: Character 2 of "\u20ac." is not in UNOY']);
  });

  it('35: what may stand once is told so', () => {
    const [found] = allFindings(read(sancrt(['BGM+811'])));
    assert.equal(found?.text, 'BGM stands here more than once');
  });

  it('30: messages beside groups are told as such, not by the count of UNZ as well', () => {
    const group = `UNG+SANCRT+A:ZZZ+B:ZZZ+261102:0930+7+UN+D:97B'${message('1')}UNE+1+7'`;
    const subject = readInterchange(Buffer.from(interchange([group, message('2')])), { ...settings, groups: true });
    assert.deepEqual(allFindings(subject).map(brief), ['UCI 30 UNH 0']);
  });

  it('28, 29: what would be right is told of UNE too', () => {
    const group = `UNG+SANCRT+A:ZZZ+B:ZZZ+261102:0930+7+UN+D:97B'${message('1')}UNE+2+8'`;
    const { groups = [] } = readInterchange(Buffer.from(interchange([group])), { ...settings, groups: true });
    assert.deepEqual(groups.flatMap(({ findings }) => findings.map(({ expected }) => expected)), ['0060: 1', '0048: 7']); // prettier-ignore
  });

  it('a finding tells the exact spot, and what would be right', () => {
    const text = sancrt(['LOC+27+AU', 'MOA+1:18O00']);
    const [found] = allFindings(read(text));
    assert.equal(text.slice(found!.offset, found!.offset + found!.length!), '18O00');
    assert.match(found!.expected, /^5004 .*: n\.\.18$/);
  });

  it('0007 outside of its list is a warning', () => {
    const wild = read(sancrt([], unb)).warnings;
    const group = "UNG+SANCRT+A:01+B+261102:0930+G1+UN+D:97B'UNH";
    const warned = readInterchange(Buffer.from(sancrt([]).replace('UNH', group)), { ...settings, groups: true });
    assert.deepEqual(wild, []);
    assert.match(warned.warnings[0]?.text ?? '', /0007 "01"/);
  });

  it('a value outside of a list that the directory points at is a warning with its name, told once', () => {
    const body = ['MEA+AAJ+AAI+PCX:1', 'MEA+AAJ+AAI+PCX:2', 'MEA+AAJ+AAI+KGM:3', 'ADR+++++XX', 'MOA+1:1:ZZY'];
    const text = sancrt(['LIN+1', ...body]);
    const { warnings, ...rest } = read(text);
    assert.deepEqual(
      allFindings({ warnings, ...rest }).filter(({ code }) => code === '12'),
      [],
    );
    assert.deepEqual(
      warnings.map(({ offset, length = 0, text: told }) => [text.slice(offset, offset + length), told]),
      [
        ['PCX', '6411 "PCX" is not in UN/ECE Recommendation 20 (today\'s edition)'],
        ['XX', '3207 "XX" is not in ISO 3166 (today\'s edition)'],
        ['ZZY', '6345 "ZZY" is not in ISO 4217 (today\'s edition)'],
      ],
    );
    const elsewhere = sancrt(['PAC+1++ZZZZ:1:2', 'PAC+1++YYYY']);
    assert.deepEqual(read(elsewhere).warnings.map(({ text: told }) => told), ["7065 \"YYYY\" is not in UN/ECE Recommendation 21 (today's edition)"]); // prettier-ignore
  });

  it('S009 of UCM is held against its lists, as a warning: it repeats what came', () => {
    const contrl = (s009: string) => read(interchange([message('1', 'CONTRL:D:3:UN', ['UCI+R1+A+B+7', `UCM+1+${s009}+4+17`])])); // prettier-ignore
    assert.deepEqual(contrl('SANCRT:D:97B:UN').warnings, []);
    const subject = contrl('FOO:X:99Z:QQ');
    assert.deepEqual(allFindings(subject), []);
    assert.deepEqual(subject.warnings.map(({ text }) => text), ['0065 "FOO"', '0052 "X"', '0054 "99Z"', '0051 "QQ"'].map((value) => `${value} is not in its list`)); // prettier-ignore
  });

  it('0113 of syntax 4 is repeated too', () => {
    const text = interchange([message('1', 'CONTRL:4:1:UN', ['UCI+R1+A+B+7', 'UCM+1+SANCRT:D:97B:UN:A:B:C+7'])], unb4);
    const subject = read(text);
    assert.deepEqual(allFindings(subject), []);
    assert.deepEqual(subject.warnings.map(({ text: told }) => told), ['0113 "C" is not in its list']); // prettier-ignore
  });

  it('syntax 4: occurrences of an element are told apart', () => {
    const text = interchange(
      [message('1', 'SANCRT:D:01B:UN', ['BGM+811', 'PNA+IM', 'ADR+1:1:A++++++A*B:::C*D'])],
      unb4,
    );
    const adr = readInterchange(Buffer.from(text)).messages[0]?.segments[3];
    assert.deepEqual(adr?.elements[6], ['A']);
    assert.deepEqual(adr.repeats, new Map([[7, [['B', '', '', 'C'], ['D']]]])); // prettier-ignore
  });

  it('UNOY: characters are counted, not bytes', () => {
    const header = unb4.replace('UNOC', 'UNOY');
    assert.deepEqual(allFindings(read(sancrt([`FTX+AAI+++${'é'.repeat(70)}`], header), 'utf8')).map(brief), []);
    assert.deepEqual(allFindings(read(sancrt([`FTX+AAI+++${'é'.repeat(71)}`], header), 'utf8')).map(brief), ['UCD 39 FTX 3 5 1']); // prettier-ignore
  });
});

describe('functional groups, where they are taken', () => {
  const ung = (reference: string) => `UNG+SANCRT+A+B+261102:0930+${reference}+UN+D:97B'`;
  const grouped = (count: number, messages: readonly string[], end = "UNE+1+G1'") =>
    `${unb}'${ung('G1')}${messages.join('')}${end}UNZ+${count}+AU0000000417'`;
  const found = (text: string) => allFindings(readInterchange(Buffer.from(text), { ...settings, groups: true })).map(brief); // prettier-ignore
  const cases: readonly (readonly [rule: string, text: string, faults: readonly string[]])[] = [
    ['a group is counted by UNZ', grouped(1, [message('1')]), []],
    ['29 and 28 of UNE', grouped(1, [message('1')], "UNE+2+G2'"), ['UCF 29 UNE 0 2', 'UCF 28 UNE 0 3']],
    ['13: no UNE', grouped(1, [message('1')], ''), ['UCF 13 UNE 0']],
    ['29: UNZ counts messages', grouped(2, [message('1'), message('2')], "UNE+2+G1'"), ['UCI 29 UNZ 0 2']],
    ['31: a second type of message', grouped(1, [message('1', 'REQDOC:D:97B:UN', ['BGM', 'DOC+1', 'DTM+2', 'NAD+AA', 'LIN'])]), ['UCF 31 UNH 1']],
    ['30: a message beside a group', grouped(1, [message('1')], `UNE+1+G1'${message('2')}`), ['UCI 30 UNH 0']],
    ['33: UNE without a group', grouped(1, [message('1')], "UNE+1+G1'UNE+1+G1'"), ['UCI 33 UNE 0']],
    ['26: a group reference twice', grouped(2, [message('1')], `UNE+1+G1'${ung('G1')}${message('1')}UNE+1+G1'`), ['UCF 26 UNG 0 6']],
    ['13: a group without date and time', grouped(1, [message('1')]).replace('261102:0930+G1', '+G1'), ['UCF 13 UNG 0 5 1']],
    ['12: a group whose date is none', grouped(1, [message('1')]).replace('261102:0930+G1', '261131:0930+G1'), ['UCF 12 UNG 0 5 1']],
    ['12: a group whose time is none', grouped(1, [message('1')]).replace('261102:0930+G1', '261102:2430+G1'), ['UCF 12 UNG 0 5 2']],
    ['from syntax 4 on it may be without them', grouped(1, [message('1')]).replace('261102:0930+G1', '+G1').replace(unb, unb4), []],
    ['13: a group that cannot be named is told once, with the interchange', grouped(1, [message('1')], 'UNE+1\'').replace('0930+G1', '0930+'), ['UCI 13 UNG 0 6 1', 'UCF 13 UNE 0 3']],
    ['39: a sender that is too long to be repeated', grouped(1, [message('1')]).replace('SANCRT+A+', `SANCRT+${'A'.repeat(36)}+`), ['UCI 39 UNG 0 3 1']],
  ]; // prettier-ignore
  for (const [rule, text, faults] of cases) it(rule, () => assert.deepEqual(found(text), faults));
});

describe('packages of syntax 4, of which none is taken', () => {
  const object = "\0\xff UNZ+1+X'UNB+\x9b?'UNA:+.? '  ";
  const uno = (length: string) => `UNO+P1+1:2+1:2+${length}'`;
  const around = (parts: readonly string[], count: number, header = unb4) => `${header}'${parts.join('')}UNZ+${count}+AU0000000417'`; // prettier-ignore
  const packed = `${uno(String(object.length))}${object}UNP+${object.length}+P1'`;

  it('what is in them is passed over by its length, wherever the bytes are cut', () => {
    const text = around([message('1'), packed, packed, message('2')], 4);
    const found = read(text);
    assert.deepEqual(allFindings(found).map(brief), ['UCI 15 UNO 0']);
    assert.deepEqual(found.messages.map(({ reference }) => reference), ['1', '2']); // prettier-ignore
    const bytes = Buffer.from(text, 'latin1');
    for (let cut = 0; cut < bytes.length; cut++) {
      const told: string[] = [];
      const reader = payloadReader(settings, (event) => told.push(event.kind, ...event.kind === 'closed' ? event.interchange.findings.map(brief) : [])); // prettier-ignore
      for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) reader.push(piece);
      reader.end();
      assert.deepEqual(told, ['opened', 'message', 'message', 'closed', 'UCI 15 UNO 0'], `${cut}`);
    }
  });

  it('they count in UNE and UNZ, and alone as well', () => {
    const ung = "UNG+SANCRT+A+B+20261102:0930+G1+UN+D:97B'";
    const grouped = around([ung, message('1'), packed, "UNE+2+G1'"], 1);
    const found = readInterchange(Buffer.from(grouped, 'latin1'), { ...settings, groups: true });
    assert.deepEqual(allFindings(found).map(brief), ['UCI 15 UNO 0']);
    assert.deepEqual(allFindings(read(around([packed], 1))).map(brief), ['UCI 15 UNO 0']);
    assert.deepEqual(allFindings(read(around([packed], 2))).map(brief), ['UCI 15 UNO 0', 'UCI 29 UNZ 0 2']);
  });

  it('a length that is none, or longer than all there is, ends in findings', () => {
    for (const length of ['', 'A', '-1', '99999999999999999999']) {
      assert.equal(allFindings(read(around([uno(length), "UNP+1+P1'"], 1))).map(brief)[0], 'UCI 15 UNO 0');
    }
    assert.deepEqual(allFindings(read(around([uno('999999999')], 1))).map(brief), ['UCI 15 UNO 0', 'UCI 13 UNZ 0']);
  });

  it('before syntax 4 there are none', () => {
    assert.deepEqual(allFindings(read(around([uno('1')], 0, unb))).map(brief)[0], 'UCI 33 UNO 0');
  });
});

describe('reading piece by piece', () => {
  const folder = path.resolve(import.meta.dirname, 'samples/D97B');
  const samples = ['SANCRT/max', 'CUSRES/36-group-14-AUT', 'REQDOC/13-seg-DOC'].map((name) => readFileSync(path.join(folder, `${name}.edi`), 'latin1')); // prettier-ignore
  const payload = Buffer.from(`\ufeff${samples.join('\r\n')}JUNK'UNB+X\r\n${samples.join('')}`.replace('\ufeff', '\xef\xbb\xbf'), 'latin1'); // prettier-ignore

  function eventsOf(bytes: Buffer, cuts: readonly number[]): unknown[] {
    const events: PayloadEvent[] = [];
    const reader = payloadReader(settings, (event) => events.push(event));
    const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
    for (const [index, to] of places.slice(1).entries()) reader.push(bytes.subarray(places[index], to));
    reader.end();
    return events.map((event) => {
      if (event.kind !== 'message') return event.kind === 'opened' ? event.head.reference : event.kind === 'closed' ? event.interchange.findings : event; // prettier-ignore
      const { segments, ...facts } = event.message;
      return { ...facts, segments: segments.map(({ tag, elements, offset, position }) => [tag, elements, offset, position]) }; // prettier-ignore
    });
  }

  it('gives the same wherever it is cut', () => {
    const whole = eventsOf(payload, []);
    fc.assert(
      fc.property(fc.array(fc.nat(payload.length), { maxLength: 12 }), (cuts) => {
        assert.deepEqual(eventsOf(payload, cuts), whole);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same byte by byte', () => {
    const short = Buffer.from(`${interchange([message('1'), message('2')])}\r\n`.repeat(3));
    assert.deepEqual(eventsOf(short, Array.from(short.keys())), eventsOf(short, []));
  });

  it('hands out messages one by one, and keeps nothing of them when asked to', async () => {
    const text = interchange([message('1'), message('2')]);
    const kinds: string[] = [];
    for await (const event of readPayload([Buffer.from(text)], { ...settings, headersOnly: true })) {
      kinds.push(event.kind);
      if (event.kind === 'message') assert.deepEqual(event.message.segments.map(({ tag }) => tag), ['UNH']); // prettier-ignore
      if (event.kind === 'closed') assert.deepEqual([event.interchange.messages, event.interchange.messageCount], [[], 2]); // prettier-ignore
    }
    assert.deepEqual(kinds, ['opened', 'message', 'message', 'closed']);
  });

  it('nothing is no interchange', async () => {
    await assert.rejects(async () => {
      for await (const event of readPayload([])) assert.fail(event.kind);
    }, /neither UNA nor UNB/i);
  });
});
