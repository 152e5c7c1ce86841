import { InvalidArgumentError, type Command } from 'commander';

import { loadHome } from '../config/load.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { day, type Terminal } from './output.ts';

/** What every listing can be narrowed by. */
export interface PageOptions {
  readonly partner?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit: number;
}

/** Opens the store of a home for one command; a running server does not mind. */
export async function withStore<T>(directory: string, terminal: Terminal, look: (store: Store) => Promise<T>) {
  const { endpoint } = await loadHome(directory, terminal.env, terminal.now());
  const store = await openSqliteStore({ directory: endpoint.data });
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

export function withPageOptions(command: Command): Command {
  return command
    .option('--partner <name>', "partner's short name")
    .option('--since <date>', 'from this day or instant on, UTC', parseInstant)
    .option('--until <date>', 'up to this day (included) or instant, UTC', parseEnd)
    .option('--limit <n>', 'at most so many, newest first', wholeNumber, 100);
}

export function parseInstant(text: string): Date {
  const instant = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? new Date(text) : undefined;
  // 31 February is no day, though Date takes it for one in March.
  const exists = instant !== undefined && !Number.isNaN(instant.getTime()) && day(instant) === text.slice(0, 10);
  if (!exists) {
    throw new InvalidArgumentError('Write a day such as 2026-11-02, or an instant such as 2026-11-02T09:30:00Z.');
  }
  return instant;
}

export function parseEnd(text: string): Date {
  const instant = parseInstant(text);
  return text.includes('T') ? instant : new Date(instant.getTime() + 86_400_000);
}

/** Of an option: `2026-11-02`, as it was written. */
export function dayOption(text: string): string {
  return day(parseInstant(text));
}

/** Of an option: in digits alone, for `1e3` may be a slip. */
export function wholeNumber(text: string): number {
  const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number from 1 on.');
  return number;
}

/** What a disposition says, without how it came to be said, which is always the same. */
export function outcome(disposition = ''): string {
  return disposition.replace(/^automatic-action\/MDN-sent-automatically; /, '');
}

/** `2026-11-02 09:30:00`, UTC */
export function instant(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
