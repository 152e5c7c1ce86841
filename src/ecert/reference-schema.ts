import { z } from 'zod';
import { characterSetOf } from '../edifact/character-set.ts';
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

const countryCode = z.string().regex(/^[A-Z]{2}$/, 'is no ISO 3166 code of two letters');
const monthAndDay = z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'is no month and day, MM-DD');

/** Elements of a certificate that a programme may require. */
export const optionalElements = ['manufacturer-id', 'manufacturer-name'] as const;

const programmeSchema = z
  .strictObject({
    name: z.string().min(1),
    countries: z.array(countryCode).min(1),
    number: pattern,
    year: z.strictObject({ begins: monthAndDay, on: z.enum(['processing-date', 'issue-date']) }).optional(),
    hts: z.array(z.string().regex(/^\d{2,6}$/, 'is no beginning of a subheading: 2 to 6 digits')).min(1),
    units: z.array(z.string().regex(/^[A-Z0-9]{1,3}$/, 'is no unit: 1 to 3 capitals and digits')).min(1),
    required: z.array(z.enum(optionalElements)).default([]),
    largestQuantity: z.int().positive(),
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
  importerForms: z.array(pattern).min(1),
  programmes: z.record(z.string().min(1).max(35), programmeSchema),
});

const utcOffset = z
  .string()
  .regex(/^[+-]\d{2}:\d{2}$/, 'is no offset from UTC, such as +11:00')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
    return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
  });

export const countriesSchema = z.strictObject({
  countries: z.record(countryCode, z.strictObject({ name: z.string().min(1), utcOffset })),
});

/** FTX takes five texts of 70 characters; level A, so that every partner can be told. */
const errorText = z
  .string()
  .min(1)
  .max(350)
  .refine((text) => characterSetOf('UNOA')?.lacks(text) === -1, 'holds characters that UNOA has not');

const distinctCodes = (entries: Readonly<Record<string, { readonly code: string }>>): boolean =>
  new Set(Object.values(entries).map(({ code }) => code)).size === Object.keys(entries).length;

const errorSchema = z.strictObject({
  code: z.string().regex(/^[A-Z0-9]{1,8}$/),
  element: z.string().min(1),
  text: errorText,
});

export const errorsSchema = z.strictObject({
  section: z.string().regex(/^[A-Z0-9]{1,3}$/),
  errors: z.record(z.enum(ruleNames), errorSchema).refine(distinctCodes, { message: 'two rules have the same code' }),
});

const mismatchSchema = z.strictObject({
  code: z.string().regex(/^[A-Z0-9]{1,8}$/),
  element: z.enum(['number', 'country', 'hts', 'unit', 'quantity', 'importer', 'date']),
  text: z.string().min(1),
});

export const claimsSchema = z.strictObject({
  entryForms: z.array(pattern).min(1),
  mismatches: z
    .record(z.enum(claimRuleNames), mismatchSchema)
    .refine(distinctCodes, { message: 'two mismatches have the same code' }),
});

const conditionSchema = z.strictObject({ code: z.string().regex(/^[A-Z0-9]{1,3}$/), text: z.string().min(1) });

export const conditionsSchema = z.strictObject({
  conditions: z
    .record(z.enum(conditions), conditionSchema)
    .refine(distinctCodes, { message: 'two conditions have the same code' }),
});

export const onboardingSchema = z.strictObject({
  required: z.array(z.enum(requestKinds)),
  watch: z.strictObject({ days: z.int().min(1), lateReceipt: z.int().min(1) }),
});

export const externalCodesSchema = z.object({ rec20: z.record(z.string(), z.string().nullable()) });
