import { canonicalJson } from './canonical-json.ts';
import type { Database, Values } from './database.ts';
import { certificatesRecord, mdnRecord, messageRecord } from './evidence.ts';
import type { InterchangeRow } from './jobs.ts';
import type { MdnRow, MessageRow } from './rows.ts';
import { type Transition, isOwnKind, stateAfter } from './states.ts';
import type { LedgerEntry } from './store.ts';

export interface EntryRecords {
  /** Compares what an entry tells of with what is stored. `digests` name the bytes that must be there. */
  check(entry: LedgerEntry): { digests: string[]; fault?: string };
  /** After the last entry: what is stored that no entry told of. */
  untold(): string | undefined;
}

/** What the entries that this store writes say of rows. */
interface Told {
  readonly record?: string;
  readonly mdn?: { readonly id: string; readonly record: string };
  readonly interchanges?: readonly InterchangeRow[];
  readonly certificates?: { registered: number; replaced: number; cancelled: number; record: string };
}

/** Checks the entries of one walk through the ledger. Runs within reads. */
export function recordsIn(db: Database): EntryRecords {
  const told = { messages: 0, mdns: 0, interchanges: 0, certificates: 0 };

  function message(id: string | undefined, record: string): Checked {
    told.messages += 1;
    const row = db.statement<MessageRow>('SELECT * FROM messages WHERE id = @id').get({ id: id ?? '' });
    if (!row) return { digests: [], fault: 'its message is missing' };
    const digests = row.payload === null ? [row.raw] : [row.raw, row.payload];
    if (messageRecord(row) !== record) return { digests, fault: 'its message was changed' };
    const last = db
      .statement<{ kind: Transition }>(
        `SELECT kind FROM ledger WHERE subject_id = @id AND kind IN (${TRANSITIONS}) ORDER BY position DESC LIMIT 1`,
      )
      .get({ id: row.id });
    if (last && stateAfter[last.kind] === row.state) return { digests };
    return { digests, fault: `its message is in a state (${row.state}) that the ledger does not give it` };
  }

  function mdn({ id, record }: { id: string; record: string }): Checked {
    told.mdns += 1;
    const row = db.statement<MdnRow>('SELECT * FROM mdns WHERE id = @id').get({ id });
    if (!row) return { digests: [], fault: 'its MDN is missing' };
    return mdnRecord(row) === record ? { digests: [row.body] } : { digests: [row.body], fault: 'its MDN was changed' };
  }

  function interchange(expected: InterchangeRow): Checked {
    told.interchanges += 1;
    const { environment, sender, reference } = expected;
    const row = db
      .statement<Values>(
        'SELECT * FROM interchanges WHERE environment = @environment AND sender = @sender AND reference = @reference',
      )
      .get({ environment, sender, reference });
    const same = row !== undefined && canonicalJson(row) === canonicalJson(expected);
    return same ? { digests: [] } : { digests: [], fault: 'its interchange is missing or was changed' };
  }

  function certificates(messageId: string, expected: NonNullable<Told['certificates']>): Checked {
    told.certificates += expected.registered + expected.replaced + expected.cancelled;
    const rows = db
      .statement<Values>('SELECT * FROM certificates WHERE message_id = @messageId ORDER BY position')
      .iterate({ messageId });
    if (certificatesRecord(rows) === expected.record) return { digests: [] };
    return { digests: [], fault: 'certificates that it changed are missing or were changed' };
  }

  return {
    check(entry) {
      if (!isOwnKind(entry.kind)) return { digests: [] };
      const facts = entry.facts as Told;
      const checked: Checked[] = [];
      if (facts.record !== undefined) checked.push(message(entry.subjectId, facts.record));
      if (typeof facts.mdn === 'object') checked.push(mdn(facts.mdn));
      for (const row of facts.interchanges ?? []) checked.push(interchange(row));
      if (facts.certificates) checked.push(certificates(entry.subjectId ?? '', facts.certificates));
      const fault = checked.find((result) => result.fault !== undefined)?.fault;
      const digests = checked.flatMap((result) => result.digests);
      return fault === undefined ? { digests } : { digests, fault };
    },
    untold() {
      for (const [table, count] of Object.entries(told)) {
        const stored = db.statement<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).get({})?.n ?? 0;
        if (stored !== count) return `${stored} ${table} are stored, but entries tell of ${count}`;
      }
      return undefined;
    },
  };
}

interface Checked {
  readonly digests: string[];
  readonly fault?: string;
}

const TRANSITIONS = Object.keys(stateAfter)
  .map((kind) => `'${kind}'`)
  .join(', ');
