import { z } from 'zod';
import { dayBefore, readDay } from './calendar.ts';
import type { Registration } from './certificate.ts';
import type { EcertReference, Mismatch } from './reference.ts';
import type { ClaimRuleName } from './rule-names.ts';
import { type Item, itemsOf, yearInEffect } from './standing.ts';

/** What a line of an entry says of the certificate that it presents. */
export interface Claim {
  /** Entry number. */
  readonly entry: string;
  /** Line of the entry, from 1. */
  readonly line: number;
  /** Of the certificate. */
  readonly number: string;
  /** Country of origin, ISO 3166. */
  readonly country: string;
  /** 6, 8 or 10 digits, of which a certificate has the first six. */
  readonly hts: string;
  readonly unit: string;
  /** Whole, above zero. */
  readonly quantity: number;
  /** Importer of record number. */
  readonly importer: string;
  /** Of entry, `YYYY-MM-DD`. */
  readonly date: string;
}

/** A claim as others write it, for `safeParse`. Whatever is wrong with it is told by the names of its members. */
export function claimSchema({ entryForms }: EcertReference): z.ZodType<Claim> {
  const isEntry = (text: string) => entryForms.some((form) => form.test(text));
  return z.strictObject({
    entry: identifier.refine(isEntry, 'is no entry number'),
    line: whole.min(1, 'is below 1').max(99_999, 'is above 99999'),
    number: identifier,
    country: text.regex(/^[A-Z]{2}$/, 'is no ISO 3166 code of two letters'),
    hts: text.regex(/^\d{6}(\d{2}){0,2}$/, 'has not 6, 8 or 10 digits'),
    unit: text.regex(/^[A-Z0-9]{1,3}$/, 'is no unit'),
    quantity: whole.min(1, 'is below 1'),
    importer: identifier,
    date: text.refine(isDay, 'is no day such as 2026-11-02'),
  });
}

const text = z.string('is missing, or no text').min(1, 'is empty');
const identifier = text.max(35, 'is longer than 35 characters');
const whole = z.int({
  error: ({ code }) => (code === 'too_big' ? 'is too large' : 'is missing, or no whole number'),
});
const isDay = (written: string) =>
  /^\d{4}-\d\d-\d\d$/.test(written) && readDay(written.replaceAll('-', '')) !== undefined;

/** Release is never held up by a mismatch: it is told, and the preferential rate is not for this entry. */
export type ClaimVerdict =
  | { readonly kind: 'matched'; readonly item: Item }
  | { readonly kind: 'not-matched'; readonly mismatches: readonly Mismatch[] };

/**
 * Compares a claim with the certificate of its number: every element that does not match, not the first alone.
 * A certificate is matched when nothing is amiss; then there is at least as much left of the item as is claimed.
 */
export function judgeClaim(claim: Claim, known: Registration | undefined, reference: EcertReference): ClaimVerdict {
  const { item, broken } = known === undefined ? unknown : compare(claim, known, reference);
  if (item !== undefined && broken.length === 0) return { kind: 'matched', item };
  return { kind: 'not-matched', mismatches: broken.map((rule) => mismatch(reference, rule)) };
}

interface Comparison {
  readonly item: Item | undefined;
  readonly broken: readonly ClaimRuleName[];
}

const unknown: Comparison = { item: undefined, broken: ['certificate-unknown'] };

function compare(claim: Claim, known: Registration, reference: EcertReference): Comparison {
  const broken: ClaimRuleName[] = [];
  if (known.state === 'cancelled') broken.push('certificate-cancelled');
  if (claim.country !== known.country) broken.push('country-differs');
  if (claim.importer !== known.importer) broken.push('importer-differs');

  const ofHts = itemsOf(known).filter(({ hts }) => claim.hts.startsWith(hts));
  const item = ofHts.find(({ unit }) => unit === claim.unit);
  if (ofHts.length === 0) broken.push('hts-differs');
  else if (item === undefined) broken.push('unit-differs');
  else if (item.used === item.certified) broken.push('used-up');
  else if (claim.quantity > item.certified - item.used) broken.push('quantity-exceeds');

  const year = yearInEffect(known, reference);
  if (year !== undefined && (claim.date < year.first || claim.date > year.last)) broken.push('not-in-its-year');
  // Where it is issued it may be a day later than where goods are entered.
  else if (claim.date < dayBefore(known.issueDate)) broken.push('before-issue');
  return { item, broken };
}

function mismatch({ mismatches }: EcertReference, rule: ClaimRuleName): Mismatch {
  const entry = mismatches.get(rule);
  if (entry === undefined) throw new TypeError(`The list of mismatches lacks ${rule}`);
  return entry;
}
