import type { z } from 'zod';
import { CountersignError } from '../errors.ts';
import {
  claimsSchema,
  conditionsSchema,
  countriesSchema,
  errorsSchema,
  externalCodesSchema,
  type optionalElements,
  onboardingSchema,
  programmesSchema,
  type ReferenceName,
} from './reference-schema.ts';
import type { ClaimRuleName, RuleName } from './rule-names.ts';
import type { Condition } from './standing.ts';
import type { RequestKind } from './traffic.ts';

/** The lists that the rules judge by. Operators may replace the files that they come from. */
export interface EcertReference {
  /** By what RFF+ABJ calls them. */
  readonly programmes: ReadonlyMap<string, Programme>;
  /** An importer of record number matches one of them as a whole. */
  readonly importerForms: readonly RegExp[];
  /** The countries that take part, by ISO 3166 code. */
  readonly countries: ReadonlyMap<string, Country>;
  /** All units there are: of Recommendation 20, and the programmes' own. */
  readonly units: ReadonlySet<string>;
  readonly errors: ErrorList;
  readonly onboarding: OnboardingRules;
  /** An entry number matches one of them as a whole. */
  readonly entryForms: readonly RegExp[];
  readonly mismatches: ReadonlyMap<ClaimRuleName, Mismatch>;
  readonly conditions: ReadonlyMap<Condition, ConditionEntry>;
}

export interface Programme {
  readonly name: string;
  readonly countries: readonly string[];
  /** The number as a whole; group `year` is its year digit, group `country` its country. */
  readonly number: RegExp;
  /** The year of the year digit. */
  readonly year: YearRule | undefined;
  /** Beginnings of the subheadings that it covers. */
  readonly hts: readonly string[];
  readonly units: readonly string[];
  /** Elements that are optional otherwise. */
  readonly required: readonly (typeof optionalElements)[number][];
  readonly largestQuantity: number;
}

/** A year is named by that in which it begins. */
export interface YearRule {
  /** `MM-DD`; `01-01` is the calendar year. */
  readonly begins: string;
  /** The day whose year the digit must be of. */
  readonly on: 'processing-date' | 'issue-date';
}

export interface Country {
  readonly name: string;
  /** Of its zone that is furthest ahead, daylight saving included; in minutes. */
  readonly utcOffset: number;
}

export interface ErrorList {
  /** ERP 1049 */
  readonly section: string;
  readonly byRule: ReadonlyMap<RuleName, ErrorEntry>;
}

export interface ErrorEntry {
  /** ERC 9321 */
  readonly code: string;
  /** The element that the error points at, such as `MEA C174 6314`. */
  readonly element: string;
  /** FTX 4440 */
  readonly text: string;
}

/** What the way into production asks for. */
export interface OnboardingRules {
  /** What must have been accepted in the application test. */
  readonly required: readonly RequestKind[];
  readonly watch: {
    /** From the first of production on. */
    readonly days: number;
    /** In minutes: an MDN that takes longer is late. */
    readonly lateReceipt: number;
  };
}

/** What is amiss with a claim, as its sender is told. */
export interface Mismatch {
  /** `M01`… */
  readonly code: string;
  /** The member of the claim that it is about. */
  readonly element: string;
  readonly text: string;
}

export interface ConditionEntry {
  /** GIS 7365 of a REQDOC, and of the report. */
  readonly code: string;
  readonly text: string;
}

/** A reference file does not have the form that it must have. */
export class ReferenceDataError extends CountersignError {
  readonly code = 'ECERT_REFERENCE_DATA';
  /** `programmes`, `countries`… */
  readonly file: string;
  /** What is wrong, under which keys. */
  readonly issues: readonly ReferenceIssue[];

  constructor(file: string, issues: readonly ReferenceIssue[]) {
    super(`${file}: ${issues.map(({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`).join('; ')}`);
    this.file = file;
    this.issues = issues;
  }
}

export interface ReferenceIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The contents of the files, as YAML or JSON give them; `externalCodes`: `edifact/external-codes.json`. */
export type ReferenceFiles = Readonly<Record<ReferenceName | 'externalCodes', unknown>>;

/** @throws ReferenceDataError */
export function parseReference(files: ReferenceFiles): EcertReference {
  const { programmes: listed, importerForms } = parse('programmes', programmesSchema, files);
  const programmes = mapOf(listed);
  const countries = mapOf(parse('countries', countriesSchema, files).countries);
  requireCountries(programmes, countries);
  const { section, errors } = parse('errors', errorsSchema, files);
  const { entryForms, mismatches } = parse('claims', claimsSchema, files);
  const own = [...programmes.values()].flatMap(({ units }) => units);
  return {
    ...{ programmes, importerForms, countries, entryForms },
    units: new Set([...Object.keys(parse('externalCodes', externalCodesSchema, files).rec20), ...own]),
    errors: { section, byRule: mapOf(errors) },
    mismatches: mapOf(mismatches),
    conditions: mapOf(parse('conditions', conditionsSchema, files).conditions),
    onboarding: parse('onboarding', onboardingSchema, files),
  };
}

/** @throws ReferenceDataError when a programme has a country that does not take part */
function requireCountries(programmes: EcertReference['programmes'], countries: EcertReference['countries']): void {
  const issues = [...programmes].flatMap(([key, programme]): ReferenceIssue[] => {
    const strangers = programme.countries.filter((country) => !countries.has(country));
    if (strangers.length === 0) return [];
    const message = `${strangers.join(', ')} not among the countries that take part (countries.yaml)`;
    return [{ path: ['programmes', key, 'countries'], message }];
  });
  if (issues.length > 0) throw new ReferenceDataError('programmes', issues);
}

function mapOf<Key extends string, T>(entries: Readonly<Record<Key, T>>): ReadonlyMap<Key, T> {
  return new Map(Object.entries(entries) as [Key, T][]);
}

function parse<T>(name: keyof ReferenceFiles, schema: z.ZodType<T>, files: ReferenceFiles): T {
  const result = schema.safeParse(files[name]);
  if (!result.success) throw new ReferenceDataError(name, result.error.issues);
  return result.data;
}
