import type { AcknowledgementRow, SentRow } from './acknowledgements.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ClaimRow } from './claims.ts';
import type { Database, Values } from './database.ts';
import { certificatesRecord, claimFacts, mdnRecord, messageRecord, rowRecord } from './evidence.ts';
import type { InterchangeRow } from './jobs.ts';
import { ENDPOINT_CHAIN } from './ledger.ts';
import { type MdnRow, type MessageRow, readFacts } from './rows.ts';
import { type Transition, isOwnKind, remarks, stateAfter } from './states.ts';
import type { LedgerEntry, LedgerVerdict } from './ledger-entry.ts';

export type Broken = Extract<LedgerVerdict, { kind: 'broken' }>;

export interface EntryRecords {
  /** Compares what an entry tells of with the rows that are stored. */
  check(entry: LedgerEntry): Checked;
  /** After the last entry: what is stored that is not as the entries together tell it. */
  strays(): Broken | undefined;
}

/** The digests of the bytes that must be there as well; or what is wrong. */
export type Checked = readonly string[] | { readonly fault: string };

/** What the entries that this store writes say of rows. */
interface Told {
  readonly record?: string;
  /** One that is stored with the entry; of a transition, only its id. */
  readonly mdn?: string | { readonly id: string; readonly record: string };
  readonly detail?: string;
  readonly interchanges?: readonly InterchangeRow[];
  /** Of the message that the entry queues. */
  readonly sent?: readonly SentRow[];
  readonly acknowledgements?: readonly AcknowledgementRow[];
  readonly certificates?: { registered: number; replaced: number; cancelled: number; record: string };
  readonly onboarding?: { participant: string; sequence: number; record: string };
  readonly claim?: ClaimRow;
  /** How far usage is told by the message that the entry queues. */
  readonly notice?: Values;
}

