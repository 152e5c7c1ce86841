import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { judgeByAgreement } from '../../src/edifact/agreement.ts';
import { readContrl } from '../../src/edifact/contrl-reader.ts';
import {
  type ContrlContent,
  answerSyntax,
  contrlDue,
  isMessageRejected,
  isRejected,
  makeContrl,
} from '../../src/edifact/contrl.ts';
import { isTellable } from '../../src/edifact/error-codes.ts';
import { EdifactError } from '../../src/edifact/errors.ts';
import { type Finding, type Interchange, type Level, allFindings } from '../../src/edifact/interchange.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { writeInterchange } from '../../src/edifact/writer.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { faultsIn, interchange, message, read, unb } from './samples.ts';

/** Held against the directories, as its partner may do it. */
const validated = (bytes: Buffer) => readInterchange(bytes, { ...EDIFACT_LIMITS, directories: loadDirectory });

const good = interchange([message('1'), message('2')]);

/** As it goes out: sender and recipient swapped. */
function answer(subject: Interchange, content?: ContrlContent): Buffer {
  return writeInterchange({
    syntax: answerSyntax(subject),
    sender: subject.recipient,
    recipient: subject.sender,
    preparedAt: new Date('2026-11-02T09:31:00Z'),
    reference: 'US1',
    applicationReference: subject.applicationReference,
    testIndicator: subject.testIndicator,
    messages: [makeContrl(subject, content)],
  });
}

/** With these findings instead of its own: of the interchange, and of its first message. */
function withFindings(
  subject: Interchange,
  findings: readonly Finding[],
  ofFirst: readonly Finding[] = [],
): Interchange {
  const messages = subject.messages.map((each, index) => ({ ...each, findings: index === 0 ? ofFirst : [] }));
  return { ...subject, findings, messages };
}

const body = (text: string) => /(UCI.*)UNT/.exec(answer(read(text)).toString('latin1'))?.[1];
const uci = 'UCI+AU0000000417+AUDAFF:ZZZ+USCBP:ZZZ';

const agreement = {
  ...{
    recipients: [{ id: 'USCBP' }],
    senders: [{ id: 'AUDAFF' }],
    maxMessages: 2,
    mixedTypes: false,
    duplicate: false,
  },
  messages: [{ type: 'SANCRT', version: 'D', release: '97B', agency: 'UN' }],
};

