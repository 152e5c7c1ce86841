import assert from 'node:assert/strict';

import { openExchange } from '../../src/cli/endpoint.ts';
import { kept } from '../../src/bytes/kept.ts';
import { makeClaim } from '../../src/exchange/claims.ts';
import { runJobs, startJobs } from '../../src/exchange/jobs.ts';
import { StoreError } from '../../src/store/store-error.ts';
import type { Job, Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { homeOfOne, opened, seal } from '../support/jobs.ts';
import { claimOf } from '../support/register.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { until } from '../support/until.ts';

describe('the job of a received payload', () => {
  it('is not tried for ever when it ends the process each time', async () => {
    const home = await makeHome({ outbox: { attempts: 2 } });
    const certificatePem = (await identity('van.test')).certificate.pem;
    home.addPartner('van', { as2Id: 'VAN', url: 'http://van.test/as2', certificatePem });
    const { exchange, close } = await openExchange(home.directory, {}, createLog('silent'));
    const { store } = exchange;
    const now = new Date();
    const id = await seal(interchange([{}]), home.as2Id, store, now);
    // Two processes took it and died.
    for (let death = 0; death < 2; death += 1) {
      await store.claimJobs(now, 1_000, 1);
      await store.releaseLeases();
    }
    const [job] = await store.claimJobs(now, 60_000, 1);
    assert.ok(job);
    await runJobs([job], exchange);
    const message = await store.getMessage(id);
    assert.equal(message?.state, 'stuck');
    assert.match(message.detail ?? '', /ended without an outcome/);
    assert.deepEqual(await store.listCertificates({}), []);

    // A person may try it again.
    assert.equal(await store.resend(id, now), 'queued');
    const [again] = await store.claimJobs(now, 60_000, 1);
    assert.ok(again);
    await runJobs([again], exchange);
    assert.equal((await store.getMessage(id))?.state, 'answered');
    await close();
  });

  it('is judged by what those before it bring about, also when they are committed together', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    const number = numberOf('AU', 7);
    const ids = await seals(
      [
        interchange([{ number }], { reference: 'FIRST' }),
        interchange([{ number, function: '1' }], { reference: 'SECOND' }),
        interchange([{ number }], { reference: 'FIRST' }),
      ],
      now,
    );
    const jobs = await store.claimJobs(now, 60_000, 10);
    assert.deepEqual(
      jobs.map(({ messageId }) => messageId),
      ids,
    );
    await runJobs(jobs, exchange);
    const [record] = await store.listCertificates({ number });
    assert.deepEqual([record?.state, record?.version], ['cancelled', 2]);
    const details = await Promise.all(ids.map(async (id) => (await store.getMessage(id))?.detail));
    assert.match(details[0] ?? '', /^FIRST: 1 accepted, 0 rejected/);
    assert.match(details[1] ?? '', /^SECOND: 1 accepted, 0 rejected/);
    assert.match(details[2] ?? '', /^FIRST: 0 accepted, 0 rejected, 1 syntax errors/);
    await close();
  });

  it('is judged by what the interchanges before it in its payload bring about', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    const number = numberOf('AU', 7);
    const certificates = [{ number }, { number, function: '5' as const }, { number, function: '1' as const }];
    const [id = ''] = await seals([Buffer.concat([interchange(certificates), interchange(certificates)])], now);
    await runJobs(await store.claimJobs(now, 60_000, 10), exchange);
    const detail = (await store.getMessage(id))?.detail ?? '';
    assert.match(detail, /: 3 accepted, 0 rejected, 0 syntax errors; .*: 0 accepted, 3 rejected, 0 syntax errors$/);
    const [record] = await store.listCertificates({ number });
    assert.deepEqual([record?.state, record?.version], ['cancelled', 3]);
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await close();
  });

  it('is decided again, with all that were to share its commit, when entries drew on one of its certificates meanwhile', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    const [drawn, untouched, fresh] = [numberOf('AU', 1), numberOf('AU', 2), numberOf('AU', 3)];
    await seals([interchange([{ number: drawn }, { number: untouched }])], now);
    await runJobs(await store.claimJobs(now, 60_000, 10), exchange);
    const cancel = '1' as const;
    const ids = await seals(
      [
        interchange([{ number: fresh }]),
        interchange([
          { number: untouched, function: cancel },
          { number: drawn, function: cancel },
        ]),
        interchange([{ number: untouched }]),
      ],
      now,
    );
    const register = { store, environment: 'test', reference: exchange.reference(), clock: () => now } as const;
    const attempts: (readonly string[])[] = [];
    const completeJobs: Store['completeJobs'] = async (...done) => {
      const claim = claimOf({ number: drawn, date: now.toISOString().slice(0, 10) });
      if (attempts.length === 0) assert.equal((await makeClaim(claim, register)).kind, 'matched');
      const ended = await store.completeJobs(...done);
      attempts.push(ended);
      const registered = (await store.listCertificates({})).map(({ number, version }) => [number, version]);
      if (attempts.length === 1) assert.deepEqual(registered.sort(), [[drawn, 1], [untouched, 1], [fresh, 1]]);
      return ended;
    };
    await runJobs(await store.claimJobs(now, 60_000, 10), { ...exchange, store: { ...store, completeJobs } });
    assert.deepEqual(attempts, [['done', 'conflict', 'conflict'], ['done', 'done']]);
    const details = await Promise.all(ids.map(async (id) => (await store.getMessage(id))?.detail ?? ''));
    const counts = details.map((detail) => /: (\d accepted, \d rejected)/.exec(detail)?.[1]);
    assert.deepEqual(counts, ['1 accepted, 0 rejected', '1 accepted, 1 rejected', '0 accepted, 1 rejected']);
    const found = await store.findCertificates('test', [drawn, untouched]);
    assert.deepEqual([drawn, untouched].map((number) => found.get(number)?.state), ['registered', 'cancelled']);
    assert.equal((await store.listMessages({ direction: 'out', limit: 100 })).length, 2 * 4);
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await close();
  }); // prettier-ignore

  it('that was not begun when we stop is given back', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    // Each is as much as may share a commit.
    const ids = await seals(
      [1, 2].map((serial) => Buffer.alloc(1024 * 1024, `UNB ${serial}`)),
      now,
    );
    const jobs = await store.claimJobs(now, 60_000, 10);
    let asked = 0;
    await runJobs(jobs, exchange, () => asked++ > 0);
    const states = await Promise.all(ids.map(async (id) => (await store.getMessage(id))?.state));
    assert.deepEqual(states, ['unreadable', 'accepted']);
    const [again] = await store.claimJobs(now, 60_000, 10);
    assert.deepEqual([again?.messageId, again?.attempts], [ids[1], 1]);
    await close();
  });

  it('goes back with all the others when the store fails', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    const ids = await seals(
      [1, 2].map((serial) => interchange([{ number: numberOf('AU', serial) }])),
      now,
    );
    const full = () => Promise.reject(new StoreError('STORE_FAILED', 'The disk is full.'));
    const jobs = await store.claimJobs(now, 60_000, 10);
    await assert.rejects(runJobs(jobs, { ...exchange, store: { ...store, completeJobs: full, failJob: full } }));
    const again = await store.claimJobs(now, 60_000, 10);
    assert.deepEqual(
      again.map(({ messageId, attempts }) => [messageId, attempts]),
      ids.map((id) => [id, 1]),
    );
    await close();
  });

  it('is handed over with its payload by whoever sealed it, when no older ones are in the store', async () => {
    const home = await homeOfOne();
    const { exchange, close } = await opened(home);
    const { store } = exchange;
    const getContent = () => Promise.reject(new StoreError('STORE_MISUSED', 'It is at hand.'));
    const worker = startJobs({ ...exchange, store: { ...store, getContent } });
    const { handing } = worker;
    assert.ok(handing);
    assert.equal(handing.leaseUntil(), undefined, 'nobody has looked yet');
    const leaseUntil = await until('the worker is not behind', () => handing.leaseUntil());
    const payload = interchange([{}]);
    const job = await sealLeased(payload, home.as2Id, store, leaseUntil);
    handing.hand(job, kept(payload));
    await until('its end', async () => (await store.getMessage(job.messageId))?.state === 'answered' || undefined);
    worker.wake();
    assert.equal(handing.leaseUntil(), undefined, 'something was left in the store');
    await worker.stop();
    await close();
  });

  it('is left in the store as long as older ones are found there', async () => {
    const home = await homeOfOne();
    const { exchange, close, seals } = await opened(home);
    const { store } = exchange;
    const asked: (Date | undefined)[] = [];
    const getContent: Store['getContent'] = (...which) => {
      asked.push(worker.handing?.leaseUntil());
      return store.getContent(...which);
    };
    const worker = startJobs({ ...exchange, store: { ...store, getContent } });
    const leaseUntil = await until('the worker is not behind', () => worker.handing?.leaseUntil());
    const [payload, older] = [1, 2].map((serial) => interchange([{ number: numberOf('AU', serial) }]));
    assert.ok(payload && older);
    const job = await sealLeased(payload, home.as2Id, store, leaseUntil);
    // As one that was put off, and is due now: nobody tells of it.
    const [id = ''] = await seals([older], new Date());
    worker.handing?.hand(job, kept(payload));
    await until('its end', async () => (await store.getMessage(id))?.state === 'answered' || undefined);
    assert.deepEqual(asked, [undefined]);
    await worker.stop();
    await close();
  });

  it('that was handed over when its process died is tried again, also where nothing is tried twice', async () => {
    const home = await makeHome({ outbox: { attempts: 1 } });
    const certificatePem = (await identity('van.test')).certificate.pem;
    home.addPartner('van', { as2Id: 'VAN', url: 'http://van.test/as2', certificatePem });
    const { exchange, close } = await opened(home);
    const { store } = exchange;
    const { messageId } = await sealLeased(interchange([{}]), home.as2Id, store, new Date(Date.now() + 60_000));
    await store.releaseLeases();
    await runJobs(await store.claimJobs(new Date(), 60_000, 1), exchange);
    assert.equal((await store.getMessage(messageId))?.state, 'answered');
    await close();
  });

  it('that cannot be given back when we stop holds nothing up, and nothing more is handed over', async () => {
    const home = await homeOfOne();
    const { exchange, close } = await opened(home);
    const { store } = exchange;
    const returnJobs = () => Promise.reject(new StoreError('STORE_FAILED', 'No room.'));
    const worker = startJobs({ ...exchange, store: { ...store, returnJobs } });
    const leaseUntil = await until('the worker is not behind', () => worker.handing?.leaseUntil());
    const payload = interchange([{}]);
    const job = await sealLeased(payload, home.as2Id, store, leaseUntil);
    const stopping = worker.stop();
    worker.handing?.hand(job, kept(payload));
    await stopping;
    assert.equal(worker.handing?.leaseUntil(), undefined);
    await close();
  });

  it('that was handed over is given back when we stop', async () => {
    const home = await homeOfOne();
    const { exchange, close } = await opened(home);
    const { store } = exchange;
    const worker = startJobs(exchange);
    const payload = interchange([{}]);
    const job = await sealLeased(payload, home.as2Id, store, new Date(Date.now() + 60_000));
    const stopping = worker.stop();
    worker.handing?.hand(job, kept(payload));
    await stopping;
    const [again] = await store.claimJobs(new Date(), 60_000, 10);
    assert.deepEqual([again?.messageId, again?.attempts], [job.messageId, 1]);
    await close();
  });

  it('that cannot be written is put off alone', async () => {
    const { exchange, close, seals } = await opened();
    const now = new Date();
    const ids = await seals(
      [1, 2, 3].map((serial) => interchange([{ number: numberOf('AU', serial) }])),
      now,
    );
    const { store } = exchange;
    const jobs = await store.claimJobs(now, 60_000, 10);
    const broken: Store = {
      ...store,
      completeJobs: (done, at) =>
        done.some(({ job }) => job.messageId === ids[1])
          ? Promise.reject(new StoreError('STORE_FAILED', 'The disk has a bad block.'))
          : store.completeJobs(done, at),
    };
    await runJobs(jobs, { ...exchange, store: broken });
    const states = await Promise.all(ids.map(async (id) => (await store.getMessage(id))?.state));
    assert.deepEqual(states, ['answered', 'accepted', 'answered']);
    assert.match((await store.getMessage(ids[1] ?? ''))?.detail ?? '', /bad block/);
    await close();
  });
});

async function sealLeased(payload: Buffer, to: string, store: Store, leaseUntil: Date): Promise<Job> {
  const jobs: (Job | undefined)[] = [];
  const sealInbound: Store['sealInbound'] = async (message) => {
    const outcome = await store.sealInbound(message, leaseUntil);
    if (outcome.kind === 'sealed') jobs.push(outcome.job);
    return outcome;
  };
  await seal(payload, to, { ...store, sealInbound }, new Date());
  const [job] = jobs;
  assert.ok(job);
  return job;
}
