import assert from 'node:assert/strict';

import { kept } from '../../src/bytes/kept.ts';
import { openExchange } from '../../src/cli/endpoint.ts';
import { runJob } from '../../src/exchange/jobs.ts';
import { newId, newMessageId } from '../../src/exchange/ids.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { interchange } from '../support/sancrt.ts';

describe('the job of a received payload', () => {
  it('is not tried for ever when it ends the process each time', async () => {
    const home = await makeHome({ outbox: { attempts: 2 } });
    const certificatePem = (await identity('van.test')).certificate.pem;
    home.addPartner('van', { as2Id: 'VAN', url: 'http://van.test/as2', certificatePem });
    const { exchange, close } = await openExchange(home.directory, {}, createLog('silent'));
    const { store } = exchange;
    const now = new Date();
    const id = newId(now);
    await store.sealInbound({
      id,
      environment: 'test',
      receivedAt: now,
      partner: 'van',
      remoteAddress: '127.0.0.1',
      as2From: 'VAN',
      as2To: home.as2Id,
      messageId: newMessageId(now, 'van.test'),
      headers: [],
      raw: kept(Buffer.alloc(0)),
      state: 'accepted',
      payload: { content: kept(interchange([{}])), contentType: 'application/EDIFACT' },
      facts: {},
      disposition: 'processed',
    });
    // Two processes took it and died.
    for (let death = 0; death < 2; death += 1) {
      await store.claimJobs(now, 1_000, 1);
      await store.releaseLeases();
    }
    const [job] = await store.claimJobs(now, 60_000, 1);
    assert.ok(job);
    await runJob(job, exchange);
    const message = await store.getMessage(id);
    assert.equal(message?.state, 'stuck');
    assert.match(message.detail ?? '', /ended the process/);
    assert.deepEqual(await store.listCertificates({}), []);

    // A person may try it again.
    assert.equal(await store.resend(id, now), 'queued');
    const [again] = await store.claimJobs(now, 60_000, 1);
    assert.ok(again);
    await runJob(again, exchange);
    assert.equal((await store.getMessage(id))?.state, 'answered');
    await close();
  });
});
