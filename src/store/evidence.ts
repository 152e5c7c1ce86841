import { createHash } from 'node:crypto';
import { canonicalJson, sha256 } from './canonical-json.ts';
import type { Value, Values } from './database.ts';
import type { MdnRow, MessageRow } from './rows.ts';

/**
 * Records: digests in the ledger over rows of other tables, so that a row changed later is found.
 *
 * A record is SHA-256, lower-case hex, over the canonical JSON of an object with the row's columns by their names, all
 * but `position`, those that are null, and those that change later: `state`, `detail`, and `disposition` of a message
 * that we sent. Of an MDN that we received nothing changes later. The bytes (`raw`, `payload`, `body`) are in the row by their SHA-256.
 */
export function messageRecord(row: MessageRow): string {
  return record(row, row.direction === 'in' ? ['state', 'detail'] : ['state', 'detail', 'disposition']);
}

export function mdnRecord(row: MdnRow): string {
  return record(row, row.direction === 'in' ? [] : ['state', 'detail']);
}

/** Of a row of which nothing changes later. */
export function rowRecord(row: Values): string {
  return record(row, []);
}

/** One digest over the certificates that an interchange changed: each row's canonical JSON and a line feed, in order. */
export function certificatesRecord(rows: Iterable<Values>): string {
  const hash = createHash('sha256');
  let columns: readonly string[] | undefined;
  for (const row of rows) {
    columns ??= Object.keys(row)
      .filter((name) => name !== 'position')
      .sort(); // the same of each, sorted once
    const sorted: Record<string, Value> = {};
    for (const name of columns) {
      const value = row[name] ?? null;
      if (value !== null) sorted[name] = typeof value === 'string' ? value.toWellFormed() : value;
    }
    hash.update(`${JSON.stringify(sorted)}\n`);
  }
  return hash.digest('hex');
}

/** A claim stands in its entry as a whole: the row's columns, all but `position` and those that are null. */
export function claimFacts(row: Values): Values {
  return without(row, []);
}

function record(row: Values, changing: readonly string[]): string {
  return sha256(canonicalJson(without(row, changing)));
}

function without(row: Values, names: readonly string[]): Values {
  const kept = ([name, value]: [string, Value]) => value !== null && name !== 'position' && !names.includes(name);
  return Object.fromEntries(Object.entries(row).filter(kept));
}
