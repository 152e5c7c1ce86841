import assert from 'node:assert/strict';
import type { Store } from '../../../src/store/store.ts';
import {
  asyncMdn,
  at,
  change,
  claimedDelivery,
  completeJob,
  digestOf,
  inbound,
  LEASE_MS,
  outbound,
  receivedMdn,
  refused,
  result,
  sealedJob,
} from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeLedger(open: OpenTestStore): void {
  describe('the ledger', () => {
    const kindsOf = async (store: Store, subjectId: string) =>
      (await store.listLedger({ subjectId })).map(({ kind }) => kind).reverse();

    it('has one chain for each partnership, each entry with the hash of the one before it', async () => {
      const { store } = await open();
      await store.sealInbound(inbound({ partner: 'van' }));
      await store.sealInbound(inbound({ partner: 'bank' }));
      await store.sealInbound(inbound({ partner: 'van' }));
      await store.sealInbound(refused({ partner: undefined }));
      const [second, first] = await store.listLedger({ partner: 'van' });
      assert.deepEqual([first?.sequence, first?.previous], [1, '0'.repeat(64)]);
      assert.deepEqual([second?.sequence, second?.previous], [2, first?.hash]);
      assert.equal((await store.listLedger({ partner: 'bank' }))[0]?.sequence, 1);
      assert.equal((await store.listLedger({ partner: 'endpoint' }))[0]?.sequence, 1);
      assert.deepEqual(await store.verifyLedger(), { kind: 'whole', chains: 3, entries: 4 });
    });

    it('an empty ledger is whole', async () => {
      const { store } = await open();
      assert.deepEqual(await store.verifyLedger(), { kind: 'whole', chains: 0, entries: 0 });
    });

    it('records the digests of what was received and answered, the signer, the MIC and the disposition', async () => {
      const { store } = await open();
      const message = inbound();
      await store.sealInbound(message);
      const [entry] = await store.listLedger({ subjectId: message.id });
      const mdn = entry?.facts['mdn'] as { id: string; body: string };
      assert.equal(entry?.kind, 'inbound.accepted');
      assert.equal(entry.facts['raw'], message.raw.sha256);
      assert.equal(entry.facts['payload'], message.payload!.content.sha256);
      assert.deepEqual([mdn.id, mdn.body], [message.mdn?.id, digestOf(message.mdn!.body)]);
      assert.equal(entry.facts['signer'], message.signer?.fingerprint);
      assert.deepEqual([entry.facts['mic'], entry.facts['disposition']], [message.mic, message.disposition]);
    });

    it('tells the whole life of a message that we received', async () => {
      const { store } = await open();
      const message = inbound({ mdn: asyncMdn() });
      const job = await sealedJob(store, message);
      const [delivery] = await store.claimDeliveries(at(0), LEASE_MS, 9);
      await store.settleDelivery(delivery!, { kind: 'retry', at: at(2), detail: 'HTTP 500' }, at(1));
      const [again] = await store.claimDeliveries(at(2), LEASE_MS, 9);
      await store.settleDelivery(again!, { kind: 'delivered' }, at(2));
      await store.failJob(job, 'not now', at(3), at(3));
      const [retried] = await store.claimJobs(at(3), LEASE_MS, 9);
      await completeJob(store, retried!, result({ certificates: [change('A1')] }), at(4));
      await store.requeueMdn(message.id, at(5));
      assert.deepEqual(await kindsOf(store, message.id), [
        'inbound.accepted',
        'mdn.attempt-failed',
        'mdn.delivered',
        'interchange.postponed',
        'interchange.answered',
        'mdn.requeued',
      ]);
      const [answered] = await store.listLedger({ kind: 'interchange.answered' });
      const told = answered?.facts['certificates'] as object;
      assert.deepEqual({ ...told, record: '' }, { registered: 1, replaced: 0, cancelled: 0, record: '' });
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('tells the whole life of a message that we sent', async () => {
      const { store } = await open();
      const message = outbound();
      const first = await claimedDelivery(store, message);
      await store.settleDelivery(first, { kind: 'retry', at: at(1), detail: 'HTTP 500' }, at(1));
      const [second] = await store.claimDeliveries(at(1), LEASE_MS, 9);
      await store.settleDelivery(second!, { kind: 'awaiting-mdn', resendAt: at(50) }, at(2));
      await store.recordMdn(receivedMdn(message, { verdict: 'invalid' }), at(3));
      const [third] = await store.claimDeliveries(at(50), LEASE_MS, 9);
      await store.settleDelivery(third!, { kind: 'failed', detail: 'gave up' }, at(51));
      await store.recordMdn(receivedMdn(message, { verdict: 'refused' }), at(60));
      await store.resend(message.id, at(70));
      assert.deepEqual(await kindsOf(store, message.id), [
        'outbound.queued',
        'outbound.attempt-failed',
        'outbound.awaiting-mdn',
        'mdn.received',
        'outbound.failed',
        'mdn.received',
        'outbound.refused',
        'outbound.resend',
      ]);
      const received = await store.listLedger({ kind: 'mdn.received' });
      assert.deepEqual(
        received.map(({ facts }) => facts['verdict']),
        ['refused', 'invalid'],
      );
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('appends an event that is no consequence of another write', async () => {
      const { store } = await open();
      const facts = { 9: 'nine', 10: 'ten', b: [1, null, { z: 1, a: 'é\u2028\u0000' }], a: true, gone: undefined };
      await store.note({ chain: 'van', kind: 'duplicate-answered', subjectId: 'some', facts }, at(1));
      const [entry] = await store.listLedger({ kind: 'duplicate-answered' });
      const { gone, ...kept } = facts;
      assert.equal(gone, undefined);
      assert.deepEqual([entry?.facts, entry?.at, entry?.subjectId], [kept, at(1), 'some']);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('lets nobody note what only a write may say', async () => {
      const { store } = await open();
      const event = { chain: 'van', kind: 'outbound.delivered', facts: {} };
      await assert.rejects(store.note(event, at(1)), { code: 'STORE_MISUSED' });
      assert.deepEqual(await store.listLedger({}), []);
    });

    it('lists entries newest first, by chain, partner, kind, subject and time', async () => {
      const { store } = await open();
      for (const [n, chain] of ['van', 'bank', 'van'].entries()) {
        await store.note({ chain, kind: `kind-${n}`, facts: { n } }, at(n));
      }
      const numbers = async (filter: Parameters<typeof store.listLedger>[0]) =>
        (await store.listLedger(filter)).map(({ facts }) => facts['n']);
      assert.deepEqual(await numbers({}), [2, 1, 0]);
      assert.deepEqual(await numbers({ partner: 'van' }), [2, 0]);
      assert.deepEqual(await numbers({ partner: 'bank' }), [1]);
      assert.deepEqual(await numbers({ kind: 'kind-2' }), [2]);
      assert.deepEqual(await numbers({ since: at(1), until: at(2) }), [1]);
      assert.deepEqual(await numbers({ limit: 2 }), [2, 1]);
    });

    it('stays whole when two stores write to the same chain', async () => {
      const { store, another } = await open();
      const other = await another();
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 ? store : other).sealInbound(inbound({ receivedAt: at(n) }))),
      );
      assert.deepEqual(await other.verifyLedger(), { kind: 'whole', chains: 1, entries: 50 });
    });

    it('is verified while others write', async () => {
      const { store } = await open();
      await Promise.all(Array.from({ length: 250 }, () => store.sealInbound(inbound())));
      const verdict = store.verifyLedger();
      const writes = Array.from({ length: 250 }, () => store.sealInbound(inbound()));
      assert.equal((await verdict).kind, 'whole');
      await Promise.all(writes);
    });
  });
}
