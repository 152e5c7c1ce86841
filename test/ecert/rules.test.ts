import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JudgementContext } from '../../src/ecert/judgement.ts';
import type { Registration } from '../../src/ecert/certificate.ts';
import { parseReference } from '../../src/ecert/reference.ts';
import { judgeAll } from '../../src/ecert/rules.ts';
import {
  body,
  bodyWith,
  context,
  decisionOn,
  reference,
  referenceFiles,
  registered,
  requestOf,
  rulesOf,
} from './samples.ts';

interface Case {
  readonly rule: string;
  /** What is exchanged in a good certificate. */
  readonly changes?: Readonly<Record<string, string>>;
  readonly context?: Partial<JudgementContext>;
  readonly known?: Registration;
  readonly breaks: readonly string[];
}

const used = { ...registered, lines: [{ hts: '020230', unit: 'KGM', certified: 18000, used: 1 }] };
const cancelled = { ...registered, state: 'cancelled' } as const;
const foreign = { ...registered, sender: 'NZMPI' };
const asked = (code: string) => ({ BGM: `BGM+811+6AU000123+${code}` });
const numbered = (number: string) => ({ BGM: `BGM+811+${number}+9` });
const dated = (date: string) => ({ DTM: `DTM+182:${date}` });
const measured = (quantity: string) => ({ MEA: `MEA+AAJ+AAI+KGM:${quantity}` });
const sugar = (number: string) => ({ ...numbered(number), RFF: 'RFF+ABJ:SUGAR', PIA: 'PIA+5+170199:HS' });
const lamb = (number: string) => ({ ...numbered(number), RFF: 'RFF+ABJ:LAMB', PIA: 'PIA+5+020422:HS' });
const on = (now: string) => ({ now: new Date(now) });

const uruguay = { ...numbered('6UY000123'), LOC: 'LOC+27+UY' };
const ofUruguay = { sender: { ...context.sender, countries: ['UY'] } };

const demanding = { reference: parseReference({ ...referenceFiles, programmes: withRequired() }) };

function withRequired() {
  const files = structuredClone(referenceFiles.programmes) as { programmes: { BEEF: object } };
  Object.assign(files.programmes.BEEF, { required: ['manufacturer-id', 'manufacturer-name'] });
  return files;
}

const lenient = {
  reference: parseReference({
    ...referenceFiles,
    programmes: { ...(referenceFiles.programmes as object), importerForms: ['[0-9]+'] },
  }),
};

