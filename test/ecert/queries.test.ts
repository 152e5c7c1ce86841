import assert from 'node:assert/strict';

import type { Registration } from '../../src/ecert/certificate.ts';
import { readCusres } from '../../src/ecert/cusres-reader.ts';
import type { JudgementContext } from '../../src/ecert/judgement.ts';
import { judgeQuery, type QueryDecision } from '../../src/ecert/query-rules.ts';
import { makeQueryRejection, makeReport, type Reported } from '../../src/ecert/report.ts';
import { makeReqdoc, type QueryDraft } from '../../src/ecert/reqdoc-writer.ts';
import { readReqdoc } from '../../src/ecert/reqdoc.ts';
import { ruleNames } from '../../src/ecert/rule-names.ts';
import { judge } from '../../src/ecert/rules.ts';
import { makeSancrt } from '../../src/ecert/sancrt-writer.ts';
import { readSancrt } from '../../src/ecert/sancrt.ts';
import { conditionOf } from '../../src/ecert/standing.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import type { Message } from '../../src/edifact/interchange.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { writeInterchange, type WritableMessage } from '../../src/edifact/writer.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { context, reference, registered } from './samples.ts';

/** As it goes out, which conforms to the directory, and as it is read. */
function written(messages: readonly WritableMessage[]): { text: string; read: readonly Message[] } {
  const parties = { sender: { id: 'USCBP' }, recipient: { id: 'AUDAFF' } };
  const head = { syntax: { id: 'UNOC', version: '3' }, ...parties, preparedAt: context.now, reference: 'US1' };
  const bytes = writeInterchange({ ...head, testIndicator: false, messages });
  const read = readInterchange(bytes, { ...EDIFACT_LIMITS, directories: loadDirectory });
  assert.deepEqual(read.messages.flatMap(({ findings }) => findings), []); // prettier-ignore
  return { text: bytes.toString('latin1'), read: read.messages };
}

const draft: QueryDraft = {
  ...{ number: 'Q00017', date: '20261102', from: '20260101', to: '20261101', requester: 'AUDAFF' },
  ...{ condition: '11', certificates: ['6AU000123'] },
};
const own = new Set(['6AU000123']);

/** The decision on a query with segments exchanged: a text for each beginning, empty to leave it out. */
function decided(changes: Readonly<Record<string, string>>, over: Partial<JudgementContext> = {}): QueryDecision {
  const { text } = written([makeReqdoc(draft, '97B')]);
  const segments = text.split("'").flatMap((segment) => {
    const key = Object.keys(changes).find((beginning) => segment.startsWith(beginning));
    return key === undefined ? [segment] : (changes[key] ?? '').split('|').filter((each) => each !== '');
  });
  const count = segments.findIndex((one) => one.startsWith('UNT')) - segments.findIndex((one) => one.startsWith('UNH'));
  const mended = segments.map((one) => (one.startsWith('UNT') ? `UNT+${count + 1}+1` : one)).join("'");
  const [message] = readInterchange(Buffer.from(mended, 'latin1')).messages;
  return judgeQuery(readReqdoc(message as Message), own, { ...context, ...over });
}

const rules: readonly (readonly [rule: string, changes: Record<string, string>, over?: Partial<JudgementContext>])[] = [
  ['query-document-unknown', { BGM: 'BGM+22+Q00017+13' }],
  ['query-number-malformed', { BGM: 'BGM+21++13' }],
  ['query-number-malformed', { BGM: `BGM+21+${'Q'.repeat(36)}+13` }],
  ['query-function-unknown', { BGM: 'BGM+21+Q00017+9' }],
  ['query-subject-unknown', { DOC: 'DOC+911' }],
  ['query-repeated', { GIS: 'GIS+11|GIS+12' }],
  ['query-requester', { NAD: 'NAD+FR+NZMPI' }],
  ['query-requester', { NAD: 'NAD+FR+AUDA' }],
  ['query-date-malformed', { 'DTM+155': 'DTM+155:20260231:102' }],
  ['query-date-malformed', { 'DTM+156': 'DTM+156:2611011200:201' }],
  ['query-date-malformed', { 'DTM+155': 'DTM+155' }],
  ['query-date-malformed', { 'DTM+156': 'DTM+156::102' }],
  ['query-period-reversed', { 'DTM+155': 'DTM+155:20261102:102' }],
  ['query-condition-unknown', { GIS: 'GIS+13' }],
  ['query-condition-unknown', { GIS: 'GIS' }],
  ['query-certificate-unknown', { RFF: 'RFF+EX' }],
  ['query-certificate-unknown', { RFF: 'RFF+EX:6AU000123|RFF+EX:' }],
  ['query-certificate-unknown', { RFF: 'RFF+EX:6AU000123|RFF+EX:6NZ000001' }],
  ['test-in-production', {}, { testIndicator: true }],
  ['in-link-test', {}, { environment: 'test', testIndicator: true, sender: { ...context.sender, stage: 'link-test' } }],
];

