import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { keep, kept } from '../../src/bytes/kept.ts';
import { PIECE, gathered } from '../../src/bytes/source.ts';
import { fileSpool } from '../../src/bytes/spool.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { InboundMessage } from '../../src/store/store.ts';
import { keptBytes, storedBytes } from '../support/stored.ts';
import { at, digestOf, inbound, LEASE_MS, outbound } from './fixtures.ts';
import { temporaryDirectories } from './temporary.ts';

describe('contents', () => {
  const directories = temporaryDirectories();
  const large = Buffer.alloc(300_000, 7);
  const fileOf = (directory: string, bytes: Buffer) => {
    const digest = digestOf(bytes);
    return path.join(directory, 'payloads', digest.slice(0, 2), digest.slice(2));
  };
  const unfinishedIn = (directory: string) => readdirSync(path.join(directory, 'payloads', 'unfinished'));

  it('small ones are in the database, from 256 KiB on they are in files by their SHA-256', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    await store.sealInbound(inbound({ raw: kept(large) }));
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
    const small = kept(Buffer.from('the same'));
    const payload = { content: small, contentType: 'text/plain' };
    const messages = Array.from({ length: 4 }, () => inbound({ raw: kept(large), payload, mdn: undefined }));
    await Promise.all(messages.map((message) => store.sealInbound(message)));
    await store.sealInbound(inbound({ raw: small, payload, mdn: undefined }));
    await store.close();
    const database = new Sqlite(path.join(directory, 'countersign.db'), { readonly: true });
    assert.deepEqual(database.prepare('SELECT COUNT(*) AS n FROM contents').get(), { n: 2 });
    database.close();
    assert.deepEqual(unfinishedIn(directory), []);
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

  it('a file that was spooled is moved into its place, not copied, also when two have the same bytes', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const { spool, clear } = fileSpool(store.spoolDirectory, 0);
    const content = await keep([large], spool);
    assert.ok('file' in content);
    const { ino } = statSync(content.file);
    const message = inbound({ raw: content, payload: { content, contentType: 'text/plain' } });
    await store.sealInbound(message);
    assert.equal(statSync(fileOf(directory, large)).ino, ino);
    for (const what of ['raw', 'payload'] as const) assert.deepEqual(await storedBytes(store, message.id, what), large);

    // The next one has the bytes that are in place already.
    await store.sealInbound(inbound({ raw: await keep([large], spool) }));
    clear();
    assert.deepEqual(unfinishedIn(directory), []);
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await store.close();
  });

  it('what is small goes into the database, wherever it lay', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const { spool, clear } = fileSpool(store.spoolDirectory, 0);
    const small = Buffer.from('few bytes');
    const message = inbound({ raw: await keep([small], spool) });
    await store.sealInbound(message);
    clear();
    assert.deepEqual(unfinishedIn(directory), []);
    assert.ok(!existsSync(fileOf(directory, small)));
    assert.deepEqual(await storedBytes(store, message.id, 'raw'), small);
    await store.close();
  });

  it('a write that failed when its file was in place may be tried again', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const { spool, clear } = fileSpool(store.spoolDirectory, 0);
    const message = outbound({ raw: await keep([large], spool) });
    await assert.rejects(store.queueOutbound([message, message]), { code: 'STORE_FAILED' });
    await store.queueOutbound([message]);
    clear();
    assert.deepEqual(await storedBytes(store, message.id, 'raw'), large);
    assert.deepEqual(unfinishedIn(directory), []);
    await store.close();
  });

  it('bytes that were changed or are missing are never handed out whole', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const [good, short, missing] = [large, Buffer.alloc(400_000, 1), Buffer.alloc(500_000, 2)].map((bytes) =>
      inbound({ raw: kept(bytes) }),
    ) as [InboundMessage, InboundMessage, InboundMessage];
    for (const message of [good, short, missing]) await store.sealInbound(message);

    const changed = Buffer.from(large);
    changed[0] = 8;
    writeFileSync(fileOf(directory, large), changed);
    const content = await store.getContent(good.id, 'raw');
    assert.ok(content);
    const told = { code: 'STORE_DAMAGED', message: /changed/ };
    let handedOut = 0;
    assert.throws(() => {
      for (const piece of content.pieces()) handedOut += piece.length;
    }, told);
    assert.equal(handedOut, PIECE, 'not the last piece');
    await assert.rejects(gathered(content), told);

    writeFileSync(fileOf(directory, keptBytes(short.raw)), 'short');
    await assert.rejects(store.getContent(short.id, 'raw'), told);
    rmSync(fileOf(directory, keptBytes(missing.raw)));
    await assert.rejects(store.getContent(missing.id, 'raw'), { code: 'STORE_DAMAGED', message: /missing/ });
    await store.close();
  });

  it('a delivery whose bytes were changed is given up, and does not hold up the others', async () => {
    const directory = directories.make();
    const store = await openSqliteStore({ directory });
    const [damaged, good] = [outbound({ raw: kept(large) }), outbound({ createdAt: at(1) })];
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
    const { spool, clear } = fileSpool(store.spoolDirectory, 0);
    writeFileSync(path.dirname(fileOf(directory, large)), 'a file where a directory should be');
    for (const raw of [kept(large), await keep([large], spool)]) {
      const message = inbound({ raw });
      await assert.rejects(store.sealInbound(message), { code: 'STORE_FAILED' });
      assert.equal(await store.getMessage(message.id), undefined);
    }
    clear();
    assert.deepEqual(unfinishedIn(directory), []);
    await store.close();
    await assert.rejects(openSqliteStore({ directory: path.join(directory, 'countersign.db', 'x') }), {
      code: 'STORE_FAILED',
    });
  });

  it('a file that is gone is a typed error', async () => {
    const store = await openSqliteStore({ directory: directories.make() });
    const gone = path.join(store.spoolDirectory, 'gone');
    for (const size of [10, 300_000]) {
      const raw = { file: gone, size, sha256: 'ab'.repeat(32) };
      await assert.rejects(store.sealInbound(inbound({ raw })), { code: 'STORE_FAILED' });
    }
    await store.close();
  });
});
