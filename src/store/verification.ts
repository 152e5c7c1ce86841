import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { recordsIn } from './entry-records.ts';
import { type ChainHead, ENDPOINT_CHAIN, GENESIS, type LedgerRow, entryHash, entryOf } from './ledger.ts';
import { StoreError } from './store-error.ts';
import type { LedgerEntry, LedgerVerdict, Store } from './store.ts';

/** Entries read at a time: other work goes on between two pages, and memory holds one. */
const PAGE = 100;

type Broken = Extract<LedgerVerdict, { kind: 'broken' }>;

/**
 * Proves the ledger against itself and against everything it tells of: each entry follows on the one before, no chain
 * was cut at its end, the records that entries made of rows hold, each message is in the state of its last entry, the
 * stored bytes are those of their digests, and no row is there that no entry tells of.
 *
 * Whoever can rewrite the whole database can also make a new ledger that is whole: against that, keep the hash of a
 * late entry elsewhere.
 */
export function verificationIn(db: Database, contents: Contents): Pick<Store, 'verifyLedger'> {
  return {
    async verifyLedger() {
      const records = recordsIn(db);
      const heads = new Map<string, ChainHead>();
      let position = 0;
      let entries = 0;

      /** One page: the bytes that its entries stand for, and its first fault, if any. */
      function step(): { bytes: { entry: LedgerEntry; digest: string }[]; fault?: Broken; end?: true } {
        const bytes: { entry: LedgerEntry; digest: string }[] = [];
        const rows = db
          .statement<LedgerRow>('SELECT * FROM ledger WHERE position > @position ORDER BY position LIMIT @limit')
          .all({ position, limit: PAGE });
        if (rows.length === 0) {
          const fault = cutOff(db, heads) ?? untold(records.untold());
          return fault ? { bytes, fault } : { bytes, end: true };
        }
        for (const row of rows) {
          const head = heads.get(row.chain) ?? { sequence: 0, hash: GENESIS };
          const reason = linkFault(row, head);
          if (reason)
            return { bytes, fault: { kind: 'broken', chain: row.chain, sequence: head.sequence + 1, reason } };
          const entry = entryOf(row);
          const { digests, fault } = records.check(entry);
          bytes.push(...digests.map((digest) => ({ entry, digest })));
          if (fault) return { bytes, fault: brokenAt(entry, fault) };
          heads.set(row.chain, { sequence: row.sequence, hash: row.hash });
          position = row.position;
          entries += 1;
        }
        return { bytes };
      }

      for (;;) {
        const { bytes, fault, end } = await db.read(step);
        for (const { entry, digest } of bytes) {
          const found = await contents.fault(digest);
          if (found)
            return brokenAt(
              entry,
              `the bytes with SHA-256 ${digest} ${found === 'missing' ? 'are missing' : 'were changed'}`,
            );
        }
        if (fault) return fault;
        if (end) return { kind: 'whole', chains: heads.size, entries };
      }
    },
  };
}

function linkFault(row: LedgerRow, head: ChainHead): string | undefined {
  if (row.sequence !== head.sequence + 1) return `the entry is missing; ${row.sequence} is there instead`;
  if (row.previous !== head.hash) return 'the entry does not follow on the one before it';
  return isAsWritten(row) ? undefined : 'the entry was changed';
}

function isAsWritten(row: LedgerRow): boolean {
  try {
    const entry = entryOf(row);
    return entryHash(entry) === row.hash && entry.at.toISOString() === row.at;
  } catch (error) {
    if (error instanceof StoreError || error instanceof RangeError) return false; // no JSON, no time
    throw error;
  }
}

/** The heads are kept apart from the entries, so that entries taken off the end are missed. */
function cutOff(db: Database, heads: ReadonlyMap<string, ChainHead>): Broken | undefined {
  const recorded = db.statement<ChainHead & { chain: string }>('SELECT * FROM chains').all({});
  for (const { chain, sequence, hash } of recorded) {
    const last = heads.get(chain) ?? { sequence: 0, hash: GENESIS };
    const reason = `the chain should end with entry ${sequence}, but ends with ${last.sequence}`;
    if (last.sequence !== sequence) return { kind: 'broken', chain, sequence: last.sequence + 1, reason };
    if (last.hash !== hash)
      return { kind: 'broken', chain, sequence, reason: 'the last entry is not the one recorded' };
  }
  for (const [chain, { sequence }] of heads) {
    if (recorded.some((head) => head.chain === chain)) continue;
    return { kind: 'broken', chain, sequence, reason: 'it is not recorded that this chain exists' };
  }
  return undefined;
}

function untold(reason: string | undefined): Broken | undefined {
  return reason === undefined ? undefined : { kind: 'broken', chain: ENDPOINT_CHAIN, sequence: 0, reason };
}

function brokenAt({ chain, sequence }: LedgerEntry, reason: string): Broken {
  return { kind: 'broken', chain, sequence, reason };
}
