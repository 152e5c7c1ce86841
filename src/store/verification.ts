import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { type Broken, brokenAt, recordsIn } from './entry-records.ts';
import { type ChainHead, GENESIS, type LedgerRow, entryHash, entryOf } from './ledger.ts';
import type { LedgerEntry, LedgerVerdict } from './ledger-entry.ts';
import type { Store } from './store.ts';

/** Entries read at a time: other work goes on between two pages, and memory holds one. */
const PAGE = 100;

/**
 * Proves the ledger against itself and against everything it tells of: each entry follows on the one before, no chain
 * was cut at its end, the records that entries made of rows hold, each message has the state, disposition and detail
 * that its last entries give it, the stored bytes are those of their digests, and no row is there that no entry tells of.
 *
 * Whoever can rewrite the whole database can also make a new ledger that is whole: against that, keep the hash of a
 * late entry elsewhere.
 */
export function verificationIn(db: Database, contents: Contents): Pick<Store, 'verifyLedger'> {
  return {
    async verifyLedger() {
      const walk = walkLedger(db);
      for (;;) {
        const { bytes, verdict } = await db.read(() => walk());
        for (const { entry, digest } of bytes) {
          const fault = await contents.fault(digest);
          const what = fault === 'missing' ? 'are missing' : 'were changed';
          if (fault) return brokenAt(entry, `the bytes with SHA-256 ${digest} ${what}`);
        }
        if (verdict) return verdict;
      }
    },
  };
}

interface Page {
  /** What the entries of the page say is stored, yet to be looked at. */
  readonly bytes: readonly { readonly entry: LedgerEntry; readonly digest: string }[];
  /** At the first break, or at the end. */
  readonly verdict?: LedgerVerdict;
}

/** Each call goes on where the last one ended. Runs within reads. */
function walkLedger(db: Database): () => Page {
  const records = recordsIn(db);
  const heads = new Map<string, ChainHead>();
  let position = 0;
  let entries = 0;

  return () => {
    const bytes: { entry: LedgerEntry; digest: string }[] = [];
    const rows = db
      .statement<LedgerRow>('SELECT * FROM ledger WHERE position > @position ORDER BY position LIMIT @limit')
      .all({ position, limit: PAGE });
    for (const row of rows) {
      const fault = linkFault(row, heads.get(row.chain) ?? NO_ENTRY);
      if (fault) return { bytes, verdict: fault };
      const entry = entryOf(row);
      const checked = records.check(entry);
      if ('fault' in checked) return { bytes, verdict: brokenAt(entry, checked.fault) };
      bytes.push(...checked.map((digest) => ({ entry, digest })));
      heads.set(row.chain, row);
      position = row.position;
      entries += 1;
    }
    if (rows.length > 0) return { bytes };
    return { bytes, verdict: cutOff(db, heads) ?? records.strays() ?? { kind: 'whole', chains: heads.size, entries } };
  };
}

const NO_ENTRY: ChainHead = { sequence: 0, hash: GENESIS };

function linkFault(row: LedgerRow, head: ChainHead): Broken | undefined {
  const { chain } = row;
  const sequence = head.sequence + 1;
  const broken = (reason: string): Broken => ({ kind: 'broken', chain, sequence, reason });
  if (row.sequence !== sequence) return broken(`the entry is missing; ${row.sequence} is there instead`);
  if (row.previous !== head.hash) return broken('the entry does not follow on the one before it');
  return entryHash(row) === row.hash ? undefined : broken('the entry was changed');
}

/** The heads are kept apart from the entries, so that entries taken off the end are missed. */
function cutOff(db: Database, heads: ReadonlyMap<string, ChainHead>): Broken | undefined {
  const recorded = db.statement<ChainHead & { chain: string }>('SELECT * FROM chains').all({});
  for (const { chain, sequence, hash } of recorded) {
    const last = heads.get(chain) ?? NO_ENTRY;
    const reason = `the chain should end with entry ${sequence}, but ends with ${last.sequence}`;
    if (last.sequence !== sequence) return { kind: 'broken', chain, sequence: last.sequence + 1, reason };
    if (last.hash !== hash) return { kind: 'broken', chain, sequence, reason: 'the recorded hash is another' };
  }
  const known = new Set(recorded.map(({ chain }) => chain));
  for (const [chain, { sequence }] of heads) {
    if (!known.has(chain)) return { kind: 'broken', chain, sequence, reason: 'no head of this chain is recorded' };
  }
  return undefined;
}
