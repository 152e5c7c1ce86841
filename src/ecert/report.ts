import type { WritableMessage, WritableSegment } from '../edifact/writer.ts';
import type { RuleError, Registration } from './certificate.ts';
import { acceptance, rejection, type AnswerContext, type Answered } from './cusres.ts';
import { measurement } from './measurements.ts';
import type { QueryRequest } from './reqdoc.ts';
import { type Condition, itemsOf } from './standing.ts';

/** A certificate as a report tells of it. */
export interface Reported {
  readonly registration: Registration;
  readonly condition: Condition;
}

/** Group 6 of CUSRES (DOC) is repeated at most 9999 times. */
const certificatesInMessage = 9999;

/** The Document Activity Report that answers a REQDOC: one CUSRES, or several where one cannot carry it. */
export function makeReport(
  { number, messageReference }: QueryRequest,
  certificates: readonly Reported[],
  context: AnswerContext,
  inMessage = certificatesInMessage,
): WritableMessage[] {
  return reportAbout({ document: '962', number: number, messageReference }, certificates, context, inMessage);
}

/** The same of certificates on which entries drew, for somebody who did not ask. */
export function makeNotice(
  number: string,
  certificates: readonly Reported[],
  context: Omit<AnswerContext, 'interchangeReference'>,
): WritableMessage[] {
  const about = { document: '962', number, messageReference: undefined };
  return reportAbout(about, certificates, { ...context, interchangeReference: '' }, certificatesInMessage);
}

function reportAbout(
  about: Answered,
  certificates: readonly Reported[],
  context: AnswerContext,
  inMessage: number,
): WritableMessage[] {
  const parts = Math.max(1, Math.ceil(certificates.length / inMessage));
  return Array.from({ length: parts }, (_, part) => {
    const here = certificates.slice(part * inMessage, (part + 1) * inMessage);
    const groups = here.flatMap((one) => documentGroup(one, context));
    return acceptance(about, [...groups, ['CNT', ['2', String(here.length)]]], context);
  });
}

/** The CUSRES that refuses a REQDOC. */
export function makeQueryRejection(
  { number, messageReference }: QueryRequest,
  errors: readonly RuleError[],
  context: AnswerContext,
): WritableMessage {
  return rejection({ document: '963', number: number, messageReference }, errors, 1, context);
}

/** Certified and used, one pair for each unit. */
function documentGroup(
  { registration, condition }: Reported,
  { reference, release }: AnswerContext,
): WritableSegment[] {
  const { number, issueDate } = registration;
  return [
    ['DOC', '811', number],
    ['DTM', ['182', issueDate.replaceAll('-', ''), '102']],
    ['GIS', reference.conditions.get(condition)?.code ?? ''],
    ...quantitiesOf(registration).flatMap(({ unit, certified, used }): WritableSegment[] => [
      measurement('certified', unit, String(certified), release),
      measurement('used', unit, String(used), release),
    ]),
  ];
}

export interface UnitQuantity {
  readonly unit: string;
  readonly certified: number;
  readonly used: number;
}

/** What is certified and used in all, by unit. */
export function quantitiesOf(registration: Registration): UnitQuantity[] {
  const sums = new Map<string, UnitQuantity>();
  for (const { unit, certified, used } of itemsOf(registration)) {
    const sum = sums.get(unit) ?? { unit, certified: 0, used: 0 };
    sums.set(unit, { unit, certified: sum.certified + certified, used: sum.used + used });
  }
  return [...sums.values()];
}
