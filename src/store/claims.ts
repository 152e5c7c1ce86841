import type { ClaimRecord, ClaimStore } from './claim-record.ts';
import type { Database, Values } from './database.ts';
import { claimFacts } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { matching } from './matching.ts';
import { present, readFacts } from './rows.ts';

/**
 * Whether a row may be written: its entry line and its certificate have the versions that it was decided on, and what is
 * used of the item stays between nothing and what is certified.
 */
const HOLDS = `@version - 1 = COALESCE(
    (SELECT MAX(version) FROM claims WHERE environment = @environment AND entry = @entry AND entry_line = @entry_line), 0)
  AND @certificate_version = (SELECT MAX(version) FROM certificates WHERE environment = @environment AND number = @number)
  AND @drawn + COALESCE(
    (SELECT SUM(drawn) FROM claims
     WHERE environment = @environment AND number = @number AND hts = @hts AND unit = @unit), 0)
  BETWEEN 0 AND
    (SELECT SUM(line.value ->> 'certified') FROM certificates, json_each(certificate, '$.lines') AS line
     WHERE environment = @environment AND number = @number AND version = @certificate_version AND state <> 'cancelled'
       AND line.value ->> 'hts' = @hts AND line.value ->> 'unit' = @unit)`;

/** Each claim and each reversal is kept as a version of its entry line; none is changed. */
export function claimsIn(db: Database, ledger: Ledger): ClaimStore {
  return {
    recordClaim: (record) =>
      db.write(() => {
        const row = rowOf(record);
        const holds = db.statement<{ holds: 0 | 1 | null }>(`SELECT ${HOLDS} AS holds`).get(row)?.holds === 1;
        if (!holds) return 'conflict';
        db.insert('claims', row);
        const event = { chain: row.partner, kind: `claim.${ended[row.kind]}`, subjectId: row.number };
        ledger.append({ ...event, facts: { claim: claimFacts(row) } }, record.changedAt);
        return 'done';
      }),
    findClaim: (environment, entry, entryLine) =>
      db.read(() => {
        const row = db
          .statement<ClaimRow>(
            `SELECT * FROM claims WHERE environment = @environment AND entry = @entry AND entry_line = @entryLine
             ORDER BY version DESC LIMIT 1`,
          )
          .get({ environment, entry, entryLine });
        return row && recordOf(row);
      }),
    listClaims: (filter) =>
      db.read(() => {
        const { partner, environment, number, entry } = filter;
        const { sql, values } = matching(filter, 'changed_at', { partner, environment, number, entry });
        return db.statement<ClaimRow>(`SELECT * FROM claims ${sql}`).all(values).map(recordOf);
      }),
  };
}

const ended = { claim: 'recorded', reversal: 'reversed' } as const;

export interface ClaimRow extends Values {
  readonly environment: ClaimRecord['environment'];
  readonly entry: string;
  readonly entry_line: number;
  readonly version: number;
  readonly kind: ClaimRecord['kind'];
  readonly number: string;
  readonly certificate_version: number;
  readonly partner: string;
  readonly hts: string;
  readonly unit: string;
  readonly drawn: number;
  readonly changed_at: string;
  readonly claim: string;
  readonly reason: string | null;
}

function rowOf(record: ClaimRecord): ClaimRow {
  return {
    environment: record.environment,
    entry: record.entry,
    entry_line: record.entryLine,
    version: record.version,
    kind: record.kind,
    number: record.number,
    certificate_version: record.certificateVersion,
    partner: record.partner,
    hts: record.hts,
    unit: record.unit,
    drawn: record.kind === 'claim' ? record.quantity : -record.quantity,
    changed_at: record.changedAt.toISOString(),
    claim: JSON.stringify(record.claim),
    reason: record.reason ?? null,
  };
}

function recordOf(row: ClaimRow): ClaimRecord {
  const { environment, entry, version, kind, number, partner, hts, unit } = row;
  return {
    ...{ environment, entry, entryLine: row.entry_line, version, kind },
    ...{ number, certificateVersion: row.certificate_version, partner, hts, unit },
    quantity: Math.abs(row.drawn),
    changedAt: new Date(row.changed_at),
    claim: readFacts(row.claim),
    ...present({ reason: row.reason }),
  };
}
