import type { RuleError } from '../ecert/certificate.ts';
import type { AnswerContext } from '../ecert/cusres.ts';
import { type JudgementContext, ruleError } from '../ecert/judgement.ts';
import { type Query, judgeQuery } from '../ecert/query-rules.ts';
import { makeQueryRejection, makeReport } from '../ecert/report.ts';
import { type QueryRequest, readReqdoc } from '../ecert/reqdoc.ts';
import { dayAt } from '../ecert/calendar.ts';
import { isMessageRejected } from '../edifact/contrl.ts';
import type { Interchange } from '../edifact/interchange.ts';
import type { WritableMessage } from '../edifact/writer.ts';
import type { CertificateChange, Store } from '../store/store.ts';
import { type Register, type Standing, standingOf, standings } from './standings.ts';

/** Queries that were answered: each with a report, or with what is wrong. */
export interface AnsweredQueries {
  readonly messages: readonly WritableMessage[];
  readonly accepted: number;
  readonly rejected: number;
  /** How many certificates may still be reported. */
  readonly left: number;
}

/** The queries in those messages of an interchange that are free of syntax errors. */
export function queriesOf(subject: Interchange): QueryRequest[] {
  return subject.messages
    .filter((message) => message.type === 'REQDOC' && !isMessageRejected(message, subject))
    .map(readReqdoc);
}

/**
 * Answers queries in their order: of the asking participant's own certificates alone.
 *
 * @param pending changes that are not on file yet
 * @param most certificates in all reports together. Behind the query that goes beyond them nothing more is looked for: one
 *   payload may bring any number of queries.
 */
export async function answerQueries(
  requests: readonly QueryRequest[],
  pending: readonly CertificateChange[],
  store: Store,
  context: JudgementContext,
  answer: AnswerContext,
  most: number,
): Promise<AnsweredQueries> {
  const { environment, reference, now } = context;
  const register = { store, environment, reference, clock: () => now };
  const messages: WritableMessage[] = [];
  let [left, rejected] = [most, 0];
  for (const request of requests) {
    const found = await findReported(request, pending, register, context, left);
    if (Array.isArray(found)) {
      messages.push(...makeReport(request, found, answer));
      left -= found.length;
    } else {
      messages.push(makeQueryRejection(request, found.errors, answer));
      rejected += 1;
      if (found.errors.some(({ rule }) => rule === 'query-too-large')) left = 0;
    }
  }
  return { messages, accepted: requests.length - rejected, rejected, left };
}

async function findReported(
  request: QueryRequest,
  pending: readonly CertificateChange[],
  register: Register,
  context: JudgementContext,
  most: number,
): Promise<Standing[] | { readonly errors: readonly RuleError[] }> {
  const participant = context.sender.id;
  const tooLarge = { errors: [ruleError(context.reference, 'query-too-large')] };
  const numbers = request.certificates;
  const own =
    numbers.length === 0 ? [] : await reported({ ...everything, numbers }, participant, pending, register, most);
  if (own === undefined) return tooLarge;
  const decision = judgeQuery(request, new Set(own.map(({ registration }) => registration.number)), context);
  if (decision.kind === 'reject') return decision;
  return (await reported(decision.query, participant, pending, register, most)) ?? tooLarge;
}

const everything: Query = { from: undefined, to: undefined, condition: undefined, numbers: undefined };

/**
 * The certificates of a participant that a query asks for, by number.
 *
 * @param most certificates
 * @returns undefined when they are more
 */
export async function reported(
  query: Query,
  participant: string,
  pending: readonly CertificateChange[],
  register: Register,
  most: number,
): Promise<Standing[] | undefined> {
  if (most === 0) return undefined;
  const { condition, numbers, from: issuedFrom, to: issuedTo } = query;
  const today = dayAt(register.clock(), 0);
  const changed = new Map(pending.map(({ record }) => [record.number, record]));
  const found: Standing[] = [];
  for await (const one of standings({ participant, condition, numbers, issuedFrom, issuedTo }, register)) {
    if (changed.has(one.registration.number)) continue;
    if (found.push(one) > most) return undefined;
  }
  // What is changed was not used, or it would not have been.
  const fresh = [...changed.values()]
    .filter((record) => record.participant === participant)
    .map((record) => standingOf({ ...record, usage: [] }, register.reference, today))
    .filter(isAskedFor(query));
  const all = [...found, ...fresh].sort((a, b) => (a.registration.number < b.registration.number ? -1 : 1));
  return all.length > most ? undefined : all;
}

/** As the store selects them. */
function isAskedFor({ from, to, condition, numbers }: Query): (one: Standing) => boolean {
  const asked = numbers && new Set(numbers);
  return ({ registration: { issueDate, number }, ...one }) =>
    (from === undefined || issueDate >= from) &&
    (to === undefined || issueDate <= to) &&
    (condition === undefined || condition === one.condition) &&
    (asked?.has(number) ?? true);
}
