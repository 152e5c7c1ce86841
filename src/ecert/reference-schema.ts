import { z } from 'zod';
import { characterSetOf } from '../edifact/character-set.ts';
import { readDay } from './calendar.ts';
import { claimRuleNames, ruleNames } from './rule-names.ts';
import { conditions } from './standing.ts';
import { requestKinds } from './traffic.ts';

/** A regular expression that matches the whole of a text. */
const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${(error as Error).message}` });
    return z.NEVER;
  }
});

const countryCode = z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166 code of two letters');
/** Of every year: 29 February is not. */
const monthAndDay = z
  .string()
  .regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a month and day, MM-DD')
  .refine((text) => readDay(`2025${text.replace('-', '')}`) !== undefined, 'is no day that every year has');

/** Elements of a certificate that a programme may require. */
export const optionalElements = ['manufacturer-id', 'manufacturer-name'] as const;

const programmeSchema = z
  .strictObject({
    name: z.string().min(1).describe('Name for people.'),
    countries: z
      .array(countryCode)
      .min(1)
      .describe('Countries of origin that take part in it; `countries.yaml` has each of them.'),
    number: pattern.describe(
      'What a certificate number looks like as a whole, as a regular expression. A group named `year` is its year digit, a group named `country` its country.',
    ),
    year: z
      .strictObject({
        begins: monthAndDay.describe('Month and day on which a year begins; `01-01` is the calendar year.'),
        on: z
          .enum(['processing-date', 'issue-date'])
          .describe('The day whose year the digit must be of: that of processing, or that of issue.'),
      })
      .optional()
      .describe('The year whose last digit the year digit is. Left out where a number has no year.'),
    hts: z
      .array(z.string().regex(/^\d{2,6}$/, 'the beginning of a subheading, 2 to 6 digits in quotes'))
      .min(1)
      .describe('Beginnings of the subheadings that it covers: chapters, headings or subheadings, in quotes.'),
    units: z
      .array(z.string().regex(/^[A-Z0-9]{1,3}$/, 'a unit, 1 to 3 capitals and digits'))
      .min(1)
      .describe(
        'Units of quantity as the tariff schedule reports them: codes of UN/ECE Recommendation 20, or its own.',
      ),
    required: z
      .array(z.enum(optionalElements))
      .default([])
      .describe('Elements that are optional otherwise and that it requires.'),
    largestQuantity: z.int().positive().describe('Largest quantity that a line of a certificate may have.'),
  })
  .refine(
    ({ number, year }) => (number.source.includes('(?<year>') ? year !== undefined : year?.on !== 'processing-date'),
    {
      path: ['year'],
      message: 'goes together with a group named year in number; without one the year is that of the issue-date',
    },
  )
  .transform(({ year, ...rest }) => ({ ...rest, year }));

export const programmesSchema = z.strictObject({
  importerForms: z
    .array(pattern)
    .min(1)
    .describe('Forms of an importer of record number, as regular expressions; a number is of one of them as a whole.'),
  programmes: z
    .record(z.string().min(1).max(35), programmeSchema)
    .describe('The quota programmes, by the key that RFF+ABJ carries.'),
});

const utcOffset = z
  .string()
  .regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, 'an offset from UTC, such as +11:00 in quotes')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
    return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
  });

export const countriesSchema = z.strictObject({
  countries: z
    .record(
      countryCode,
      z.strictObject({
        name: z.string().min(1).describe('Name for people.'),
        utcOffset: utcOffset.describe('Of its zone that is furthest ahead, in summer time, such as `+11:00`.'),
      }),
    )
    .describe('The countries that take part, by their ISO 3166 code.'),
});

/** FTX takes five texts of 70 characters; level A, so that every partner can be told. */
const errorText = z
  .string()
  .min(1)
  .max(350)
  .refine((text) => characterSetOf('UNOA')?.lacks(text) === -1, 'holds characters that UNOA has not');

/** No two entries have one code. */
function distinctCodes(entries: Readonly<Record<string, { readonly code: string }>>, context: z.RefinementCtx): void {
  const owners = new Map<string, string>();
  for (const [name, { code }] of Object.entries(entries)) {
    const owner = owners.get(code);
    if (owner === undefined) owners.set(code, name);
    else context.addIssue({ code: 'custom', path: [name, 'code'], message: `is ${code}, which ${owner} has already` });
  }
}

const errorCode = z
  .string()
  .regex(/^[A-Z0-9]{1,8}$/, 'a code of 1 to 8 capitals and digits')
  .describe('Code of 1 to 8 capitals and digits; no two are the same.');

const errorSchema = z.strictObject({
  code: errorCode,
  element: z.string().min(1).describe('The element at fault, for people, such as `MEA C174 6314`.'),
  text: errorText.describe('Text in capitals, of the characters of UNOA, up to 350 of them.'),
});

export const errorsSchema = z.strictObject({
  section: z
    .string()
    .regex(/^[A-Z0-9]{1,3}$/, 'a code of 1 to 3 capitals and digits, in quotes')
    .describe('The section of the message in which ERP places an error (1049), in quotes.'),
  errors: z
    .record(z.enum(ruleNames), errorSchema)
    .superRefine(distinctCodes)
    .describe('What a participant is told when a rule is broken, by rule: `{ code, element, text }`.'),
});

const mismatchSchema = z.strictObject({
  code: errorCode,
  element: z
    .enum(['number', 'country', 'hts', 'unit', 'quantity', 'importer', 'date'])
    .describe('The element of the claim that it names.'),
  text: z.string().min(1).describe('Text for whoever claims.'),
});

export const claimsSchema = z.strictObject({
  entryForms: z
    .array(pattern)
    .min(1)
    .describe('Forms of an entry number, as regular expressions; a number is of one of them as a whole.'),
  mismatches: z
    .record(z.enum(claimRuleNames), mismatchSchema)
    .superRefine(distinctCodes)
    .describe('Each way in which a claim can fail to match: `{ code, element, text }`.'),
});

const conditionSchema = z.strictObject({
  code: z
    .string()
    .regex(/^[A-Z0-9]{1,3}$/, 'a code of 1 to 3 capitals and digits, in quotes')
    .describe('Code in GIS (7365), in quotes.'),
  text: z.string().min(1).describe('Meaning, for people.'),
});

export const conditionsSchema = z.strictObject({
  conditions: z
    .record(z.enum(conditions), conditionSchema)
    .superRefine(distinctCodes)
    .describe('The conditions that queries ask for and reports tell: `{ code, text }`.'),
});

export const onboardingSchema = z.strictObject({
  required: z
    .array(z.enum(requestKinds))
    .describe('What must have been accepted in the application test, beside a rejection that was corrected.'),
  watch: z
    .strictObject({
      days: z.int().min(1).describe('Days of production that are watched.'),
      lateReceipt: z.int().min(1).describe('Minutes after which an MDN counts as late.'),
    })
    .describe('The watch over the first days of production.'),
});

/** Of each file that an operator may replace. */
export const referenceSchemas = {
  programmes: programmesSchema,
  countries: countriesSchema,
  errors: errorsSchema,
  claims: claimsSchema,
  conditions: conditionsSchema,
  onboarding: onboardingSchema,
} as const;

export type ReferenceName = keyof typeof referenceSchemas;
export const referenceNames = Object.keys(referenceSchemas) as ReferenceName[];

export const externalCodesSchema = z.object({ rec20: z.record(z.string(), z.string().nullable()) });
