import { type Day, dayOf } from './calendar.ts';
import type { RuleError } from './certificate.ts';
import { judgeEnvironment } from './head-rules.ts';
import { type Breach, type JudgementContext, ruleError } from './judgement.ts';
import type { LocatedDay } from './located.ts';
import type { QueryRequest } from './reqdoc.ts';
import { type Condition, conditions } from './standing.ts';

/** What is asked for, as far as it can be told. */
export interface Query {
  /** Days of issue, both included. */
  readonly from: Day | undefined;
  readonly to: Day | undefined;
  /** Undefined: all. */
  readonly condition: Condition | undefined;
  /** Undefined: all. */
  readonly numbers: readonly string[] | undefined;
}

export type QueryDecision =
  | { readonly kind: 'report'; readonly query: Query }
  | { readonly kind: 'reject'; readonly errors: readonly RuleError[] };

/**
 * Judges a query: every rule that it breaks, not the first alone.
 *
 * @param own those of the certificates asked for by number that are the sender's; that somebody else's exist is not told
 */
export function judgeQuery(request: QueryRequest, own: ReadonlySet<string>, context: JudgementContext): QueryDecision {
  const errors: RuleError[] = [];
  const breach: Breach = (rule, at) => errors.push(ruleError(context.reference, rule, at));
  const { document, number, function: code, subject, requester, certificates, repeated, to: end } = request;
  judgeEnvironment(context, breach);
  if (document?.value !== '21') breach('query-document-unknown', document);
  if (number === undefined || number.value.length > 35) breach('query-number-malformed', number);
  if (code?.value !== '13') breach('query-function-unknown', code);
  if (subject?.value !== '811') breach('query-subject-unknown', subject);
  for (const at of repeated) breach('query-repeated', at);
  if (!isSender(requester?.value ?? '', context)) breach('query-requester', requester);
  const [from, to] = [judgeDay(request.from, breach), judgeDay(end, breach)];
  if (from !== undefined && to !== undefined && to < from) breach('query-period-reversed', end);
  const condition = conditionIn(request, context, breach);
  for (const one of certificates) if (!own.has(one.value)) breach('query-certificate-unknown', one);
  if (errors.length > 0) return { kind: 'reject', errors };
  const numbers = certificates.length === 0 ? undefined : certificates.map(({ value }) => value);
  return { kind: 'report', query: { from, to, condition, numbers } };
}

/** S002 0004 of the interchange, without its qualifier. */
function isSender(requester: string, { sender }: JudgementContext): boolean {
  return requester !== '' && (sender.id === requester || sender.id.startsWith(`${requester}:`));
}

function judgeDay(date: LocatedDay | undefined, breach: Breach): Day | undefined {
  if (date === undefined) return undefined;
  const day = dayOf(date);
  if (day === undefined) breach('query-date-malformed', date);
  return day;
}

function conditionIn({ condition }: QueryRequest, { reference }: JudgementContext, breach: Breach) {
  if (condition === undefined) return undefined;
  const known = conditions.find((name) => reference.conditions.get(name)?.code === condition.value);
  if (known === undefined) breach('query-condition-unknown', condition);
  return known;
}
