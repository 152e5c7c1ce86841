import { type Day, yearNumber } from './calendar.ts';
import type { Registration } from './certificate.ts';
import { type Breach, type JudgementContext, today } from './judgement.ts';
import type { Programme } from './reference.ts';
import type { CertificateRequest } from './sancrt.ts';

/** 1004 is an..35 */
const longestNumber = 35;

/**
 * The certificate number: its form belongs to the programme; where it names a country, that is the country of origin
 * and one of the sender's; where it has a year digit, that is of the year which the programme says, and not of the same
 * year of an earlier decade, in which the certificate was issued.
 */
export function judgeNumber(
  { number, country }: CertificateRequest,
  programme: Programme | undefined,
  issued: Day | undefined,
  context: JudgementContext,
  breach: Breach,
): string | undefined {
  if (number === undefined || number.length > longestNumber) {
    breach('number-malformed');
    return undefined;
  }
  if (programme === undefined) return number; // nothing says what it should look like
  const form = programme.number.exec(number);
  if (form === null) {
    breach('number-malformed');
    return number;
  }
  const named = form.groups?.['country'];
  if (named !== undefined && (named !== (country ?? named) || !context.sender.countries.includes(named))) {
    breach('number-country');
  }
  const digit = form.groups?.['year'];
  const { year } = programme;
  if (digit !== undefined && year !== undefined) {
    const here = context.reference.countries.get(country ?? '');
    const day = year.on === 'issue-date' ? issued : today(context, here);
    if (day !== undefined) {
      const now = yearNumber(day, year);
      const isOver = issued !== undefined && yearNumber(issued, year, digit) < now;
      if (digit !== String(now % 10) || isOver) breach('number-year');
    }
  }
  return number;
}

/** A number is registered once and for all; a cancelled one is not given again. */
export function judgeUnregistered(known: Registration | undefined, breach: Breach): void {
  if (known !== undefined) breach(known.state === 'cancelled' ? 'certificate-cancelled' : 'already-registered');
}

/**
 * What is to be replaced or cancelled is registered by the same sender, not cancelled, and nothing of it is used.
 * That somebody else's certificate exists is not told.
 */
export function judgeOwn(
  { country }: CertificateRequest,
  known: Registration | undefined,
  { sender }: JudgementContext,
  breach: Breach,
): Registration | undefined {
  if (known?.sender !== sender.id) {
    breach('certificate-unknown');
    return undefined;
  }
  if (country !== undefined && country !== known.country) breach('number-country');
  if (known.state === 'cancelled') breach('certificate-cancelled');
  else if (known.lines.some(({ used }) => used > 0)) breach('certificate-in-use');
  return known;
}
