import type { RuleError } from './certificate.ts';
import type { Country, EcertReference } from './reference.ts';
import { type Day, dayAt } from './calendar.ts';
import type { RuleName } from './rule-names.ts';
import type { Stage } from './stages.ts';

/** What a request is judged by, besides itself. */
export interface JudgementContext {
  readonly now: Date;
  readonly environment: 'test' | 'production';
  /** 0035 of the interchange. */
  readonly testIndicator: boolean;
  readonly sender: Sender;
  readonly reference: EcertReference;
}

/** A participant, by its EDIFACT identity. */
export interface Sender {
  readonly id: string;
  /** ISO 3166, those that it speaks for. */
  readonly countries: readonly string[];
  readonly stage: Stage;
}

/** Takes note of a broken rule, and in which line (first = 1), if it is one of a line. */
export type Breach = (rule: RuleName, line?: number) => void;

/** A broken rule with the code and the text that the reference has for it. */
export function ruleError(reference: EcertReference, rule: RuleName, line?: number): RuleError {
  const entry = reference.errors.byRule.get(rule);
  if (entry === undefined) throw new TypeError(`The list of errors lacks ${rule}`);
  return { rule, ...entry, line };
}

/** What day it is in the country; for one that does not take part, where the day is furthest ahead. */
export function today({ now }: JudgementContext, country: Country | undefined): Day {
  return dayAt(now, country?.utcOffset ?? 14 * 60);
}
