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
} from './reference-schema.ts';
import { type ClaimRuleName, type RuleName, claimRuleNames, ruleNames } from './rule-names.ts';
import { type Condition, conditions } from './standing.ts';
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

/** The contents of the files, as YAML or JSON give them. */
export interface ReferenceFiles {
  readonly programmes: unknown;
  readonly countries: unknown;
  readonly errors: unknown;
  readonly onboarding: unknown;
  readonly claims: unknown;
  readonly conditions: unknown;
  /** `edifact/external-codes.json` */
  readonly externalCodes: unknown;
}

/** @throws ReferenceDataError */
export function parseReference(files: ReferenceFiles): EcertReference {
  const { programmes, importerForms } = parseProgrammes(files.programmes);
  const countries = parseCountries(files.countries);
  const issues: ReferenceIssue[] = [];
  for (const [key, programme] of programmes) {
    const strangers = programme.countries.filter((country) => !countries.has(country));
    if (strangers.length === 0) continue;
    const message = `${strangers.join(', ')} not among the countries that take part (countries.yaml)`;
    issues.push({ path: ['programmes', key, 'countries'], message });
  }
  if (issues.length > 0) throw new ReferenceDataError('programmes', issues);
  const own = [...programmes.values()].flatMap(({ units }) => units);
  const units = new Set([...parseUnits(files.externalCodes), ...own]);
  return {
    ...{ programmes, importerForms, countries, units, errors: parseErrors(files.errors) },
    ...parseClaims(files.claims),
    conditions: parseConditions(files.conditions),
    onboarding: parse('onboarding', onboardingSchema, files.onboarding),
  };
}

/** @throws ReferenceDataError */
function parseProgrammes(value: unknown): Pick<EcertReference, 'programmes' | 'importerForms'> {
  const { programmes, importerForms } = parse('programmes', programmesSchema, value);
  return { programmes: new Map(Object.entries(programmes)), importerForms };
}

/** @throws ReferenceDataError */
function parseCountries(value: unknown): ReadonlyMap<string, Country> {
  return new Map(Object.entries(parse('countries', countriesSchema, value).countries));
}

/** @throws ReferenceDataError */
function parseErrors(value: unknown): ErrorList {
  const { section, errors } = parse('errors', errorsSchema, value);
  return { section, byRule: new Map(ruleNames.map((rule) => [rule, errors[rule]])) };
}

/** @throws ReferenceDataError */
function parseClaims(value: unknown): Pick<EcertReference, 'entryForms' | 'mismatches'> {
  const { entryForms, mismatches } = parse('claims', claimsSchema, value);
  return { entryForms, mismatches: new Map(claimRuleNames.map((rule) => [rule, mismatches[rule]])) };
}

/** @throws ReferenceDataError */
function parseConditions(value: unknown): EcertReference['conditions'] {
  const codes = parse('conditions', conditionsSchema, value).conditions;
  return new Map(conditions.map((condition) => [condition, codes[condition]]));
}

/** The codes of Recommendation 20. */
function parseUnits(value: unknown): readonly string[] {
  return Object.keys(parse('external codes', externalCodesSchema, value).rec20);
}

function parse<T>(file: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new ReferenceDataError(file, result.error.issues);
  return result.data;
}
