import type { RuleName } from './rule-names.ts';

/**
 * A certificate as it stands in the register. Quantities are whole numbers, safe for arithmetic. It is put on file with nothing
 * used; what entries draw is on file beside it (`withUsage`).
 */
export interface Registration {
  readonly number: string;
  readonly state: 'registered' | 'cancelled';
  /** Key of the programme, such as `BEEF`. */
  readonly programme: string;
  /** ISO 3166 */
  readonly country: string;
  /** `YYYY-MM-DD` */
  readonly issueDate: string;
  readonly importer: string;
  readonly manufacturer: Manufacturer | undefined;
  readonly lines: readonly RegisteredLine[];
  /** The EDIFACT identity that registered it; it alone may replace or cancel it. */
  readonly sender: string;
  /** 1 when registered, one more with each change. */
  readonly version: number;
}

export interface RegisteredLine {
  /** Six digits. */
  readonly hts: string;
  /** Recommendation 20, or the programme's own. */
  readonly unit: string;
  readonly certified: number;
  /** What entries have drawn; never more than certified. */
  readonly used: number;
}

export interface Manufacturer {
  /** The manufacturer identification (MID). */
  readonly id: string | undefined;
  readonly name: string | undefined;
}

/** What becomes of a request. */
export type Decision =
  | { readonly kind: 'register' | 'replace' | 'cancel'; readonly registration: Registration }
  | { readonly kind: 'reject'; readonly errors: readonly RuleError[] };

/** One broken rule, as the participant is told of it. */
export interface RuleError {
  readonly rule: RuleName;
  /** `E01`… */
  readonly code: string;
  /** In capitals. */
  readonly text: string;
  /** The element at fault, such as `MEA C174 6314`. */
  readonly element: string;
  /** The place of the line at fault among the lines of its certificate, first = 1. */
  readonly line: number | undefined;
}