describe('the rules of a query', () => {
  it('a good one is read as it was written', () => {
    assert.deepEqual(decided({}), {
      kind: 'report',
      query: { from: '2026-01-01', to: '2026-11-01', condition: 'unmatched', numbers: ['6AU000123'] },
    });
  });

  it('period, condition and numbers may be left out', () => {
    const decision = decided({ 'DTM+155': '', 'DTM+156': '', GIS: '', RFF: '' });
    const query = { from: undefined, to: undefined, condition: undefined, numbers: undefined };
    assert.deepEqual(decision, { kind: 'report', query });
  });

  for (const [rule, changes, over] of rules) {
    it(`${rule}: ${Object.values(changes).join(' ')}`, () => {
      const decision = decided(changes, over);
      assert.equal(decision.kind, 'reject');
      assert.deepEqual(decision.errors.map((error) => error.rule), [rule]); // prettier-ignore
    });
  }

  it('every rule is broken by one of these, but the one that counts certificates', () => {
    const broken = new Set(rules.map(([rule]) => rule));
    const left = ruleNames.filter((rule) => rule.startsWith('query-') && !broken.has(rule));
    assert.deepEqual(left, ['query-too-large']);
  });

  it('all faults are told at once', () => {
    const decision = decided({ BGM: 'BGM+22++9', GIS: 'GIS+13', NAD: 'NAD+FR+X' });
    assert.equal(decision.kind === 'reject' && decision.errors.length, 5);
  });
});

describe('the activity report', () => {
  const request = readReqdoc(written([makeReqdoc(draft, '97B')]).read[0] as Message);
  const answer = { now: context.now, release: '97B', interchangeReference: 'AU17', characterSet: 'UNOC', reference };
  const reported = (over: Partial<Registration> = {}): Reported => {
    const registration = { ...registered, ...over };
    return { registration, condition: conditionOf(registration) };
  };

  it('tells of each certificate: issue, condition, certified, used', () => {
    const lines = [{ hts: '020230', unit: 'KGM', certified: 18000, used: 500 }];
    const { text, read } = written(makeReport(request, [reported({ lines })], answer));
    const expected =
      `BGM+962+Q00017+11+AP'DTM+9:202611020931:203'GIS+32'RFF+ACW:AU17'RFF+AGO:1'DOC+811+6AU000123'` +
      `DTM+182:20261030:102'GIS+10'MEA+AAJ+AAI+KGM:18000'MEA+AAK+ABU+KGM:500'CNT+2:1'UNT`;
    assert.ok(text.includes(expected), text);
    const [certificate] = readCusres(read[0] as Message).certificates;
    const quantities = { certified: '18000 KGM', used: '500 KGM' };
    assert.deepEqual(certificate, { number: '6AU000123', condition: '10', ...quantities });
  });

  it('adds the lines of a certificate up, unit by unit', () => {
    const line = { hts: '020230', unit: 'KGM', certified: 10, used: 0 };
    const lines = [line, { ...line, hts: '020130', certified: 5 }, { ...line, unit: 'LTR', certified: 7 }];
    const { text } = written(makeReport(request, [reported({ lines, state: 'cancelled' })], answer));
    const pairs = "MEA+AAJ+AAI+KGM:15'MEA+AAK+ABU+KGM:0'MEA+AAJ+AAI+LTR:7'MEA+AAK+ABU+LTR:0'";
    assert.ok(text.includes(`GIS+12'${pairs}`), text);
  });

  it('of nothing is a report with no certificate', () => {
    const { text } = written(makeReport(request, [], answer));
    assert.match(text, /BGM\+962\+Q00017\+11\+AP'.*CNT\+2:0'/);
  });

  it('goes out in several messages where one cannot carry it, none of them lost', () => {
    const many = Array.from({ length: 7 }, (_, index) => reported({ number: `6AU00000${index}` }));
    const { read } = written(makeReport(request, many, answer, 3));
    assert.deepEqual(read.map((message) => readCusres(message).certificates.length), [3, 3, 1]); // prettier-ignore
    const numbers = read.flatMap((message) => readCusres(message).certificates.map(({ number }) => number));
    assert.deepEqual(numbers, many.map(({ registration }) => registration.number)); // prettier-ignore
    assert.equal(
      written(
        makeReport(
          request,
          Array.from({ length: 10_000 }, () => reported()),
          answer,
        ),
      ).read.length,
      2,
    );
  });

  for (const release of ['96B', '97A', '97B', '98A', '98B', '99A', '99B', '00A', '00B', '01B']) {
    it(`is of the directory D.${release}, as are its refusal and the query`, () => {
      const directory = { ...answer, release };
      const wrong = decided({ GIS: 'GIS+13' });
      const errors = wrong.kind === 'reject' ? wrong.errors : [];
      const { read } = written([
        ...makeReport(request, [reported(), reported()], directory),
        makeQueryRejection(request, errors, directory),
        makeReqdoc(draft, release),
      ]);
      const [report, refusal, query] = read as [Message, Message, Message];
      assert.deepEqual(
        readCusres(report).certificates.map(({ certified, used }) => [certified, used]),
        Array.from({ length: 2 }, () => ['18000 KGM', '0 KGM']),
      );
      assert.deepEqual([readCusres(refusal).codes, readCusres(refusal).document], [['Q09'], '963']);
      assert.equal(judgeQuery(readReqdoc(query), own, context).kind, 'report');
    });
  }

  for (const release of ['96B', '97A', '97B', '98A', '98B', '99A', '99B', '00A', '00B', '01B']) {
    it(`what a participant sends is of the directory D.${release}`, () => {
      const certificate = { number: '6AU000123', issueDate: '20261030', country: 'AU', programme: 'BEEF' };
      const lines = [{ hts: '020230', unit: 'KGM', quantity: '18000' }];
      const sancrt = { ...certificate, importer: '12-345678900', lines };
      const kinds = ['register', 'replace', 'cancel'] as const;
      const { read } = written(kinds.map((kind) => makeSancrt({ ...sancrt, kind }, release)));
      assert.equal(judge(readSancrt(read[0] as Message), undefined, context).kind, 'register');
    });
  }
});
