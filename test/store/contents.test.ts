import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { at, digestOf, inbound, LEASE_MS, outbound } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

describe('contents', () => {
  const directories = temporaryDirectories();
  const large = Buffer.alloc(300_000, 7);
  const fileOf = (directory: string, bytes: Buffer) => {
    const digest = digestOf(bytes);
    return path.join(directory, 'payloads', digest.slice(0, 2), digest.slice(2));
  };

  it('small ones are in the database, from 256 KiB on they are in files by their SHA-256', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    await store.sealInbound(inbound({ raw: large }));
    await store.close();
    assert.ok(readFileSync(fileOf(directory, large)).equals(large));
    const database = new Sqlite(path.join(directory, 'countersign.db'), { readonly: true });
    const rows = database.prepare('SELECT size, bytes IS NULL AS filed FROM contents ORDER BY size DESC').all();
    assert.deepEqual(rows[0], { size: 300_000, filed: 1 });
    assert.ok(rows.slice(1).every((row) => (row as { filed: number }).filed === 0));
    database.close();
  });

  it('the same bytes are kept once', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const small = Buffer.from('the same');
    const payload = { content: small, contentType: 'text/plain' };
    const messages = Array.from({ length: 4 }, () => inbound({ raw: large, payload, mdn: undefined }));
    await Promise.all(messages.map((message) => store.sealInbound(message)));
    await store.sealInbound(inbound({ raw: small, payload, mdn: undefined }));
    await store.close();
    const database = new Sqlite(path.join(directory, 'countersign.db'), { readonly: true });
    assert.deepEqual(database.prepare('SELECT COUNT(*) AS n FROM contents').get(), { n: 2 });
    database.close();
    assert.deepEqual(readdirSync(path.join(directory, 'payloads', 'unfinished')), []);
  });

  it('what a crash left half written is removed at the start; what another process writes now is not', async () => {
    const directory = directories.make();
    await (await openSqliteStore({ directory })).close();
    const [abandoned, current] = ['abandoned', 'current'].map((n) => path.join(directory, 'payloads/unfinished', n));
    writeFileSync(abandoned!, 'half');
    writeFileSync(current!, 'half');
    utimesSync(abandoned!, new Date(0), new Date(0));
    await (await openSqliteStore({ directory })).close();
    assert.deepEqual([existsSync(abandoned!), existsSync(current!)], [false, true]);
  });

  it('bytes that were changed or are missing are never handed out', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const [changed, missing] = [inbound({ raw: large }), inbound({ raw: Buffer.alloc(400_000, 1) })];
    for (const message of [changed, missing]) await store.sealInbound(message);
    writeFileSync(fileOf(directory, changed.raw), Buffer.alloc(300_000, 8));
    await assert.rejects(store.getBytes(changed.id, 'raw'), { code: 'STORE_DAMAGED', message: /changed/ });
    rmSync(fileOf(directory, missing.raw));
    await assert.rejects(store.getBytes(missing.id, 'raw'), { code: 'STORE_DAMAGED', message: /missing/ });
    await store.close();
  });

  it('a delivery whose bytes were changed is given up, and does not hold up the others', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const [damaged, good] = [outbound({ raw: large }), outbound({ createdAt: at(1) })];
    await store.queueOutbound([damaged, good]);
    writeFileSync(fileOf(directory, large), 'other bytes');
    const claimed = await store.claimDeliveries(at(1), LEASE_MS, 10);
    assert.deepEqual(
      claimed.map(({ id }) => id),
      [good.id],
    );
    const detail = await store.getMessage(damaged.id);
    assert.deepEqual([detail?.state, /were changed/.test(detail?.detail ?? '')], ['failed', true]);
    await store.close();
  });

  it('a disk that refuses is a typed error, and nothing is stored', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const message = inbound({ raw: large });
    writeFileSync(path.dirname(fileOf(directory, large)), 'a file where a directory should be');
    await assert.rejects(store.sealInbound(message), { code: 'STORE_FAILED' });
    assert.equal(await store.getMessage(message.id), undefined);
    assert.deepEqual(readdirSync(path.join(directory, 'payloads', 'unfinished')), []);
    await store.close();
    await assert.rejects(openSqliteStore({ directory: path.join(directory, 'countersign.db', 'x') }), {
      code: 'STORE_FAILED',
    });
  });
});
