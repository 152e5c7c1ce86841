import type { YearRule } from './reference.ts';

/** A day of the calendar, `YYYY-MM-DD`; days compare as texts. */
export type Day = string;

/** The day it is at `now` where clocks are this many minutes ahead of UTC. */
export function dayAt(now: Date, utcOffset: number): Day {
  const number = Math.floor((now.getTime() + utcOffset * 60_000) / 86_400_000);
  // Certificate after certificate asks for the same one.
  if (number !== last.number) last = { number, day: new Date(number * 86_400_000).toISOString().slice(0, 10) };
  return last.day;
}

let last: { readonly number: number; readonly day: Day } = { number: Number.NaN, day: '' };

/** The day of a DTM, which is to be of format 102; undefined when it is none. */
export function dayOf({ value, format }: { readonly value: string; readonly format: string }): Day | undefined {
  return format === '102' ? readDay(value) : undefined;
}

/** Reads CCYYMMDD (format 102); undefined when there is no such day. */
export function readDay(text: string): Day | undefined {
  if (!/^\d{8}$/.test(text)) return undefined;
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)];
  const isDay = Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month));
  return isDay ? `${year}-${month}-${day}` : undefined;
}

export function dayBefore(day: Day): Day {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** 0 where there is no such month. */
function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [0, 31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;
}

/** Both days included. */
export interface Year {
  readonly first: Day;
  readonly last: Day;
}

/** The year that a day is in, or, given the last digit of a year, the first such one that is not over on that day. */
export function yearOf(day: Day, rule: Pick<YearRule, 'begins'>, digit?: string): Year {
  const year = yearNumber(day, rule, digit);
  const [month = 1, date = 1] = rule.begins.split('-').map(Number);
  const first = (of: number, days: number) => new Date(Date.UTC(of, month - 1, date + days)).toISOString().slice(0, 10);
  return { first: first(year, 0), last: first(year + 1, -1) };
}

/** The same year by its number: that in which it begins. */
export function yearNumber(day: Day, { begins }: Pick<YearRule, 'begins'>, digit?: string): number {
  const year = Number(day.slice(0, 4)) - (day.slice(5) < begins ? 1 : 0);
  return digit === undefined ? year : year + ((Number(digit) - year + 10_000) % 10);
}