const cases: readonly Case[] = [
  { rule: 'a good certificate breaks none', breaks: [] },

  { rule: 'number: missing', changes: { BGM: 'BGM+811++9' }, breaks: ['number-malformed'] },
  { rule: 'number: longer than an..35', changes: numbered('6AU'.repeat(12)), breaks: ['number-malformed'] },
  { rule: 'number: beef has six digits behind the country', changes: numbered('6AU00012X'), breaks: ['number-malformed'] },
  { rule: 'number: too short', changes: numbered('6AU00012'), breaks: ['number-malformed'] },
  { rule: 'number: lower case', changes: numbered('6au000123'), breaks: ['number-malformed'] },
  { rule: 'number: its country is not that of origin', changes: numbered('6NZ000123'), breaks: ['number-country'] },
  { rule: "number: its country is not the sender's", context: { sender: { ...context.sender, countries: ['NZ'] } }, breaks: ['country-not-authorised', 'number-country'] },
  { rule: 'number: sugar-containing products have eight letters or digits', changes: sugar('A1B2C3D4'), breaks: [] },
  { rule: 'number: nine are too many for sugar-containing products', changes: sugar('6AU000123'), breaks: ['number-malformed'] },
  { rule: 'number: lamb has six letters or digits behind the country', changes: lamb('6AUX0012Z'), breaks: [] },

  { rule: 'year digit: of last year', changes: numbered('5AU000123'), breaks: ['number-year'] },
  { rule: 'year digit: of next year', changes: numbered('7AU000123'), breaks: ['number-year'] },
  { rule: 'year digit: the new year begins where the certificate is issued', changes: { ...numbered('7AU000123'), ...dated('20270101:102') }, context: on('2026-12-31T20:00:00Z'), breaks: [] },
  { rule: 'year digit: and the old one ends there', context: on('2026-12-31T20:00:00Z'), breaks: ['number-year'] },
  { rule: 'year digit: of the same year ten years ago, when it was issued', changes: dated('20161231:102'), breaks: ['number-year'] },
  { rule: 'year digit: issued after that year', changes: dated('20170101:102'), breaks: [] },
  { rule: 'year digit: issued in a year that no calendar has', changes: dated('00000101:102'), breaks: ['number-year'] },
  { rule: 'year digit: of a quota year ten years ago', changes: { ...lamb('6AU000123'), ...dated('20170721:102') }, breaks: ['number-year'] },
  { rule: 'year digit: the last moment of a year in Australia', context: on('2026-12-31T12:59:59.999Z'), breaks: [] },
  { rule: 'year digit: the first moment of a year in Australia', context: on('2026-12-31T13:00:00Z'), breaks: ['number-year'] },
  { rule: 'year digit: the last moment of a year in Uruguay', changes: uruguay, context: { ...on('2027-01-01T01:59:59.999Z'), ...ofUruguay }, breaks: [] },
  { rule: 'year digit: the first moment of a year in Uruguay', changes: uruguay, context: { ...on('2027-01-01T02:00:00Z'), ...ofUruguay }, breaks: ['number-year'] },
  { rule: 'issue date: 29 February, on that day', changes: { ...numbered('8AU000123'), ...dated('20280229:102') }, context: on('2028-02-28T13:00:00Z'), breaks: [] },
  { rule: 'issue date: 29 February, a moment before that day', changes: { ...numbered('8AU000123'), ...dated('20280229:102') }, context: on('2028-02-28T12:59:59.999Z'), breaks: ['issue-date-in-future'] },
  { rule: 'year digit: a quota year before its first day', changes: lamb('5AU000123'), context: on('2026-07-21T09:00:00Z'), breaks: ['issue-date-in-future'] },
  { rule: 'year digit: a quota year from its first day', changes: { ...lamb('6AU000123'), ...dated('20260721:102') }, context: on('2026-07-22T09:00:00Z'), breaks: [] },

  { rule: 'original: the number is registered', known: registered, breaks: ['already-registered'] },
  { rule: "original: the number is registered as somebody else's", known: foreign, breaks: ['already-registered'] },
  { rule: 'original: the number was cancelled', known: cancelled, breaks: ['certificate-cancelled'] },
  { rule: 'replace: unknown', changes: asked('5'), breaks: ['certificate-unknown'] },
  { rule: "replace: somebody else's is unknown", changes: asked('5'), known: foreign, breaks: ['certificate-unknown'] },
  { rule: 'replace: in use', changes: asked('5'), known: used, breaks: ['certificate-in-use'] },
  { rule: 'replace: cancelled', changes: asked('5'), known: cancelled, breaks: ['certificate-cancelled'] },
  { rule: 'replace: after its year', changes: asked('5'), known: registered, context: on('2027-01-01T00:00:00Z'), breaks: ['number-year'] },
  { rule: 'replace: carries everything as if original', changes: { ...asked('5'), 'PNA+IM': '', MEA: '' }, known: registered, breaks: ['importer-missing', 'quantity-missing', 'unit-missing'] },
  { rule: 'cancel: unknown', changes: asked('1'), breaks: ['certificate-unknown'] },
  { rule: "cancel: somebody else's is unknown", changes: asked('1'), known: foreign, breaks: ['certificate-unknown'] },
  { rule: 'cancel: in use', changes: asked('1'), known: used, breaks: ['certificate-in-use'] },
  { rule: 'cancel: cancelled', changes: asked('1'), known: cancelled, breaks: ['certificate-cancelled'] },
  { rule: 'cancel: the country is another', changes: { ...asked('1'), LOC: 'LOC+27+NZ' }, known: registered, context: { sender: { ...context.sender, countries: ['AU', 'NZ'] } }, breaks: ['number-country'] },
  { rule: 'cancel: number missing', changes: { BGM: 'BGM+811++1' }, breaks: ['number-malformed'] },
  { rule: 'cancel: date missing', changes: { ...asked('1'), DTM: '' }, known: registered, breaks: ['issue-date-missing'] },
  { rule: 'cancel: country missing', changes: { ...asked('1'), LOC: '' }, known: registered, breaks: ['country-missing'] },
  { rule: 'cancel: after its year too', changes: asked('1'), known: registered, context: on('2027-02-01T00:00:00Z'), breaks: [] },

  { rule: 'issue date: missing', changes: { DTM: '' }, breaks: ['issue-date-missing'] },
  { rule: 'issue date: no such day', changes: dated('20260230:102'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: no such month', changes: dated('20261301:102'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: no leap year', changes: dated('20250229:102'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: a leap year', changes: dated('20240229:102'), breaks: [] },
  { rule: 'issue date: a century that is a leap year', changes: { ...sugar('A1B2C3D4'), ...dated('20000229:102') }, breaks: [] },
  { rule: 'issue date: a century that is none', changes: { ...sugar('A1B2C3D4'), ...dated('19000229:102') }, breaks: ['issue-date-malformed'] },
  { rule: 'issue date: six digits', changes: dated('261030:102'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: another format', changes: dated('20261030:203'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: no format', changes: dated('20261030'), breaks: ['issue-date-malformed'] },
  { rule: 'issue date: tomorrow', changes: dated('20261103:102'), breaks: ['issue-date-in-future'] },
  { rule: 'issue date: already today somewhere, where the country is unknown', changes: { ...dated('20261103:102'), LOC: 'LOC+27+ZZ' }, context: on('2026-11-02T10:00:00Z'), breaks: ['country-not-taking-part', 'country-not-authorised', 'number-country'] },
  { rule: 'issue date: already today where it is issued', changes: dated('20261103:102'), context: on('2026-11-02T20:00:00Z'), breaks: [] },

  { rule: 'HTS: missing', changes: { PIA: '' }, breaks: ['hts-missing'] },
  { rule: 'HTS: not qualified as such', changes: { PIA: 'PIA+5+020230:SA' }, breaks: ['hts-missing'] },
  { rule: 'HTS: eight digits', changes: { PIA: 'PIA+5+02023000:HS' }, breaks: ['hts-malformed'] },
  { rule: 'HTS: with dots', changes: { PIA: 'PIA+5+0202.30:HS' }, breaks: ['hts-malformed'] },
  { rule: 'HTS: chapter 00', changes: { PIA: 'PIA+5+000230:HS' }, breaks: ['hts-chapter'] },
  { rule: 'HTS: chapter 98', changes: { PIA: 'PIA+5+980230:HS' }, breaks: ['hts-chapter'] },
  { rule: 'HTS: a heading of the programme in the middle', changes: { PIA: 'PIA+5+170201:HS' }, breaks: ['hts-not-in-programme'] },
  { rule: 'HTS: not in the programme', changes: { PIA: 'PIA+5+020329:HS' }, breaks: ['hts-not-in-programme'] },

  { rule: 'quantity: missing', changes: measured(''), breaks: ['quantity-missing'] },
  { rule: 'quantity: zero', changes: measured('0'), breaks: ['quantity-zero'] },
  { rule: 'quantity: zeros', changes: measured('000'), breaks: ['quantity-zero'] },
  ...['18000.0', '18000,5', '18000.', '-5', '?+5', '1E3', ' 5', '0x10', '5KG', '1 000'].map((quantity) => ({
    rule: `quantity: ${quantity} is not whole`,
    changes: measured(quantity),
    breaks: ['quantity-not-whole'],
  })),
  { rule: 'quantity: the largest', changes: measured('999999999'), breaks: [] },
  { rule: 'quantity: leading zeros', changes: measured('000000000000000001'), breaks: [] },
  { rule: 'quantity: too large', changes: measured('1000000000'), breaks: ['quantity-too-large'] },
  { rule: 'quantity: beyond what a number holds', changes: measured('9007199254740993'), breaks: ['quantity-too-large'] },
  { rule: 'quantity: ten thousand digits', changes: measured('9'.repeat(10_000)), breaks: ['quantity-too-large'] },

  { rule: 'quantity: beyond what a number holds, of a programme that is unknown', changes: { ...measured('9007199254740992'), RFF: 'RFF+ABJ:PORK' }, breaks: ['programme-unknown', 'quantity-too-large'] },

  { rule: 'unit: missing', changes: { MEA: 'MEA+AAJ+AAI+:18000' }, breaks: ['unit-missing'] },
  { rule: 'unit: unknown', changes: { MEA: 'MEA+AAJ+AAI+KG:18000' }, breaks: ['unit-unknown'] },
  { rule: "unit: not the programme's", changes: { MEA: 'MEA+AAJ+AAI+TNE:18' }, breaks: ['unit-not-of-programme'] },
  { rule: 'unit and quantity: missing', changes: { MEA: '' }, breaks: ['quantity-missing', 'unit-missing'] },
  { rule: 'line: missing, though MEA and PIA are there', changes: { LIN: '' }, breaks: ['line-missing'] },

  { rule: 'importer: missing', changes: { 'PNA+IM': '' }, breaks: ['importer-missing'] },
  { rule: 'importer: empty', changes: { 'PNA+IM': 'PNA+IM' }, breaks: ['importer-missing'] },
  { rule: 'importer: NN-NNNNNNNXX', changes: { 'PNA+IM': 'PNA+IM+12-3456789AB' }, breaks: [] },
  { rule: 'importer: NNN-NN-NNNN', changes: { 'PNA+IM': 'PNA+IM+123-45-6789' }, breaks: [] },
  { rule: 'importer: YYDDPP-NNNNN', changes: { 'PNA+IM': 'PNA+IM+260101-12345' }, breaks: [] },
  ...['12-3456789', '12-3456789A', '12345678900', '12-3456789ab', '123-456-789', '26010-12345', 'X12-345678900'].map((importer) => ({
    rule: `importer: ${importer} is malformed`,
    changes: { 'PNA+IM': `PNA+IM+${importer}` },
    breaks: ['importer-malformed'],
  })),
  { rule: 'importer: longer than an..35, whatever forms there are', changes: { 'PNA+IM': `PNA+IM+${'1'.repeat(36)}` }, context: lenient, breaks: ['importer-malformed'] },
  { rule: 'importer: an..35, of a form of the agency', changes: { 'PNA+IM': `PNA+IM+${'1'.repeat(35)}` }, context: lenient, breaks: [] },
  { rule: 'manufacturer: optional', changes: { 'PNA+MF': '' }, breaks: [] },
  { rule: 'manufacturer: missing where the programme requires it', changes: { 'PNA+MF': '' }, context: demanding, breaks: ['manufacturer-missing'] },
  { rule: 'manufacturer: its name missing where the programme requires it', changes: { 'PNA+MF': 'PNA+MF+AUEXAMEA123SYD' }, context: demanding, breaks: ['manufacturer-missing'] },
  { rule: 'manufacturer: there where the programme requires it', context: demanding, breaks: [] },

  { rule: 'country: missing', changes: { LOC: '' }, breaks: ['country-missing'] },
  { rule: 'country: does not take part at all', changes: { LOC: 'LOC+27+BR', ...numbered('6BR000123') }, context: { sender: { ...context.sender, countries: ['BR'] } }, breaks: ['country-not-taking-part'] },
  { rule: 'country: does not take part in the programme', changes: { LOC: 'LOC+27+MX', ...numbered('6MX000123') }, context: { sender: { ...context.sender, countries: ['MX'] } }, breaks: ['country-not-taking-part'] },
  { rule: 'country: the sender is not authorised for it', changes: { LOC: 'LOC+27+NZ', ...numbered('6NZ000123') }, breaks: ['country-not-authorised', 'number-country'] },

  { rule: 'programme: missing', changes: { RFF: '' }, breaks: ['programme-missing'] },
  { rule: 'programme: unknown', changes: { RFF: 'RFF+ABJ:PORK' }, breaks: ['programme-unknown'] },
  { rule: 'programme: textiles in square metres equivalent', changes: { BGM: 'BGM+811+6MX0001AB+9', LOC: 'LOC+27+MX', RFF: 'RFF+ABJ:TPL', MEA: 'MEA+AAJ+AAI+SME:500', PIA: 'PIA+5+620342:HS' }, context: { sender: { ...context.sender, countries: ['MX'] } }, breaks: [] },

  { rule: 'function: unknown', changes: asked('4'), breaks: ['function-unknown'] },
  { rule: 'function: missing', changes: { BGM: 'BGM+811+6AU000123' }, breaks: ['function-unknown'] },
  { rule: 'function: a name that objects have', changes: asked('constructor'), breaks: ['function-unknown'] },
  { rule: 'document: not an export licence', changes: { BGM: 'BGM+852+6AU000123+9' }, breaks: ['document-unknown'] },
  { rule: 'repeated: two importers', changes: { 'PNA+IM': "PNA+IM+12-345678900'NAD+IM+98-765432100" }, breaks: ['repeated'] },
  { rule: 'repeated: two dates of issue', changes: { DTM: "DTM+182:20261030:102'DTM+182:20261029:102" }, breaks: ['repeated'] },
  { rule: 'repeated: two countries of origin', changes: { LOC: "LOC+27+AU'LOC+27+NZ" }, breaks: ['repeated'] },
  { rule: 'repeated: not so a place of another kind', changes: { LOC: "LOC+9+NZAKL'LOC+27+AU" }, breaks: [] },
  { rule: 'repeated: not so a product number of another kind', changes: { PIA: "PIA+1+020130:HS'PIA+5+020230:HS" }, breaks: [] },
  { rule: 'repeated: two programmes', changes: { RFF: "RFF+ABJ:BEEF'RFF+ABJ:LAMB" }, breaks: ['repeated'] },
  { rule: 'repeated: two HTS numbers in a line', changes: { PIA: "PIA+5+020230:HS'PIA+5+020130:HS" }, breaks: ['repeated'] },
  { rule: 'repeated: a quantity with 6313 and one without', changes: { MEA: "MEA+AAJ+AAI+KGM:1'MEA+AAJ++KGM:2" }, breaks: ['repeated'] },
  { rule: 'repeated: two quantities in a line', changes: { MEA: "MEA+AAJ+AAI+KGM:1'MEA+AAJ+AAI+KGM:2" }, breaks: ['repeated'] },

  { rule: 'a test message in production', context: { testIndicator: true }, breaks: ['test-in-production'] },
  { rule: 'a test message in production of a sender who is not certified for it', context: { testIndicator: true, sender: { ...context.sender, stage: 'application-test' } }, breaks: ['test-in-production'] },
  { rule: 'a production message in test', context: { environment: 'test' }, breaks: ['production-in-test'] },
  { rule: 'a test message in test', context: { environment: 'test', testIndicator: true }, breaks: [] },
  { rule: 'a sender who is not certified for production', context: { sender: { ...context.sender, stage: 'application-test' } }, breaks: ['not-certified-for-production'] },
  { rule: 'a sender who is in link test', context: { environment: 'test', testIndicator: true, sender: { ...context.sender, stage: 'link-test' } }, breaks: ['in-link-test'] },
]; // prettier-ignore

describe('the rules of a certificate', () => {
  for (const { rule, changes = {}, context: change, known, breaks } of cases) {
    it(rule, () => assert.deepEqual(rulesOf(decisionOn(bodyWith(changes), change, known)), breaks));
  }

  it('every rule is broken by one of these', () => {
    const broken = new Set(cases.flatMap(({ breaks }) => breaks));
    assert.deepEqual(
      [...reference.errors.byRule.keys()].filter((rule) => !broken.has(rule) && !rule.startsWith('query-')),
      ['more-errors'],
    );
  });

  it('all that is wrong is told at once, with code, text and line', () => {
    const line = "LIN+2'MEA+AAJ+AAI+KGM:0'PIA+5+02:HS";
    const decision = decisionOn([...bodyWith({ LOC: 'LOC+27+NZ', 'PNA+IM': '' }), ...line.split("'")]);
    assert.deepEqual(rulesOf(decision), [
      'country-not-authorised',
      'number-country',
      'importer-missing',
      'hts-malformed',
      'quantity-zero',
    ]);
    assert.ok(decision.kind === 'reject');
    assert.deepEqual(decision.errors.at(-1), {
      rule: 'quantity-zero',
      code: 'E06',
      element: 'MEA C174 6314',
      text: 'QUANTITY IS ZERO',
      line: 2,
    });
  });
});

describe('what becomes of a certificate', () => {
  it('an original is registered', () => {
    assert.deepEqual(decisionOn(body), { kind: 'register', registration: registered });
  });

  it('a replacement takes the place of what it replaces', () => {
    const changed = bodyWith({ ...asked('5'), ...measured('17000') });
    assert.deepEqual(decisionOn(changed, {}, registered), {
      kind: 'replace',
      registration: { ...registered, version: 2, lines: [{ ...registered.lines[0], certified: 17000 }] },
    });
  });

  it('a cancellation needs number, date and country alone', () => {
    const short = ['BGM+811+6AU000123+1', 'DTM+182:20261030:102', 'LOC+27+AU'];
    assert.deepEqual(decisionOn(short, {}, registered), {
      kind: 'cancel',
      registration: { ...registered, state: 'cancelled', version: 2 },
    });
  });

  it('of one interchange each is judged after those before it', () => {
    const original = requestOf(body);
    const cancel = requestOf(bodyWith(asked('1')));
    const replace = requestOf(bodyWith(asked('5')));
    const other = requestOf(bodyWith(numbered('6AU000124')));
    const decisions = judgeAll([original, original, replace, other, cancel, cancel, original], new Map(), context);
    assert.deepEqual(
      decisions.map((decision) => (decision.kind === 'reject' ? rulesOf(decision) : decision.kind)),
      ['register', ['already-registered'], 'replace', 'register', 'cancel', ['certificate-cancelled'], ['certificate-cancelled']],
    ); // prettier-ignore
  });

  it('what was refused leaves no trace for those behind it', () => {
    const bad = requestOf(bodyWith(measured('0')));
    const kinds = judgeAll([bad, requestOf(body)], new Map(), context).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['reject', 'register']);
  });

  it('no order of requests leads to two live versions, or to a change of what is cancelled', () => {
    const request = fc.constantFrom('9', '5', '1', '4').map((code) => requestOf(bodyWith(asked(code))));
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        let current: Registration | undefined;
        for (const decision of judgeAll(requests, new Map(), context)) {
          if (decision.kind === 'reject') continue;
          if (decision.kind === 'register') assert.equal(current, undefined);
          else assert.ok(current);
          assert.notEqual(current?.state, 'cancelled');
          assert.equal(decision.registration.version, (current?.version ?? 0) + 1);
          current = decision.registration;
        }
      }),
    );
  });
});
