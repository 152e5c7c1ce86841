import assert from 'node:assert/strict';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { runJobs } from '../../src/exchange/jobs.ts';
import { readCusres } from '../../src/ecert/cusres-reader.ts';
import { makeSancrt } from '../../src/ecert/sancrt-writer.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import type { Store } from '../../src/store/store.ts';
import { homeOfOne, opened, seal } from '../support/jobs.ts';
import { interchange, numberOf, today, written } from '../support/sancrt.ts';
import { storedBytes } from '../support/stored.ts';

describe('registration', () => {
  it('3000 in one interchange are judged each alone, and answered each', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const now = new Date();
    const certificates = Array.from({ length: 3000 }, (_, index) => ({
      number: numberOf('AU', index),
      ...(index % 10 === 0 && { quantity: '0' }),
    }));
    const [id = ''] = await seals([interchange(certificates)], now);
    await runJobs(await store.claimJobs(now, 60_000, 1), exchange);
    assert.match((await store.getMessage(id))?.detail ?? '', /: 2700 accepted, 300 rejected, 0 syntax errors/);
    const found = await store.findCertificates('test', certificates.map(({ number }) => number)); // prettier-ignore
    assert.deepEqual(
      [...found.keys()].sort(),
      certificates.filter((_, index) => index % 10 !== 0).map(({ number }) => number),
    );
    const [cusres] = (await store.listMessages({ direction: 'out' })).filter(({ subject }) => /CUSRES/.test(subject ?? ''));
    const { messages } = readInterchange((await storedBytes(store, cusres?.id ?? '', 'payload')) ?? Buffer.alloc(0));
    assert.equal(messages.length, 3000);
    const verdicts = messages.map(({ segments }) => segments.find(({ tag }) => tag === 'BGM')?.elements[3]?.[0]);
    assert.deepEqual(verdicts, certificates.map((_, index) => (index % 10 === 0 ? 'RE' : 'AP')));
    await close();
  }); // prettier-ignore

  const drafted = { issueDate: today, country: 'AU', programme: 'BEEF', importer: '12-345678900' };
  for (const release of ['D.96B', 'D.97B', 'D.99B'] as const) {
    it(`${release}: original, replace and cancellation, without a finding, answered by CUSRES of that directory`, async () => {
      const { exchange, close, seals } = await opened(await homeOfOne({ release }));
      const { store } = exchange;
      const now = new Date();
      const lines = ['020130', '020230'].map((hts) => ({ hts, unit: 'KGM', quantity: '18000' }));
      const asked = (['register', 'replace', 'cancel'] as const).flatMap((kind, index) =>
        Array.from({ length: 3 - index }, (_, n) => ({ ...drafted, kind, number: numberOf('AU', n), lines })),
      );
      const messages = asked.map((draft) => makeSancrt(draft, release.slice(2)));
      const [id = ''] = await seals([written(messages)], now);
      await runJobs(await store.claimJobs(now, 60_000, 1), exchange);
      assert.match((await store.getMessage(id))?.detail ?? '', /: 6 accepted, 0 rejected, 0 syntax errors/);
      const found = await store.findCertificates('test', asked.map(({ number }) => number));
      assert.deepEqual([...found.values()].map(({ state, version }) => [state, version]).sort(), [
        ['cancelled', 3],
        ['registered', 1],
        ['registered', 2],
      ]);
      const [cusres] = (await store.listMessages({ direction: 'out' })).filter(({ subject }) => /CUSRES/.test(subject ?? ''));
      const bytes = (await storedBytes(store, cusres?.id ?? '', 'payload')) ?? Buffer.alloc(0);
      const answers = readInterchange(bytes, { ...EDIFACT_LIMITS, directories: loadDirectory }).messages;
      assert.deepEqual(answers.flatMap(({ findings }) => findings), []);
      assert.deepEqual(answers.map((message) => `D.${message.release} ${readCusres(message).accepted}`), asked.map(() => `${release} true`));
      await close();
    });
  } // prettier-ignore

  it('a crash after any step leaves nothing half registered, and the next attempt registers everything once', async () => {
    const { exchange, close, seals } = await opened();
    const { store } = exchange;
    const steps = ['getContent', 'findInterchange', 'findCertificates', 'completeJobs'] as const;
    for (const [index, step] of steps.entries()) {
      for (const when of ['before', 'after'] as const) {
        const now = new Date();
        const numbers = [1, 2, 3].map((n) => numberOf('AU', 100 * index + (when === 'after' ? 50 : 0) + n));
        const [id = ''] = await seals([interchange(numbers.map((number) => ({ number })))], now);
        const jobs = await store.claimJobs(now, 60_000, 10);
        // A dead process says nothing: neither that it failed nor that it gives back.
        await runJobs(jobs, { ...exchange, store: dyingAt(step, when, exchange) }).catch(() => undefined);
        const done = step === 'completeJobs' && when === 'after' ? 3 : 0;
        assert.equal((await store.findCertificates('test', numbers)).size, done, `${when} ${step}`);
        await store.releaseLeases();
        await runJobs(await store.claimJobs(now, 60_000, 10), exchange);
        const found = await store.findCertificates('test', numbers);
        assert.deepEqual([...found.values()].map(({ version }) => version), [1, 1, 1]);
        const message = await store.getMessage(id);
        assert.deepEqual([message?.state, message?.answeredBy.length], ['answered', 2]);
      }
    }
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await close();
  }); // prettier-ignore

  it('the same certificate sent twice at the same moment, through two stores of one home, is registered once', async () => {
    const home = await homeOfOne();
    const both = [await opened(home), await opened(home)] as const;
    const now = new Date();
    const numbers = Array.from({ length: 20 }, (_, n) => numberOf('AU', n));
    for (const number of numbers)
      for (const { exchange } of both) await seal(interchange([{ number }]), home.as2Id, exchange.store, now);
    const jobs = await Promise.all(both.map(({ exchange }) => exchange.store.claimJobs(now, 60_000, 20)));
    await Promise.all(both.map(({ exchange }, index) => runJobs(jobs[index] ?? [], exchange)));
    const { store } = both[0].exchange;
    const messages = await store.listMessages({ direction: 'in', limit: 100 });
    const details = await Promise.all(messages.map(async ({ id }) => (await store.getMessage(id))?.detail ?? ''));
    const counted = (text: string) => details.filter((detail) => detail.includes(text)).length;
    assert.deepEqual([counted('1 accepted, 0 rejected'), counted('0 accepted, 1 rejected')], [20, 20]);
    const found = await store.findCertificates('test', numbers);
    assert.deepEqual([...found.values()].filter(({ version }) => version === 1).length, 20);
    assert.equal((await store.verifyLedger()).kind, 'whole');
    for (const { close } of both) await close();
  });
});

/** A store of a process that dies just before or just after a step: nothing that it does from then on is done. */
function dyingAt(step: keyof Store, when: 'before' | 'after', { store }: Exchange): Store {
  let isDead = false;
  const mortal =
    (name: keyof Store) =>
    async (...args: never[]) => {
      if (name === step && when === 'before') isDead = true;
      if (isDead) throw new Error('died');
      const result = await (store[name] as (...all: never[]) => Promise<unknown>)(...args);
      if (name === step) isDead = true;
      if (isDead) throw new Error('died');
      return result;
    };
  const names = Object.keys(store) as (keyof Store)[];
  return Object.fromEntries(
    names.map((name) => [name, name === 'spoolDirectory' ? store[name] : mortal(name)]),
  ) as unknown as Store;
}
