import { type Day, dayOf } from './calendar.ts';
import type { RuleError } from './certificate.ts';
import { judgeEnvironment } from './head-rules.ts';
import { type Breach, type JudgementContext, ruleError } from './judgement.ts';
import type { QueryRequest } from './reqdoc.ts';
import { type Condition, conditions } from './standing.ts';
import type { WrittenDay } from './written.ts';

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
  const breach: Breach = (rule) => errors.push(ruleError(context.reference, rule));
  const { document, number, function: code, subject, requester, certificates, repeated, to: end } = request;
  judgeEnvironment(context, breach);
  if (document !== '21') breach('query-document-unknown');
  if (number === undefined || number.length > 35) breach('query-number-malformed');
  if (code !== '13') breach('query-function-unknown');
  if (subject !== '811') breach('query-subject-unknown');
  repeated.forEach(() => breach('query-repeated'));
  if (!isSender(requester ?? '', context)) breach('query-requester');
  const [from, to] = [judgeDay(request.from, breach), judgeDay(end, breach)];
  if (from !== undefined && to !== undefined && to < from) breach('query-period-reversed');
  const condition = conditionIn(request, context, breach);
  for (const one of certificates) if (!own.has(one)) breach('query-certificate-unknown');
  if (errors.length > 0) return { kind: 'reject', errors };
  const numbers = certificates.length === 0 ? undefined : certificates;
  return { kind: 'report', query: { from, to, condition, numbers } };
}

/** S002 0004 of the interchange, without its qualifier. */
function isSender(requester: string, { sender }: JudgementContext): boolean {
  return requester !== '' && (sender.id === requester || sender.id.startsWith(`${requester}:`));
}

function judgeDay(date: WrittenDay | undefined, breach: Breach): Day | undefined {
  if (date === undefined) return undefined;
  const day = dayOf(date);
  if (day === undefined) breach('query-date-malformed');
  return day;
}

function conditionIn({ condition }: QueryRequest, { reference }: JudgementContext, breach: Breach) {
  if (condition === undefined) return undefined;
  const known = conditions.find((name) => reference.conditions.get(name)?.code === condition);
  if (known === undefined) breach('query-condition-unknown');
  return known;
}
