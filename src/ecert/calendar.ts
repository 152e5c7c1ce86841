import type { YearRule } from './reference.ts';

/** A day of the calendar, `YYYY-MM-DD`; days compare as texts. */
export type Day = string;

/** The day it is at `now` where clocks are this many minutes ahead of UTC. */
export function dayAt(now: Date, utcOffset: number): Day {
  return new Date(now.getTime() + utcOffset * 60_000).toISOString().slice(0, 10);
}

/** Reads CCYYMMDD (format 102); undefined when there is no such day. */
export function readDay(text: string): Day | undefined {
  const digits = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (digits === null) return undefined;
  const day = digits.slice(1).join('-');
  const read = new Date(`${day}T00:00:00.000Z`);
  // An impossible day either does not parse or comes back as another one.
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day) ? day : undefined;
}

/** The last digit of the year that a day is in; a year is named by that in which it begins. */
export function yearDigit(day: Day, { begins }: Pick<YearRule, 'begins'>): string {
  const year = Number(day.slice(0, 4)) - (day.slice(5) < begins ? 1 : 0);
  return String(year % 10);
}