/** Checks the entries of one walk through the ledger. Runs within reads. */
export function recordsIn(db: Database): EntryRecords {
  const told = {
    ...{ messages: 0, mdns: 0, interchanges: 0, certificates: 0, claims: 0 },
    ...{ sent_interchanges: 0, acknowledgements: 0, onboarding: 0, notices: 0 },
  };
  /** Told last: it may come of entries that are missing or were changed, and then those are the break. */
  let wrongOutcome: Broken | undefined;

  function message(entry: LedgerEntry, record: string): Checked {
    told.messages += 1;
    const row = db.statement<MessageRow>('SELECT * FROM messages WHERE id = @id').get({ id: entry.subjectId ?? '' });
    if (!row) return { fault: 'its message is missing' };
    if (messageRecord(row) !== record) return { fault: 'its message was changed' };
    const wrong = outcomeFault(row);
    if (wrong !== undefined) wrongOutcome ??= brokenAt(entry, `its message ${wrong} that the ledger does not give it`);
    return row.payload === null ? [row.raw] : [row.raw, row.payload];
  }

  /** Of what changes in the row of a message: what is not as the last entries about it say. */
  function outcomeFault({ id, direction, state, disposition, detail }: MessageRow): string | undefined {
    const { kind, facts } = lastEntry(id, TRANSITIONS) ?? {};
    if (kind === undefined || stateAfter[kind] !== state) return `is in a state (${state})`;
    if (direction === 'out' && disposition !== dispositionOf(toldIn(facts).mdn)) return 'has a disposition';
    const said = toldIn(lastEntry(id, [...TRANSITIONS, ...remarks])?.facts);
    return detail === (said.detail ?? null) ? undefined : 'has a detail';
  }

  function lastEntry<Kind extends string>(id: string, kinds: readonly Kind[]) {
    return db
      .statement<{ kind: Kind; facts: string }>(
        `SELECT kind, facts FROM ledger
         WHERE subject_id = @id AND kind IN (SELECT value FROM json_each(@kinds)) ORDER BY position DESC LIMIT 1`,
      )
      .get({ id, kinds: JSON.stringify(kinds) });
  }

  function dispositionOf(mdnId: Told['mdn']): string | null {
    if (typeof mdnId !== 'string') return null;
    return db.statement<MdnRow>('SELECT * FROM mdns WHERE id = @mdnId').get({ mdnId })?.disposition ?? null;
  }

  function mdn({ id, record }: { id: string; record: string }): Checked {
    told.mdns += 1;
    const row = db.statement<MdnRow>('SELECT * FROM mdns WHERE id = @id').get({ id });
    if (!row) return { fault: 'its MDN is missing' };
    return mdnRecord(row) === record ? [row.body] : { fault: 'its MDN was changed' };
  }

  function interchange(expected: InterchangeRow): Checked {
    told.interchanges += 1;
    const { environment, sender, reference, message_id } = expected;
    const row = db
      .statement<Values>(
        `SELECT * FROM interchanges WHERE environment = @environment AND sender = @sender AND reference = @reference
           AND message_id = @message_id`,
      )
      .get({ environment, sender, reference, message_id });
    const same = row !== undefined && canonicalJson(row) === canonicalJson(expected);
    return same ? [] : { fault: 'its interchange is missing or was changed' };
  }

  /** Rows that a message brought in one go, in their order. */
  function rowsOf(
    table: 'sent_interchanges' | 'acknowledgements',
    what: string,
    messageId: string,
    expected: readonly Values[],
  ): Checked {
    told[table] += expected.length;
    const rows = db
      .statement<Values>(`SELECT ${COLUMNS[table]} FROM ${table} WHERE message_id = @messageId ORDER BY position`)
      .all({ messageId });
    return canonicalJson(rows) === canonicalJson(expected) ? [] : { fault: `${what} are missing or were changed` };
  }

  function certificates(messageId: string, expected: NonNullable<Told['certificates']>): Checked {
    told.certificates += expected.registered + expected.replaced + expected.cancelled;
    const rows = db
      .statement<Values>('SELECT * FROM certificates WHERE message_id = @messageId ORDER BY position')
      .iterate({ messageId });
    const same = certificatesRecord(rows) === expected.record;
    return same ? [] : { fault: 'certificates that it changed are missing or were changed' };
  }

  function step(partner: string, { participant, sequence, record }: NonNullable<Told['onboarding']>): Checked {
    told.onboarding += 1;
    const row = db
      .statement<Values>(
        'SELECT * FROM onboarding WHERE partner = @partner AND participant = @participant AND sequence = @sequence',
      )
      .get({ partner, participant, sequence });
    return row && rowRecord(row) === record ? [] : { fault: 'its step into production is missing or was changed' };
  }

  function claim(expected: ClaimRow): Checked {
    told.claims += 1;
    const { environment, entry, entry_line, version } = expected;
    const row = db
      .statement<ClaimRow>(
        `SELECT * FROM claims
         WHERE environment = @environment AND entry = @entry AND entry_line = @entry_line AND version = @version`,
      )
      .get({ environment, entry, entry_line, version });
    const same = row !== undefined && canonicalJson(claimFacts(row)) === canonicalJson(expected);
    return same ? [] : { fault: 'its claim is missing or was changed' };
  }

  function notice(messageId: string, expected: Values): Checked {
    told.notices += 1;
    const row = db
      .statement<Values>(
        'SELECT environment, partner, participant, through, message_id FROM notices WHERE message_id = @messageId',
      )
      .get({ messageId });
    const same = row !== undefined && canonicalJson(row) === canonicalJson(expected);
    return same ? [] : { fault: 'how far usage was told is missing or was changed' };
  }

  return {
    check(entry) {
      if (!isOwnKind(entry.kind)) return [];
      const {
        record,
        mdn: answer,
        interchanges = [],
        certificates: changes,
        sent,
        acknowledgements,
        claim: drawn,
        onboarding,
        notice: through,
      } = entry.facts as Told;
      const subject = entry.subjectId ?? '';
      const checked: Checked[] = [];
      if (record !== undefined) checked.push(message(entry, record));
      if (typeof answer === 'object') checked.push(mdn(answer));
      for (const row of interchanges) checked.push(interchange(row));
      if (sent) checked.push(rowsOf('sent_interchanges', 'the interchanges in it', subject, sent));
      if (acknowledgements) {
        checked.push(rowsOf('acknowledgements', 'what CONTRL said', subject, acknowledgements));
      }
      if (changes) checked.push(certificates(subject, changes));
      if (onboarding) checked.push(step(entry.chain, onboarding));
      if (drawn) checked.push(claim(drawn));
      if (through) checked.push(notice(subject, through));
      return (
        checked.find((result) => 'fault' in result) ?? checked.flatMap((result) => ('fault' in result ? [] : result))
      );
    },
    strays() {
      if (wrongOutcome) return wrongOutcome;
      for (const [table, count] of Object.entries(told)) {
        const stored = db.statement<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).get({})?.n ?? 0;
        const reason = `${stored} ${table} are stored, but entries tell of ${count}`;
        if (stored !== count) return { kind: 'broken', chain: ENDPOINT_CHAIN, sequence: 0, reason };
      }
      return undefined;
    },
  };
}

const COLUMNS = {
  sent_interchanges: 'message_id, sender, recipient, reference',
  acknowledgements: 'message_id, subject_id, reference, outcome, detail',
};

export function brokenAt({ chain, sequence }: LedgerEntry, reason: string): Broken {
  return { kind: 'broken', chain, sequence, reason };
}

/** Facts that are no JSON any more tell nothing; the entry itself is found to be changed. */
function toldIn(facts = '{}'): Told {
  try {
    return { ...readFacts(facts) };
  } catch {
    return {};
  }
}

const TRANSITIONS = Object.keys(stateAfter) as Transition[];
