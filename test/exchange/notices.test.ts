import assert from 'node:assert/strict';
import path from 'node:path';

import { pino } from 'pino';

import { gathered } from '../../src/bytes/source.ts';
import { openExchange, type OpenExchange } from '../../src/cli/endpoint.ts';
import { readCusres } from '../../src/ecert/cusres-reader.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { valueOf, type Interchange } from '../../src/edifact/interchange.ts';
import { readInterchanges } from '../../src/edifact/reader.ts';
import { makeClaim, reverseClaim } from '../../src/exchange/claims.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { tellUsage } from '../../src/exchange/notices.ts';
import { nameOf } from '../../src/exchange/participant.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { makeHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { claimOf, openRegister, type TestRegister } from '../support/register.ts';

type When = 'at-once' | 'daily' | undefined;

describe('notices of usage', () => {
  const opened: (OpenExchange | TestRegister['store'])[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  /** An endpoint whose partner wants to be told so, with a certificate on file. */
  async function start(usageNotices: When) {
    const home = await makeHome();
    const { pem } = (await identity('au-van')).certificate;
    const participant = { id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'], ...(usageNotices && { usageNotices }) };
    const others = { id: 'NZMPI', qualifier: 'ZZZ', countries: ['NZ'], usageNotices: 'at-once' as const };
    const url = 'http://127.0.0.1:9/as2';
    home.addPartner('van', { as2Id: 'VAN', url, certificatePem: pem, identities: [participant, others] });
    const register = await openRegister(path.join(home.directory, 'data'));
    const open = await openExchange(home.directory, {}, pino({}, { write: () => undefined }));
    opened.push(register.store, open);
    assert.equal(await register.send(), 'register');
    const exchange: Exchange = { ...open.exchange, clock: register.clock };
    return { register, exchange };
  }

  async function noticesIn({ store }: Exchange): Promise<Interchange[]> {
    const found: Interchange[] = [];
    for (const { id } of await store.listMessages({ direction: 'out' })) {
      const payload = await store.getContent(id, 'payload');
      assert.ok(payload !== undefined);
      const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
      found.push(...readInterchanges(await gathered(payload), settings).interchanges);
    }
    return found;
  }

  it('at once: what is used of each certificate is told, and told once', async () => {
    const { register, exchange } = await start('at-once');
    assert.equal(await tellUsage(exchange), 0, 'nothing was used');
    await makeClaim(claimOf(), register);
    await makeClaim(claimOf({ line: 2, quantity: 5 }), register);
    assert.equal(await tellUsage(exchange), 1);
    assert.equal(await tellUsage(exchange), 0);
    const [notice] = await noticesIn(exchange);
    const [message] = notice?.messages ?? [];
    assert.ok(notice !== undefined && message !== undefined);
    assert.deepEqual([notice.recipient.id, notice.testIndicator], ['AUDAFF', true]);
    assert.deepEqual([notice.findings, message.findings], [[], []]);
    const bgm = message.segments.find(({ tag }) => tag === 'BGM')!;
    assert.deepEqual([valueOf(bgm, 1), valueOf(bgm, 3)], ['962', '9']);
    assert.deepEqual(readCusres(message).certificates, [
      { number: '6AU000123', condition: '10', certified: '18000 KGM', used: '15 KGM' },
    ]);
    assert.equal((await register.store.verifyLedger()).kind, 'whole');
  });

  it('CONTRL for a notice finds it', async () => {
    const { register, exchange } = await start('at-once');
    await makeClaim(claimOf(), register);
    await tellUsage(exchange);
    const [notice] = await noticesIn(exchange);
    const [message] = await exchange.store.listMessages({ direction: 'out' });
    assert.ok(notice !== undefined && message !== undefined);
    const { sender, recipient, reference } = notice;
    const sent = { sender: nameOf(sender), recipient: nameOf(recipient), reference };
    assert.equal(await exchange.store.findSentInterchange('van', 'test', sent), message.id);
  });

  it('a reversal is usage too', async () => {
    const { register, exchange } = await start('at-once');
    const claim = claimOf();
    await makeClaim(claim, register);
    await tellUsage(exchange);
    await reverseClaim({ entry: claim.entry, entryLine: claim.line }, 'mistaken', register);
    assert.equal(await tellUsage(exchange), 1);
    const used = (await noticesIn(exchange)).map(({ messages }) => readCusres(messages[0]!).certificates[0]?.used);
    assert.deepEqual(used.toSorted(), ['0 KGM', '10 KGM']);
  });

  it('daily: when the day of the first usage is over', async () => {
    const { register, exchange } = await start('daily');
    await makeClaim(claimOf(), register);
    register.now = new Date('2026-11-02T23:59:59Z');
    assert.equal(await tellUsage(exchange), 0);
    register.now = new Date('2026-11-03T00:00:00Z');
    assert.equal(await tellUsage(exchange), 1);
    await makeClaim(claimOf({ line: 2 }), register);
    assert.equal(await tellUsage(exchange), 0);
  });

  it('two that tell at the same moment tell it once', async () => {
    const { register, exchange } = await start('at-once');
    await makeClaim(claimOf(), register);
    const told = await Promise.all([tellUsage(exchange), tellUsage(exchange), tellUsage(exchange)]);
    assert.deepEqual(told.toSorted(), [0, 0, 1]);
    assert.equal((await noticesIn(exchange)).length, 1);
  });

  it('when one cannot be told, the others are, and it is tried again', async () => {
    const { register, exchange } = await start('at-once');
    await makeClaim(claimOf(), register);
    const { store } = exchange;
    let failures = 0;
    const broken = {
      ...store,
      untoldUsage: (...[addressee, most]: Parameters<typeof store.untoldUsage>) => {
        if (addressee.participant !== 'FIRST:ZZZ') return store.untoldUsage(addressee, most);
        failures += 1;
        return Promise.reject(new Error('broken'));
      },
    };
    const home = exchange.home();
    const [partner] = home.partners;
    assert.ok(partner);
    const first = { id: 'FIRST', qualifier: 'ZZZ', countries: [], production: false, usageNotices: 'at-once' as const };
    const identities = [first, ...partner.edifact.identities];
    const partners = [{ ...partner, edifact: { ...partner.edifact, identities } }];
    assert.equal(await tellUsage({ ...exchange, store: broken, home: () => ({ ...home, partners }) }), 1);
    assert.equal(failures, 1);
  });

  it('a claim that was reversed before the day was over is told with what came of it', async () => {
    const { register, exchange } = await start('daily');
    const claim = claimOf();
    await makeClaim(claim, register);
    await reverseClaim({ entry: claim.entry, entryLine: claim.line }, 'mistaken', register);
    await register.send({ function: '1' });
    register.now = new Date('2026-11-03T00:00:00Z');
    assert.deepEqual([await tellUsage(exchange), await tellUsage(exchange)], [1, 0]);
    const [notice] = await noticesIn(exchange);
    assert.deepEqual(readCusres(notice!.messages[0]!).certificates, [
      { number: '6AU000123', condition: '12', certified: '18000 KGM', used: '0 KGM' },
    ]);
  });

  it('nobody is told who does not ask for it', async () => {
    const { register, exchange } = await start(undefined);
    await makeClaim(claimOf(), register);
    assert.equal(await tellUsage(exchange), 0);
  });
});
