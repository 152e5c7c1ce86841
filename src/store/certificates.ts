import type { CertificateOnFile, Usage } from './claim-record.ts';
import { certificatesRecord } from './evidence.ts';
import type { Database, Values } from './database.ts';
import { matching } from './matching.ts';
import { readFacts } from './rows.ts';
import { StoreError } from './store-error.ts';
import type { CertificateChange, CertificateRecord, Facts, Store } from './store.ts';

export interface Certificates extends Pick<Store, 'findCertificates' | 'listCertificates' | 'certificateUsage'> {
  /**
   * Within a write: adds a version of each, in order. Returns what the ledger entry of the interchange says of them,
   * or undefined when one has another version now than was expected, or is used; then the write must be taken back.
   */
  insert(messageId: string, changes: readonly CertificateChange[]): Facts | undefined;
}

const IN_FORCE = `NOT EXISTS (
  SELECT 1 FROM certificates AS later
  WHERE later.environment = certificates.environment AND later.number = certificates.number
    AND later.version > certificates.version)`;

const BEHIND = `(changed_at, position) < (
  SELECT changed_at, position FROM certificates AS last
  WHERE last.environment = @afterEnvironment AND last.number = @afterNumber AND last.version = @afterVersion)`;

/** What entries draw on a certificate, as JSON. */
const USAGE = `(
  SELECT json_group_array(json_object('hts', hts, 'unit', unit, 'used', used)) FROM (
    SELECT hts, unit, SUM(drawn) AS used FROM claims
    WHERE claims.environment = certificates.environment AND claims.number = certificates.number
    GROUP BY hts, unit HAVING SUM(drawn) > 0)) AS usage`;

const CONDITION = `CASE
  WHEN state = 'cancelled' THEN 'cancelled'
  WHEN (SELECT SUM(drawn) FROM claims
        WHERE claims.environment = certificates.environment AND claims.number = certificates.number) > 0 THEN 'matched'
  ELSE 'unmatched' END`;

/** What each member of a filter asks for. */
const NARROWED = {
  environment: 'environment = @environment',
  partner: 'partner = @partner',
  participant: 'participant = @participant',
  country: 'country = @country',
  programme: 'programme = @programme',
  numbers: 'number IN (SELECT value FROM json_each(@numbers))',
  issuedFrom: "certificate ->> 'issueDate' >= @issuedFrom",
  issuedTo: "certificate ->> 'issueDate' <= @issuedTo",
  condition: `${CONDITION} = @condition`,
  after: 'number > @after',
} as const;

/** Every version is kept; none is changed. What is in force is the highest version of a number in its environment. */
export function certificatesIn(db: Database): Certificates {
  return {
    insert(messageId, changes) {
      const stale = db.statement<{ found: number }>(
        `SELECT EXISTS (
           SELECT 1 FROM json_each(@expected)
           WHERE value ->> 2 <> COALESCE((SELECT MAX(version) FROM certificates
                                          WHERE environment = value ->> 0 AND number = value ->> 1), 0)
              OR COALESCE((SELECT SUM(drawn) FROM claims
                           WHERE environment = value ->> 0 AND number = value ->> 1), 0) <> 0) AS found`,
      );
      if (stale.get({ expected: JSON.stringify(expectedBefore(changes)) })?.found === 1) return undefined;
      const rows = changes.map((change) => rowOf(messageId, change));
      for (const row of rows) db.insert('certificates', row);
      const counted = (kind: CertificateChange['kind']) => changes.filter((change) => change.kind === kind).length;
      const counts = { registered: counted('register'), replaced: counted('replace'), cancelled: counted('cancel') };
      return { ...counts, record: certificatesRecord(rows) };
    },
    findCertificates: (environment, numbers) =>
      db.read(() => {
        const rows = db
          .statement<CertificateRow>(
            `SELECT *, ${USAGE} FROM certificates
             WHERE environment = @environment AND number IN (SELECT value FROM json_each(@numbers)) AND ${IN_FORCE}`,
          )
          .all({ environment, numbers: JSON.stringify(numbers) });
        return new Map(rows.map((row) => [row.number, onFile(row)]));
      }),
    listCertificates: (filter) =>
      db.read(() => {
        const { partner, environment, number, country, state } = filter;
        const { sql, values } = matching(filter, 'changed_at', { partner, environment, number, country, state });
        const { after } = filter;
        const inForce = `(SELECT * FROM certificates WHERE ${IN_FORCE} ${after ? `AND ${BEHIND}` : ''})`;
        const statement = db.statement<CertificateRow>(`SELECT *, ${USAGE} FROM ${inForce} AS certificates ${sql}`);
        const last = after && {
          afterEnvironment: after.environment,
          afterNumber: after.number,
          afterVersion: after.version,
        };
        return statement.all({ ...values, ...last }).map(onFile);
      }),
    certificateUsage: ({ numbers, limit = 100, ...filter }) =>
      db.read(() => {
        const given = { ...filter, numbers: numbers && JSON.stringify(numbers) };
        const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const narrowed = Object.keys(values).map((name) => `AND ${NARROWED[name as keyof typeof given]}`);
        return db
          .statement<CertificateRow>(
            `SELECT *, ${USAGE} FROM certificates WHERE ${IN_FORCE} ${narrowed.join(' ')} ORDER BY number LIMIT @limit`,
          )
          .all({ ...values, limit })
          .map(onFile);
      }),
  };
}

interface CertificateRow extends Values {
  readonly environment: CertificateRecord['environment'];
  readonly number: string;
  readonly version: number;
  readonly kind: CertificateChange['kind'];
  readonly state: string;
  readonly country: string;
  readonly programme: string;
  readonly partner: string;
  readonly participant: string;
  readonly changed_at: string;
  readonly certificate: string;
  readonly message_id: string;
}

/** Of each certificate, before the first of its changes: environment, number, version. Each later change follows on the one before. */
function expectedBefore(changes: readonly CertificateChange[]): readonly (readonly [string, string, number])[] {
  const versions = new Map<string, number>();
  return changes.flatMap(({ expectedVersion, record: { environment, number, version } }) => {
    const key = `${environment} ${number}`;
    const known = versions.get(key);
    if (version !== expectedVersion + 1 || (known !== undefined && known !== expectedVersion)) {
      const text = `Certificate ${number}: version ${version} does not follow on ${known ?? expectedVersion}.`;
      throw new StoreError('STORE_MISUSED', text);
    }
    versions.set(key, version);
    return known === undefined ? [[environment, number, expectedVersion] as const] : [];
  });
}

function rowOf(messageId: string, { kind, record }: CertificateChange): CertificateRow {
  return {
    environment: record.environment,
    number: record.number,
    version: record.version,
    kind,
    state: record.state,
    country: record.country,
    programme: record.programme,
    partner: record.partner,
    participant: record.participant,
    changed_at: record.changedAt.toISOString(),
    certificate: JSON.stringify(record.certificate),
    message_id: messageId,
  };
}

function onFile(row: CertificateRow): CertificateOnFile {
  const { environment, number, version, state, country, programme, partner, participant } = row;
  const stored = { environment, number, version, state, country, programme, partner, participant };
  const usage = readFacts(String(row['usage'])) as unknown as readonly Usage[];
  return { ...stored, changedAt: new Date(row.changed_at), certificate: readFacts(row.certificate), usage };
}
