import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { openExchange, type OpenExchange } from '../../src/cli/endpoint.ts';
import { keep, kept, type Kept } from '../../src/bytes/kept.ts';
import { sourceOf } from '../../src/bytes/source.ts';
import { fileSpool } from '../../src/bytes/spool.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import { newId, newMessageId } from '../../src/exchange/ids.ts';
import { runJobs } from '../../src/exchange/jobs.ts';
import { startOutbox } from '../../src/exchange/outbox.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { startPeerServer, type PeerServer } from '../support/peer.ts';
import { interchange } from '../support/sancrt.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;

describe('large payloads', () => {
  let home: TestHome;
  let open: OpenExchange;
  let van: PeerServer;

  before(async () => {
    van = await startPeerServer(() => Promise.resolve({ status: 200, headers: [], body: Buffer.alloc(0) }));
    home = await makeHome();
    const certificatePem = (await identity('van.test')).certificate.pem;
    home.addPartner('van', { as2Id: 'VAN', url: van.url, certificatePem, send: { mdn: 'none', compress: 'none' } });
    open = await openExchange(home.directory, {}, createLog('silent'));
  });
  after(async () => {
    await open.close();
    await van.close();
  });

  const store = () => open.exchange.store;
  const spooled = () => readdirSync(store().spoolDirectory);

  /** Zeros that nobody can read to the end: they are not those of the digest. */
  function unreadable(size: number, beginning = ''): Kept {
    const file = path.join(store().spoolDirectory, randomUUID());
    writeFileSync(file, beginning);
    truncateSync(file, size);
    return { file, size, sha256: kept(Buffer.from(file)).sha256 };
  }

  /** What becomes of a payload. */
  async function worked(content: Kept) {
    const now = new Date();
    const id = newId(now);
    await store().sealInbound({
      ...{ id, environment: 'test', receivedAt: now, partner: 'van', remoteAddress: '127.0.0.1' },
      ...{ as2From: 'VAN', as2To: home.as2Id, messageId: newMessageId(now, 'van.test'), headers: [] },
      ...{ raw: kept(Buffer.alloc(0)), state: 'accepted', facts: {}, disposition: 'processed' },
      payload: { content, contentType: 'application/octet-stream' },
    });
    const [job] = await store().claimJobs(now, 60_000, 1);
    assert.equal(job?.messageId, id);
    await runJobs([job], open.exchange);
    return store().getMessage(id);
  }

  it('of no interchange are told by their beginning, and not read', async () => {
    const message = await worked(unreadable(10 * MiB));
    assert.deepEqual(
      [message?.state, message?.detail],
      ['unreadable', 'There is no UNB in the first 262144 bytes (at byte 0)'],
    );
  });

  it('of more than 64 MiB are not read', async () => {
    const message = await worked(unreadable(64 * MiB + 1, 'UNB+UNOC:3'));
    assert.equal(message?.state, 'unreadable');
    assert.match(message.detail ?? '', /longer than what is read as EDIFACT \(at byte 67108864\)/);
  });

  it('that begin as an interchange are read, wherever they lie', async () => {
    const { spool, clear } = fileSpool(store().spoolDirectory, 0);
    const bytes = Buffer.concat([interchange([{}]), Buffer.alloc(MiB, '\n')]);
    const message = await worked(await keep([bytes], spool));
    clear();
    assert.equal(message?.state, 'answered');
    assert.equal((await store().listCertificates({})).length, 1);
    assert.deepEqual(spooled(), []);
  });

  it('are made into messages in the spool, and go out from the store', async () => {
    const { spool, clear } = fileSpool(store().spoolDirectory);
    const { exchange } = open;
    const partner = partnerByShortName(exchange.home(), 'van');
    assert.ok(partner);
    const content = await keep(sourceOf(Buffer.alloc(5 * MiB, 'UNB')).pieces(), spool);
    const payload = { content, contentType: 'application/octet-stream' };
    const make = () => makeMessage({ payload }, partner, exchange.home(), new Date(), spool);
    const [good, damaged] = [await make(), await make()];
    assert.equal(spooled().length, 3);
    await store().queueOutbound([good, damaged]);
    clear();
    assert.deepEqual(spooled(), []);

    const { sha256 } = damaged.raw;
    const file = path.join(home.directory, 'data/payloads', sha256.slice(0, 2), sha256.slice(2));
    writeFileSync(file, Buffer.alloc(damaged.raw.size));
    const outbox = startOutbox(exchange);
    const ended = (id: string) =>
      until('it ends', async () => {
        const message = await store().getMessage(id);
        return message?.state === 'pending' ? undefined : message;
      });
    const [delivered, failed] = [await ended(good.id), await ended(damaged.id)];
    await outbox.stop();
    assert.equal(delivered.state, 'delivered');
    const came = van.requests.filter(({ body }) => body.length >= 5 * MiB);
    assert.deepEqual(
      came.map(({ body }) => kept(body).sha256),
      [good.raw.sha256],
    );
    assert.deepEqual([failed.state, failed.attempts], ['failed', 1]);
    assert.match(failed.detail ?? '', /were changed/);
  });
});