describe('CONTRL', () => {
  it('repeats 0020, S002 and S003 as they are, while its own UNB is swapped', () => {
    assert.equal(
      answer(read(good)).toString(),
      `UNB+UNOC:3+USCBP:ZZZ+AUDAFF:ZZZ+261102:0931+US1'UNH+1+CONTRL:D:3:UN'${uci}+7'UNT+3+1'UNZ+1+US1'`,
    );
    assert.equal(body(good.replace('AUDAFF:ZZZ', 'AUDAFF::ROUTE')), "UCI+AU0000000417+AUDAFF::ROUTE+USCBP:ZZZ+7'");
  });

  const cases: readonly (readonly [what: string, text: string, segments: string])[] = [
    ['a fault of the interchange refuses all of it (4)', good.replace('UNZ+2', 'UNZ+3'), `${uci}+4+29+UNZ+2'`],
    ['with its place', good.replace('UNOC', 'UNOZ'), `${uci}+4+2+UNB+2:1'`],
    ['no place where 0013 cannot name the segment', good.replace('UNH+2', "BGM'UNH+2"), `${uci}+4+33'`],
    ['a message that is refused (4) leaves its neighbours accepted (7)', good.replace('UNT+3+2', 'UNT+9+2'), `${uci}+7'UCM+2+SANCRT:D:97B:UN+4+29+UNT+2'`],
    ['an element that is refused', good.replace('6AU000123+9\'UNT+3+2', 'A\x07+9\'UNT+3+2'), `${uci}+7'UCM+2+SANCRT:D:97B:UN+4'UCS+2'UCD+21+3'`],
    ['a segment that is refused', good.replace('BGM', 'bgm'), `${uci}+7'UCM+1+SANCRT:D:97B:UN+4'UCS+2+12'`],
    ['0031 = 2 asks for the receipt alone (8)', good.replace(unb, `${unb}++++2`), `${uci}+8'`],
    ['a fault is told though the receipt alone is asked for', good.replace(unb, `${unb}++++2`).replace('UNT+3+2', 'UNT+3+3'), `${uci}+7'UCM+2+SANCRT:D:97B:UN+4+28+UNT+3'`],
  ]; // prettier-ignore
  for (const [what, text, segments] of cases) it(what, () => assert.equal(body(text), segments));

  it('is 4:1 in syntax 4', () => {
    const four = read(good.replace('UNOC:3', 'UNOC:4').replace('261102', '20261102'));
    assert.match(answer(four).toString(), /^UNB\+UNOC:4.*UNH\+1\+CONTRL:4:1:UN'/);
  });

  it('is written in level C where its subject broke its own level', () => {
    const lower = read(good.replace('UNOC', 'UNOA').replace('AUDAFF', 'Audaff'));
    assert.equal(answerSyntax(lower).id, 'UNOC');
    assert.equal(answerSyntax(read(good.replace('UNOC', 'UNOA'))).id, 'UNOA');
  });

  it('is written in the preferred set, unless that lacks what is to be repeated', () => {
    assert.deepEqual(answerSyntax(read(good), 'UNOA'), { id: 'UNOA', version: '3' });
    assert.deepEqual(answerSyntax(read(good.replace('AUDAFF', 'AUDAFÉ')), 'UNOA'), { id: 'UNOC', version: '3' });
    const greek = read(good.replace('UNOC', 'UNOF').replace('AUDAFF', 'AUDAF\xd9'));
    assert.deepEqual(answerSyntax(greek, 'UNOC'), { id: 'UNOF', version: '3' });
  });

  it('is due by policy and 0031; always when something is refused; never for a CONTRL', () => {
    const asked = good.replace(unb, `${unb}++++1`);
    const bad = good.replace('UNT+3+2', 'UNT+4+2');
    const own = interchange([message('1', 'CONTRL:D:3:UN')]).replace('UNZ+1', 'UNZ+7');
    const due = (text: string) =>
      (['always', 'when-asked', 'on-error'] as const).map((policy) => contrlDue(read(text), policy));
    assert.deepEqual(due(good), [true, false, false]);
    assert.deepEqual(due(asked), [true, true, false]);
    assert.deepEqual(due(bad), [true, true, true]);
    assert.deepEqual(due(own), [false, false, false]);
  });

  it('says nothing of a CONTRL, wherever it stands', () => {
    const [contrl, sancrt] = ['CONTRL:D:3:UN', 'SANCRT:D:97B:UN'];
    const mixed = (...types: readonly string[]) =>
      judgeByAgreement(read(interchange(types.map((type, index) => message(String(index + 1), type)))), agreement);
    assert.ok(!contrlDue(mixed(sancrt, contrl), 'on-error'));
    assert.match(
      answer(mixed(sancrt, contrl), { everyMessage: true, receiptOnly: false }).toString(),
      /\+7'UCM\+1\+SANCRT:D:97B:UN\+7'UNT/,
    );
    assert.ok(contrlDue(mixed(contrl, 'SANCRT:D:96B:UN'), 'on-error'));
    assert.match(answer(mixed(contrl, 'SANCRT:D:96B:UN')).toString(), /\+7'UCM\+2\+SANCRT:D:96B:UN\+4\+17\+UNH\+3'UNT/);
    assert.ok(!contrlDue(mixed(contrl, contrl), 'always'));
  });

  it('has a UCM for every message where that is asked for, not for those of an interchange that is refused', () => {
    const every = { everyMessage: true, receiptOnly: false };
    const body = (text: string) => /(UCI.*)UNT/.exec(answer(read(text), every).toString('latin1'))?.[1];
    const [one, two] = ['UCM+1+SANCRT:D:97B:UN', 'UCM+2+SANCRT:D:97B:UN'];
    assert.equal(body(good), `${uci}+7'${one}+7'${two}+7'`);
    assert.equal(body(good.replace('UNT+3+2', 'UNT+9+2')), `${uci}+7'${one}+7'${two}+4+29+UNT+2'`);
    assert.equal(body(good.replace('UNZ+2', 'UNZ+3')), `${uci}+4+29+UNZ+2'`);
  });

  it('is the receipt alone (8) where that is agreed on, unless something is refused', () => {
    const receipt = { everyMessage: true, receiptOnly: true };
    assert.match(answer(read(good), receipt).toString(), /UCI[^']*\+8'UNT/);
    assert.match(
      answer(read(good.replace('UNT+3+2', 'UNT+9+2')), receipt).toString(),
      /UCI[^']*\+7'UCM\+1[^']*\+7'UCM\+2/,
    );
  });

  it('tells what is missing where it should stand, apart from the elements of what stands there', () => {
    const at = (level: Level, code: string, more: Partial<Finding> = {}): Finding => ({
      ...{ level, code, tag: 'DTM', segment: 3, offset: 0, text: '', expected: '' },
      ...more,
    });
    const segments = (findings: readonly Finding[], text = good) =>
      /UCM\+1[^']*'(.*)UNT\+\d+\+1'UNZ/.exec(answer(withFindings(read(text), [], findings)).toString())?.[1];
    const faults = [at('UCD', '12', { element: 2, component: 1 }), at('UCS', '13', { tag: 'BGM' })];
    assert.equal(segments(faults), "UCS+3+13'UCS+3'UCD+12+2:1'");
    assert.equal(segments([at('UCD', '12', { element: 2 }), at('UCS', '16')]), "UCS+3+16'UCD+12+2'");
    assert.equal(segments([at('UCD', '16', { element: 1000 })]), "UCS+3+16'");
    const four = good.replace('UNOC:3', 'UNOC:4').replace('261102', '20261102');
    assert.equal(segments([at('UCD', '39', { element: 2, occurrence: 3 })], four), "UCS+3'UCD+39+2::3'");
  });

  describe('with functional groups', () => {
    const group = (reference: string, messages: readonly string[], count = messages.length) =>
      `UNG+SANCRT+AQIS:1+CBP+261102:0930+${reference}+UN+D:97B'${messages.join('')}UNE+${count}+${reference}'`;
    const grouped = (...groups: readonly string[]) =>
      readInterchange(Buffer.from(`${unb}'${groups.join('')}UNZ+${groups.length}+AU0000000417'`, 'latin1'), {
        ...EDIFACT_LIMITS,
        groups: true,
      });
    const body = (subject: Interchange, content?: ContrlContent) =>
      /(UCI.*)UNT/.exec(answer(subject, content).toString('latin1'))?.[1];
    const bad = message('2').replace('UNT+3', 'UNT+4');

    it('a group that is refused (4) leaves the others accepted', () => {
      const subject = grouped(group('G1', [message('1')], 2), group('G2', [message('1')]));
      assert.equal(body(subject), `${uci}+7'UCF+G1+AQIS:1+CBP+4+29+UNE+2'`);
      assert.deepEqual(subject.messages.map((each) => isMessageRejected(each, subject)), [true, false]); // prettier-ignore
    });

    it('a message that is refused stands below its group', () => {
      const subject = grouped(group('G1', [message('1')]), group('G2', [message('1'), bad]));
      const refused = "UCM+2+SANCRT:D:97B:UN+4+29+UNT+2'";
      assert.equal(body(subject), `${uci}+7'UCF+G2+AQIS:1+CBP+7'${refused}`);
      const one = "UCM+1+SANCRT:D:97B:UN+7'";
      assert.equal(
        body(subject, { everyMessage: true, receiptOnly: false }),
        `${uci}+7'UCF+G1+AQIS:1+CBP+7'${one}UCF+G2+AQIS:1+CBP+7'${one}${refused}`,
      );
    });

    it('a group that UCF could not name refuses the interchange', () => {
      const subject = grouped(group('G1', [message('1')]).replace('AQIS:1', ''));
      assert.ok(isRejected(subject));
      assert.equal(body(subject), `${uci}+4+13+UNG+3:1'`);
    });
  });

  it('tells 18 for a code that is not of its level or syntax', () => {
    const told = (code: string, text = good) =>
      /UCS\+2\+(\d+)'/.exec(
        answer(
          withFindings(
            read(text),
            [],
            [{ level: 'UCS', code, tag: 'BGM', segment: 2, offset: 0, text: '', expected: '' }],
          ),
        ).toString(),
      )?.[1];
    assert.equal(told('35'), '35');
    assert.equal(told('26'), '18'); // a duplicate is no matter of segments
    assert.equal(told('48'), '18'); // dependencies came with syntax 4
    assert.equal(told('48', good.replace('UNOC:3', 'UNOC:4').replace('261102', '20261102')), '48');
  });

  it('refuses (4) what is too large to be read (18), and is not due for a CONTRL that is', () => {
    const large = (type: string) =>
      read(interchange([message('1', type, [`FTX+AAO+++${'x'.repeat(70_000)}`]), message('2', type)]));
    const refused = large('SANCRT:D:97B:UN');
    assert.ok(contrlDue(refused, 'on-error'));
    assert.match(answer(refused).toString(), /UCI\+AU0000000417\+AUDAFF:ZZZ\+USCBP:ZZZ\+4\+18'UNT/);
    assert.ok(!contrlDue(large('CONTRL:D:3:UN'), 'always'));
  });
});

describe('reading a CONTRL', () => {
  const reported = (text: string) => readContrl(readInterchange(answer(read(text))).messages[0]!);

  it('tells which interchange, what became of it, and why', () => {
    const report = reported(good.replace('UNZ+2', 'UNZ+3'));
    assert.equal(report?.interchangeReference, 'AU0000000417');
    assert.deepEqual(report.sender, { id: 'AUDAFF', qualifier: 'ZZZ' });
    assert.deepEqual(report.recipient, { id: 'USCBP', qualifier: 'ZZZ' });
    assert.equal(report.action, 'rejected');
    const nowhere = { message: undefined, segment: undefined };
    assert.deepEqual(report.findings, [{ level: 'UCI', code: '29', ...nowhere, element: 2, component: undefined }]);
  });

  it('tells messages, segments and elements that are refused', () => {
    const report = reported(good.replace('UNT+3+1', 'UNT+9+1').replace("6AU000123+9'UNT+3+2", "A:\x07+9'UNT+3+2"));
    assert.equal(report?.action, 'acknowledged');
    assert.equal(report.outcome, 'partly-rejected');
    assert.deepEqual(report.rejectedMessages, ['1', '2']);
    assert.deepEqual(report.findings, [
      { level: 'UCM', code: '29', message: '1', segment: undefined, element: 2, component: undefined },
      { level: 'UCD', code: '21', message: '2', segment: 2, element: 3, component: 2 },
    ]);
  });

  it('tells groups that are refused, and their messages', () => {
    const segments = [
      'UCI+R1+US+AU+7',
      'UCF+G1+A+B+4+26+UNG+6',
      'UCF+G2+A+B+7',
      'UCM+1+SANCRT:D:97B:UN+7',
      'UCM+2+SANCRT:D:97B:UN+4+29+UNT+2',
    ];
    const report = readContrl(read(interchange([message('1', 'CONTRL:D:3:UN', segments)])).messages[0]!);
    assert.deepEqual([report?.action, report?.outcome], ['acknowledged', 'partly-rejected']);
    assert.deepEqual([report?.rejectedGroups, report?.rejectedMessages], [['G1'], ['2']]);
    assert.deepEqual(
      report?.findings.map(({ level, code, message: of }) => [level, code, of]),
      [
        ['UCF', '26', undefined],
        ['UCM', '29', '2'],
      ],
    );
  });

  it('a receipt', () => assert.equal(reported(good.replace(unb, `${unb}++++2`))?.action, 'received'));

  it('a receipt that refuses a message all the same', () => {
    const segments = ['UCI+R1+A+B+8', 'UCM+2+SANCRT:D:97B:UN+4+29+UNT+2'];
    const report = readContrl(read(interchange([message('1', 'CONTRL:D:3:UN', segments)])).messages[0]!);
    assert.deepEqual([report?.action, report?.outcome], ['received', 'partly-rejected']);
  });

  it('undefined without a usable UCI', () => {
    for (const segments of [[], ['UCI'], ['UCI+R1+A+B+constructor'], ['UCI++A+B+7'], ['UCI+R1+A+B+9']]) {
      const contrl = read(interchange([message('1', 'CONTRL:D:3:UN', segments)]));
      assert.equal(readContrl(contrl.messages[0]!), undefined);
    }
  });
});

describe('properties of CONTRL', () => {
  const codesUrl = new URL('../../reference/edifact/CONTRL-CODES.json', import.meta.url);
  const { errorCodes } = JSON.parse(readFileSync(codesUrl, 'utf8')) as {
    errorCodes: Record<string, { v3: boolean; v4: boolean; levels: string[] | null }>;
  };
  const bases = [
    good,
    `UNA:+.? '${good}`,
    good.replace('UNOC:3', 'UNOA:2'),
    good.replace('UNOC:3', 'UNOY:4').replace('261102', '20261102'),
    good.replace('UNH+1', "UNG+A'UNH+1"),
    good
      .replace('UNH+1', "UNG+SANCRT+AQIS:1+CBP+261102:0930+G1+UN+D:97B'UNH+1")
      .replace('UNH+2', "UNE+1+G1'UNG+SANCRT+AQIS:1+CBP+261102:0930+G2+UN+D:97B'UNH+2")
      .replace('UNZ+2', "UNE+1+G2'UNZ+2"),
  ];
  const damage = fc.record({
    at: fc.nat(400),
    remove: fc.nat(3),
    insert: fc.string({
      unit: fc.constantFrom("'", '+', ':', '?', 'a', '9', '\x07', 'é', "UNH+1'", "UNT'", "UNZ'", '*'),
      maxLength: 4,
    }),
  });

  it('every CONTRL conforms to its directory and reads back, whatever was done to its subject', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bases), fc.array(damage, { maxLength: 3 }), (base, damages) => {
        const damaged = damages.reduce((text, { at, remove, insert }) => {
          return text.slice(0, at) + insert + text.slice(at + remove);
        }, base);
        let subject: Interchange;
        try {
          subject = judgeByAgreement(readInterchange(Buffer.from(damaged, 'latin1')), agreement);
        } catch (error) {
          assert.ok(error instanceof EdifactError);
          return;
        }
        const version = subject.syntax.version === '4' ? 'v4' : 'v3';
        for (const { level, code } of allFindings(subject)) {
          assert.ok(errorCodes[code]?.[version], `${code} is not of ${version}`);
          assert.ok(errorCodes[code].levels?.includes(level), `${code} at ${level}`);
        }
        const written = validated(answer(subject));
        assert.deepEqual(faultsIn(written), []);
        const report = readContrl(written.messages[0]!);
        assert.equal(report?.interchangeReference, subject.reference);
        assert.deepEqual([report.sender, report.recipient], [subject.sender, subject.recipient]);
        assert.equal(report.action === 'rejected', subject.findings.length > 0);
      }),
      { numRuns: 400 },
    );
  });

  it('every CONTRL conforms to its directory, whatever findings it tells', () => {
    const finding = (levels: readonly Level[]): fc.Arbitrary<Finding> =>
      fc.record({
        level: fc.constantFrom(...levels),
        code: fc.constantFrom(...Object.keys(errorCodes)),
        tag: fc.constantFrom('', 'UNA', 'UNB', 'UNH', 'UNT', 'UNZ', 'UNO', 'BGM', "b'"),
        segment: fc.oneof(fc.nat(4), fc.nat(999_999)),
        element: fc.option(fc.nat(1200).map((position) => position + 1), { nil: undefined }),
        component: fc.option(fc.nat(1200).map((position) => position + 1), { nil: undefined }),
        occurrence: fc.option(fc.nat(120).map((count) => count + 1), { nil: undefined }),
        offset: fc.constant(0),
        expected: fc.constant(''),
        text: fc.constant(''),
      }); // prettier-ignore
    const content = fc.record({ everyMessage: fc.boolean(), receiptOnly: fc.boolean() });
    const samples = fc.tuple(
      fc.constantFrom(...bases),
      fc.oneof(fc.constant([]), fc.array(finding(['UCI']), { maxLength: 2 })),
      fc.array(finding(['UCF']), { maxLength: 2 }),
      fc.array(finding(['UCM', 'UCS', 'UCD']), { maxLength: 150 }),
      content,
    );
    fc.assert(
      fc.property(samples, ([base, findings, ofGroup, ofFirst, options]) => {
        const read = readInterchange(Buffer.from(base, 'latin1'), { ...EDIFACT_LIMITS, groups: true });
        const groups = read.groups?.map((group, index) => ({ ...group, findings: index === 0 ? ofGroup : [] }));
        const subject = withFindings({ ...read, groups }, [...findings, ...read.findings], ofFirst);
        const written = validated(answer(subject, options));
        const [contrl] = written.messages;
        assert.deepEqual(faultsIn(written), []);
        for (const { level, code } of readContrl(contrl!)?.findings ?? []) {
          assert.ok(isTellable(code, level, written.syntax), `${code} at ${level}`);
        }
      }),
      { numRuns: 300 },
    );
  });
});
