import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { kept } from '../../src/bytes/kept.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import {
  at,
  change,
  claim,
  claimedDelivery,
  completeJob,
  digestOf,
  inbound,
  outbound,
  receivedMdn,
  refused,
  result,
  sealedJob,
} from './fixtures.ts';
import { step } from './contract/onboarding.ts';
import { tamper } from './tamper.ts';
import { temporaryDirectories } from './temporary.ts';

/** Larger than the database takes, so in a file. */
const filed = Buffer.alloc(300_000, 7);

describe('tampering', () => {
  const directories = temporaryDirectories();
  let untouched: string;
  let directory: string;
  let store: Store;

  before(async () => {
    untouched = directories.make();
    store = await openSqliteStore({ directory: untouched });
    const job = await sealedJob(store, inbound({ id: 'in-1', raw: kept(filed), messageId: '<1@van>' }));
    const interchange = {
      ...({ environment: 'test', sender: 'NZMPI:ZZZ', reference: '42', messageId: job.messageId } as const),
      ...{ messageType: 'SANCRT', messages: 2, accepted: 2, rejected: 0 },
    };
    const sent = { sender: 'US:ZZZ', recipient: 'NZMPI:ZZZ', reference: 'US1' };
    const answer = outbound({ id: 'out-1', createdAt: at(1), answers: 'in-1', interchanges: [sent] });
    const lines = [{ hts: '020230', unit: 'KGM', certified: 10 }];
    const certificates = [change('A1', 0, {}, lines), change('A2')];
    await completeJob(store, job, result({ interchanges: [interchange], certificates, outbound: [answer] }), at(1));
    const delivery = await claimedDelivery(store, outbound({ id: 'out-2', createdAt: at(1) }));
    await store.settleDelivery(delivery, { kind: 'failed', detail: 'gave up' }, at(2));
    await store.recordMdn(receivedMdn(outbound({ id: 'out-1' }), { id: 'mdn-1' }), at(3));
    const contrl = await sealedJob(store, inbound({ id: 'in-3', messageId: '<3@van>', receivedAt: at(4) }));
    const acknowledgements = [{ subjectId: 'out-1', reference: 'US1', outcome: 'acknowledged' }] as const;
    await completeJob(store, contrl, result({ acknowledgements }), at(4));
    await store.sealInbound(refused({ id: 'in-2', partner: undefined }));
    await store.recordStep(step(1, { partner: 'bank' }));
    await store.recordClaim(claim(1));
    const told = { numbers: ['A1'], since: at(5), after: 0, through: 1 };
    const addressee = { environment: 'test', partner: 'van', participant: 'NZMPI:ZZZ' } as const;
    await store.queueNotice(addressee, told, outbound({ id: 'out-4', createdAt: at(5) }));
    assert.deepEqual(await store.verifyLedger(), { kind: 'whole', chains: 3, entries: 13 });
    await store.close();
  });

  beforeEach(async () => {
    directory = directories.make();
    cpSync(untouched, directory, { recursive: true });
    store = await openSqliteStore({ directory });
  });

  afterEach(() => store.close());

  const attacks: readonly [name: string, sql: string, where: string, reason: RegExp][] = [
    [
      'the facts of an entry',
      `UPDATE ledger SET facts = replace(facts, 'SANCRT', 'REQDOC') WHERE sequence = 3`,
      'van 3',
      /entry was changed/,
    ],
    [
      'facts to no JSON',
      `UPDATE ledger SET facts = '{' WHERE chain = 'van' AND sequence = 2`,
      'van 2',
      /entry was changed/,
    ],
    [
      'the spelling of facts',
      `UPDATE ledger SET facts = facts || ' ' WHERE chain = 'van' AND sequence = 2`,
      'van 2',
      /entry was changed/,
    ],
    [
      'the time of an entry',
      `UPDATE ledger SET at = '2025-01-01T00:00:00.000Z' WHERE chain = 'van' AND sequence = 2`,
      'van 2',
      /entry was changed/,
    ],
    [
      'the time to none',
      `UPDATE ledger SET at = 'yesterday' WHERE chain = 'van' AND sequence = 2`,
      'van 2',
      /entry was changed/,
    ],
    [
      'the kind of an entry',
      `UPDATE ledger SET kind = 'outbound.delivered' WHERE kind = 'outbound.failed'`,
      'van 5',
      /entry was changed/,
    ],
    [
      'the subject of an entry',
      `UPDATE ledger SET subject_id = 'in-2' WHERE chain = 'van' AND sequence = 1`,
      'van 1',
      /entry was changed/,
    ],
    [
      'a hash',
      `UPDATE ledger SET hash = '${'1'.repeat(64)}' WHERE chain = 'van' AND sequence = 2`,
      'van 2',
      /entry was changed/,
    ],
    [
      'the link to the entry before',
      `UPDATE ledger SET previous = '${'1'.repeat(64)}' WHERE sequence = 2`,
      'van 2',
      /follow/,
    ],
    ['an entry taken out', `DELETE FROM ledger WHERE chain = 'van' AND sequence = 4`, 'van 4', /missing/],
    ['the first entry taken out', `DELETE FROM ledger WHERE chain = 'van' AND sequence = 1`, 'van 1', /missing/],
    [
      'entries cut off the end',
      `DELETE FROM ledger WHERE chain = 'van' AND sequence > 5`,
      'van 6',
      /should end with entry 11/,
    ],
    ['a whole chain taken out', `DELETE FROM ledger WHERE chain = 'endpoint'`, 'endpoint 1', /should end with entry 1/],
    ['the head of a chain', `DELETE FROM chains WHERE chain = 'endpoint'`, 'endpoint 1', /no head/],
    [
      'the hash in a head',
      `UPDATE chains SET hash = '' WHERE chain = 'endpoint'`,
      'endpoint 1',
      /recorded hash is another/,
    ],
    ['who sent a message', `UPDATE messages SET as2_from = 'ME' WHERE id = 'in-1'`, 'van 1', /message was changed/],
    [
      'the headers of a message',
      `UPDATE messages SET headers = '[]' WHERE id = 'in-1'`,
      'van 1',
      /message was changed/,
    ],
    [
      'the disposition of a received message',
      `UPDATE messages SET disposition = 'x' WHERE id = 'in-2'`,
      'endpoint 1',
      /message was changed/,
    ],
    [
      'when a message was sent',
      `UPDATE messages SET at = '2026-01-01T00:00:00.000Z' WHERE id = 'out-2'`,
      'van 4',
      /message was changed/,
    ],
    [
      'which bytes a message has',
      `UPDATE messages SET raw = payload WHERE id = 'out-2'`,
      'van 4',
      /message was changed/,
    ],
    [
      'the state of a message sent',
      `UPDATE messages SET state = 'delivered' WHERE id = 'out-2'`,
      'van 4',
      /state \(delivered\)/,
    ],
    [
      'the state of a message received',
      `UPDATE messages SET state = 'stuck' WHERE id = 'in-1'`,
      'van 1',
      /state \(stuck\)/,
    ],
    ['a message taken out', `DELETE FROM messages WHERE id = 'in-2'`, 'endpoint 1', /message is missing/],
    [
      'a message put in',
      `INSERT INTO messages (id, direction, environment, at, as2_from, as2_to, message_id, remote, headers, raw, facts, state)
      SELECT 'forged', 'in', environment, at, as2_from, as2_to, '<forged>', remote, headers, raw, facts, 'accepted' FROM messages WHERE id = 'in-1'`,
      'endpoint 0',
      /\d messages/,
    ],
    [
      'the MDN that was sent',
      `UPDATE mdns SET disposition = 'failed' WHERE subject_id = 'in-1'`,
      'van 1',
      /MDN was changed/,
    ],
    [
      'the MDN that was received',
      `UPDATE mdns SET body = (SELECT raw FROM messages WHERE id = 'out-1') WHERE id = 'mdn-1'`,
      'van 6',
      /MDN was changed/,
    ],
    ['the verdict on an MDN', `UPDATE mdns SET state = 'refused' WHERE id = 'mdn-1'`, 'van 6', /MDN was changed/],
    ['an MDN taken out', `DELETE FROM mdns WHERE id = 'mdn-1'`, 'van 6', /MDN is missing/],
    [
      'a certificate',
      `UPDATE certificates SET certificate = '{}' WHERE number = 'A2'`,
      'van 3',
      /certificates .* changed/,
    ],
    ['a certificate taken out', `DELETE FROM certificates WHERE number = 'A1'`, 'van 3', /certificates .* missing/],
    [
      'who decided on a step into production',
      `UPDATE onboarding SET decided_by = 'Nobody'`,
      'bank 1',
      /step into production .* changed/,
    ],
    ['a step into production taken out', `DELETE FROM onboarding`, 'bank 1', /step into production is missing/],
    [
      'a step into production put in',
      `INSERT INTO onboarding SELECT 99, partner, participant, 2, 'production', at, effective, decided_by, note, evidence FROM onboarding`,
      'endpoint 0',
      /2 onboarding .* 1/,
    ],
    [
      'a certificate put in',
      `INSERT INTO certificates SELECT 99, environment, 'A9', version, kind, state, country, programme, partner, participant, changed_at, certificate, 'out-1' FROM certificates LIMIT 1`,
      'endpoint 0',
      /3 certificates .* 2/,
    ],
    ['an interchange that was sent', `UPDATE sent_interchanges SET reference = 'US2'`, 'van 2', /interchanges in it/],
    [
      'an interchange that was sent put in',
      `INSERT INTO sent_interchanges SELECT 9, 'out-2', sender, recipient, reference FROM sent_interchanges`,
      'endpoint 0',
      /2 sent_interchanges .* 1/,
    ],
    ['what CONTRL said', `UPDATE acknowledgements SET outcome = 'rejected'`, 'van 9', /what CONTRL said/],
    ['an interchange', `UPDATE interchanges SET accepted = 1`, 'van 3', /interchange is missing or was changed/],
    ['a claim', `UPDATE claims SET drawn = 9`, 'van 10', /claim is missing or was changed/],
    ['a claim taken out', `DELETE FROM claims`, 'van 10', /claim is missing or was changed/],
    [
      'a claim put in',
      `INSERT INTO claims SELECT 99, environment, 'other', entry_line, version, kind, number, certificate_version, partner, hts, unit, drawn, changed_at, claim, reason FROM claims`,
      'endpoint 0',
      /2 claims .* 1/,
    ],
    ['how far usage was told', `UPDATE notices SET through = 9`, 'van 11', /usage was told is missing or was changed/],
    ['how far usage was told, taken out', `DELETE FROM notices`, 'van 11', /usage was told is missing or was changed/],
    [
      'how far usage was told, put in',
      `INSERT INTO notices SELECT 9, environment, partner, 'other', through, message_id FROM notices`,
      'endpoint 0',
      /2 notices .* 1/,
    ],
    [
      'bytes in the database',
      `UPDATE contents SET bytes = X'00' WHERE sha256 = (SELECT raw FROM messages WHERE id = 'out-2')`,
      'van 4',
      /bytes .* were changed/,
    ],
    [
      'bytes taken out of the database',
      `DELETE FROM contents WHERE sha256 = (SELECT body FROM mdns WHERE id = 'mdn-1')`,
      'van 6',
      /bytes .* are missing/,
    ],
  ];
  for (const [name, sql, where, reason] of attacks) {
    it(`is found: ${name}`, async () => {
      tamper(directory, sql);
      await assertBroken(where, reason);
    });
  }

  const others: Readonly<Record<string, string>> = {
    ...{ environment: "'production'", number: "'A9'", version: '2', kind: "'replace'", state: "'cancelled'" },
    ...{ country: "'AU'", programme: "'lamb'", partner: "'bank'", participant: "'AU:ZZZ'", message_id: "'out-1'" },
    ...{ changed_at: "'2026-01-31T12:00:06.000Z'", certificate: "json_set(certificate, '$.consignee', 'X')" },
  };
  for (const [column, value] of Object.entries(others)) {
    it(`is found: the ${column} of a certificate`, async () => {
      tamper(directory, `UPDATE certificates SET ${column} = ${value} WHERE number = 'A2'`);
      await assertBroken('van 3', /certificates .* changed/);
    });
  }

  it('of a certificate each column is among these, but its position', () => {
    const database = new Sqlite(path.join(directory, 'countersign.db'));
    const columns = database.prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('certificates')`).all();
    database.close();
    const names = columns.map(({ name }) => name).filter((name) => name !== 'position');
    assert.deepEqual(Object.keys(others).sort(), names.sort());
  });

  it('is found: bytes in a file', async () => {
    writeFileSync(fileOf(filed), Buffer.alloc(filed.length, 8));
    await assertBroken('van 1', /bytes .* were changed/);
  });

  it('is found: a file taken out', async () => {
    rmSync(fileOf(filed));
    await assertBroken('van 1', /bytes .* are missing/);
  });

  it('the first of several breaks is told', async () => {
    tamper(directory, `UPDATE messages SET as2_from = 'ME' WHERE id IN ('in-2', 'out-2')`);
    rmSync(fileOf(filed));
    await assertBroken('van 1', /bytes .* are missing/);
  });

  it('attempts, leases and work are not evidence', async () => {
    tamper(directory, `UPDATE work SET attempts = 99, due = NULL`);
    assert.equal((await store.verifyLedger()).kind, 'whole');
  });

  for (const table of [
    'ledger',
    'chains',
    'contents',
    'messages',
    'mdns',
    'interchanges',
    'certificates',
    'sent_interchanges',
    'acknowledgements',
    'claims',
    'notices',
    'onboarding',
  ]) {
    it(`${table}: the database itself refuses to change or delete evidence`, () => {
      const database = new Sqlite(path.join(directory, 'countersign.db'));
      const columns = database.prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('${table}')`).all();
      const changing = [
        'position',
        ...(['messages', 'mdns'].includes(table) ? ['state', 'disposition', 'detail'] : []),
      ];
      if (table === 'mdns') changing.splice(changing.indexOf('disposition'), 1);
      if (table === 'chains') changing.push('hash'); // moves forward together with `sequence`
      for (const { name } of columns.filter((column) => !changing.includes(column.name))) {
        assert.throws(
          () => database.exec(`UPDATE ${table} SET ${name} = ${name}`),
          /evidence|append-only|forward/,
          name,
        );
      }
      assert.throws(() => database.exec(`DELETE FROM ${table}`), /evidence|append-only/);
      database.close();
    });
  }

  it('the database itself takes entries only at the end of a chain', () => {
    const database = new Sqlite(path.join(directory, 'countersign.db'));
    const replace = `REPLACE INTO ledger SELECT position, chain, sequence, at, 'other', subject_id, facts, previous, hash FROM ledger`;
    assert.throws(() => database.exec(replace), /only grows at its end/);
    database.close();
  });

  async function assertBroken(where: string, reason: RegExp): Promise<void> {
    const verdict = await store.verifyLedger();
    assert.equal(verdict.kind, 'broken');
    assert.equal(`${verdict.chain} ${verdict.sequence}`, where, verdict.reason);
    assert.match(verdict.reason, reason);
  }

  function fileOf(bytes: Buffer): string {
    const digest = digestOf(bytes);
    return path.join(directory, 'payloads', digest.slice(0, 2), digest.slice(2));
  }
});
