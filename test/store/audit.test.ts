import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { at, inbound, outbound, refused } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

describe('an audit', () => {
  const directories = temporaryDirectories();

  it('recomputes the ledger by what its documentation says, with nothing of the program', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    await store.sealInbound(inbound({ as2From: 'é "quoted" \\ \u0001' }));
    await store.sealInbound(refused({ partner: undefined }));
    await store.queueOutbound([outbound()]);
    await store.note(
      { chain: 'van', kind: 'note', facts: { 9: 1, 10: [null, true, 1.5], a: { z: '', A: '' } } },
      at(1),
    );
    await store.close();

    const database = new Sqlite(path.join(directory, 'countersign.db'), { readonly: true });
    const rows = database.prepare('SELECT * FROM ledger ORDER BY chain, sequence').all() as Record<string, string>[];
    const last = new Map<string, string>();
    for (const { chain, sequence, at: time, kind, subject_id, facts, previous, hash } of rows) {
      const entry = {
        at: time,
        chain,
        facts: JSON.parse(facts!) as unknown,
        kind,
        previous,
        sequence,
        subjectId: subject_id,
      };
      assert.equal(previous, last.get(chain!) ?? '0'.repeat(64));
      assert.equal(hash, createHash('sha256').update(canonical(entry)).digest('hex'));
      last.set(chain!, hash);
    }
    assert.equal(rows.length, 4);

    const received = database.prepare("SELECT * FROM messages WHERE direction = 'in' AND state = 'accepted'").get();
    const changing = ['position', 'state', 'detail'];
    const evidence = Object.fromEntries(
      Object.entries(received as object).filter(([name, value]) => value !== null && !changing.includes(name)),
    );
    const told = JSON.parse(rows.find(({ kind }) => kind === 'inbound.accepted')!['facts']!) as { record: string };
    assert.equal(told.record, createHash('sha256').update(canonical(evidence)).digest('hex'));
    database.close();
  });
});

/** JSON without blanks, members sorted by name. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
