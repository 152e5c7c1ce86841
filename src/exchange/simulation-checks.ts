import { readCusres, type ReportedCertificate, type Response } from '../ecert/cusres-reader.ts';
import type { ScenarioCertificate, ScenarioQuery, ScenarioStep } from '../config/scenario.ts';
import { type ContrlReport, readContrl } from '../edifact/contrl-reader.ts';
import { allFindings } from '../edifact/interchange.ts';
import type { MessageDetail } from '../store/store.ts';
import type { Numbers } from './simulation-draft.ts';
import type { Arrived } from './simulation-inbox.ts';

/** One thing that was expected, beside what came. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly ok: boolean;
}

/** What came in answer to one interchange. */
export interface Answers {
  readonly contrl: ContrlReport | undefined;
  /** By 0062 of the message that they answer. */
  readonly responses: ReadonlyMap<string, Response>;
  /** Our ids of the messages that they came in. */
  readonly messages: readonly string[];
  /** Syntax errors in them (0085). */
  readonly faults: readonly string[];
}

/** @param reference 0020 of our interchange */
export function answersTo(reference: string, arrived: readonly Arrived[]): Answers {
  const found = arrived.flatMap(({ message, interchange }) =>
    interchange.messages.flatMap((one) => {
      const contrl = one.type === 'CONTRL' ? readContrl(one) : undefined;
      const response = one.type === 'CUSRES' ? readCusres(one) : undefined;
      const about = contrl?.interchangeReference ?? response?.interchangeReference;
      return about === reference ? [{ message, interchange, contrl, response }] : [];
    }),
  );
  return {
    contrl: found.find(({ contrl }) => contrl !== undefined)?.contrl,
    responses: together(found.flatMap(({ response }) => response ?? [])),
    messages: [...new Set(found.map(({ message }) => message))],
    faults: [...new Set(found.flatMap(({ interchange }) => allFindings(interchange).map(({ code }) => code)))],
  };
}

/** A report may come in several messages. */
function together(responses: readonly Response[]): Map<string, Response> {
  const by = new Map<string, Response>();
  for (const one of responses) {
    const certificates = [...(by.get(one.messageReference)?.certificates ?? []), ...one.certificates];
    by.set(one.messageReference, { ...one, certificates });
  }
  return by;
}

/** @param unacknowledged ids of our CONTRL that did not get through */
export function checksOf(
  step: ScenarioStep,
  numbers: Numbers,
  sent: MessageDetail | undefined,
  answers: Answers,
  unacknowledged: readonly string[],
): Check[] {
  const receipt = receiptCheck(step, sent);
  if (step.mdn === 'error') return [receipt];
  return [
    receipt,
    contrlCheck(step, answers.contrl),
    ...step.certificates.map((certificate, index) => {
      const what = `${certificate.as} ${numbers.numberOf(certificate)}`;
      return { what, ...responseCheck(certificate, answers.responses.get(String(index + 1))) };
    }),
    ...(step.query === undefined ? [] : queryChecks(step.query, numbers, answers.responses.get('1'))),
    ...(answers.faults.length === 0
      ? []
      : [{ what: 'syntax of the answers', expected: 'no error', got: answers.faults.join(' '), ok: false }]),
    ...unacknowledged.map((id) => ({
      what: 'our CONTRL',
      expected: 'delivered',
      got: `not delivered: ${id}`,
      ok: false,
    })),
  ];
}

/** What is to be said of the MDN for a message; `invalid` is one that is not the partner's word. */
export function receiptVerdict(sent: MessageDetail | undefined): 'processed' | 'error' | 'invalid' | 'none' {
  if (sent?.mdns.some(({ direction }) => direction === 'in') !== true) return 'none';
  return sent.state === 'delivered' ? 'processed' : sent.state === 'refused' ? 'error' : 'invalid';
}

function receiptCheck({ mdn: expected }: ScenarioStep, sent: MessageDetail | undefined): Check {
  const verdict = receiptVerdict(sent);
  const why = sent?.detail ?? (verdict === 'none' ? silence[sent?.state ?? ''] : undefined);
  const got = verdict === 'processed' ? verdict : [verdict, sent?.disposition, why].filter(Boolean).join(': ');
  return { what: 'MDN', expected, got, ok: verdict === expected };
}

/** Of a message about which nothing else is known. */
const silence: Readonly<Record<string, string>> = {
  pending: 'the agency did not answer in time',
  'awaiting-mdn': 'the agency took the message, and its asynchronous MDN did not come in time',
};

function contrlCheck({ contrl: expected }: ScenarioStep, contrl: ContrlReport | undefined): Check {
  const rejected = contrl?.action === 'rejected' || (contrl?.rejectedMessages.length ?? 0) > 0;
  const codes = [...new Set(contrl?.findings.map(({ code }) => code))].join(' ');
  const verdict = contrl === undefined ? 'none' : rejected ? 'rejected' : 'accepted';
  return {
    what: 'CONTRL',
    expected,
    got: `${verdict} ${codes}`.trim(),
    ok: expected === 'any' || expected === verdict,
  };
}

function queryChecks(query: ScenarioQuery, numbers: Numbers, response: Response | undefined): Check[] {
  const rows = query.report.map(({ as, condition, certified, used }) => {
    const number = numbers.numberOf({ as });
    const row = response?.certificates.find((one) => one.number === number);
    const shown = (one: Partial<ReportedCertificate>) =>
      [`condition ${one.condition ?? 'any'}`, `certified ${one.certified ?? 'any'}`, `used ${one.used ?? 'any'}`].join(
        ', ',
      );
    const pairs = [
      [condition, row?.condition],
      [certified, row?.certified],
      [used, row?.used],
    ] as const;
    const ok = row !== undefined && pairs.every(([wanted, is]) => wanted === undefined || wanted === is);
    const expected = shown({ ...(condition && { condition }), ...(certified && { certified }), ...(used && { used }) });
    return { what: `report of ${as} ${number}`, expected, got: row === undefined ? 'not in it' : shown(row), ok };
  });
  return [{ what: 'query', ...responseCheck(query, response) }, ...rows];
}

function responseCheck(
  { expect }: Pick<ScenarioCertificate, 'expect'>,
  response: Response | undefined,
): Omit<Check, 'what'> {
  const expected = typeof expect === 'string' ? expect : `rejected ${expect.join(' ')}`;
  if (response === undefined) return { expected, got: 'nothing', ok: expect === 'nothing' };
  const { accepted, codes } = response;
  const got = `${accepted ? 'accepted' : 'rejected'} ${codes.join(' ')}`.trim();
  return { expected, got, ok: isExpected(expect, response) };
}

function isExpected(expect: ScenarioCertificate['expect'], { accepted, codes }: Response): boolean {
  if (expect === 'any') return true;
  if (expect === 'nothing') return false;
  if (typeof expect === 'string') return accepted === (expect === 'accepted');
  return !accepted && expect.every((code) => codes.includes(code));
}
