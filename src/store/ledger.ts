import { canonicalJson, sha256 } from './canonical-json.ts';
import type { Database } from './database.ts';
import { matching } from './matching.ts';
import { present, readFacts } from './rows.ts';
import { isOwnKind } from './states.ts';
import { StoreError } from './store-error.ts';
import type { LedgerEntry, LedgerEvent } from './ledger-entry.ts';
import type { Store } from './store.ts';

export interface Ledger extends Pick<Store, 'note' | 'listLedger'> {
  /** Within a write: adds an entry at the end of its chain. */
  append(event: LedgerEvent, at: Date): void;
}

/** The chain of what belongs to no partnership. */
export const ENDPOINT_CHAIN = 'endpoint';

/** What the first entry of a chain has for `previous`. */
export const GENESIS = '0'.repeat(64);

/**
 * The hash of an entry: SHA-256, in lower-case hex, over the UTF-8 bytes of the canonical JSON (RFC 8785: members
 * sorted by name, no blanks) of exactly these members:
 *
 *     {"at":"2026-01-31T12:00:00.000Z","chain":…,"facts":{…},"kind":…,"previous":…,"sequence":1,"subjectId":…}
 *
 * `subjectId` is null when there is none. `previous` is the hash of the entry before it in the same chain; the first
 * entry has sequence 1 and 64 zeros. Whoever holds the hash of one entry can so prove all entries before it.
 */
export function entryHash(row: Omit<LedgerRow, 'position' | 'hash'>): string {
  const { at, chain, facts, kind, previous, sequence, subject_id } = row;
  const before = canonicalJson({ at, chain }).slice(0, -1);
  const after = canonicalJson({ kind, previous, sequence, subjectId: subject_id }).slice(1);
  return sha256(`${before},"facts":${facts},${after}`); // facts are canonical JSON already
}

export interface LedgerRow {
  readonly position: number;
  readonly chain: string;
  readonly sequence: number;
  readonly at: string;
  readonly kind: string;
  readonly subject_id: string | null;
  readonly facts: string;
  readonly previous: string;
  readonly hash: string;
}

export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

export function ledgerIn(db: Database): Ledger {
  function append(event: LedgerEvent, at: Date): void {
    const { chain, kind } = event;
    const head = db.statement<ChainHead>('SELECT sequence, hash FROM chains WHERE chain = @chain').get({ chain }) ?? {
      sequence: 0,
      hash: GENESIS,
    };
    const entry = {
      ...{ chain, sequence: head.sequence + 1, at: at.toISOString(), kind, subject_id: event.subjectId ?? null },
      ...{ facts: canonicalJson(event.facts), previous: head.hash },
    };
    const row = { ...entry, hash: entryHash(entry) };
    db.insert('ledger', row);
    db.statement(
      `INSERT INTO chains VALUES (@chain, @sequence, @hash)
       ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
    ).run(row);
  }

  return {
    append,
    note: (event, now) =>
      db.write(() => {
        if (isOwnKind(event.kind))
          throw new StoreError('STORE_MISUSED', `Entries of kind ${event.kind} follow from writes.`);
        append(event, now);
      }),
    listLedger: (filter) =>
      db.read(() => {
        const { sql, values } = matching(filter, 'at', {
          chain: filter.partner,
          kind: filter.kind,
          subject_id: filter.subjectId,
        });
        return db.statement<LedgerRow>(`SELECT * FROM ledger ${sql}`).all(values).map(entryOf);
      }),
  };
}

/** @throws StoreError `STORE_DAMAGED` when the facts are no JSON any more */
export function entryOf(row: LedgerRow): LedgerEntry {
  return {
    chain: row.chain,
    sequence: row.sequence,
    at: new Date(row.at),
    kind: row.kind,
    facts: readFacts(row.facts),
    previous: row.previous,
    hash: row.hash,
    ...present({ subjectId: row.subject_id }),
  };
}
