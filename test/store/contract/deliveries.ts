import assert from 'node:assert/strict';
import { keptBytes } from '../../support/stored.ts';
import type { DeliveryOutcome } from '../../../src/store/store.ts';
import { gather } from '../../../src/bytes/source.ts';
import { asyncMdn, at, claimedDelivery, inbound, LEASE_MS, outbound, receivedMdn, sentOf } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeDeliveries(open: OpenTestStore): void {
  describe('sending', () => {
    it('takes deliveries that are due and not leased, with their bytes; the attempt is counted', async () => {
      const { store } = await open();
      const messages = [outbound({ createdAt: at(2) }), outbound({ createdAt: at(1) }), outbound({ createdAt: at(9) })];
      await store.queueOutbound(messages);
      const [delivery, ...rest] = await store.claimDeliveries(at(5), LEASE_MS, 1);
      assert.deepEqual(rest, []);
      const { lease, body, ...seen } = delivery!;
      const message = messages[1]!;
      assert.ok(lease.length >= 32);
      assert.deepEqual(seen, {
        id: message.id,
        attempt: 1,
        url: message.url,
        headers: message.headers,
        partner: 'van',
        subject: { kind: 'message', message: sentOf(message) },
      });
      assert.deepEqual(gather(body.pieces()), keptBytes(message.raw));
      assert.equal((await store.getMessage(message.id))?.attempts, 1);
      assert.equal((await store.claimDeliveries(at(5), LEASE_MS, 9))[0]?.id, messages[0]?.id);
      assert.deepEqual(await store.claimDeliveries(at(5), LEASE_MS, 9), []);
    });

    it('queues all messages of one call or none', async () => {
      const { store } = await open();
      const message = outbound();
      await assert.rejects(store.queueOutbound([outbound(), message, message]), { code: 'STORE_FAILED' });
      assert.deepEqual(await store.listMessages({}), []);
      await store.queueOutbound([]);
    });

    it('finds a message that we sent by its key', async () => {
      const { store } = await open();
      const message = outbound({ fileName: undefined, subject: undefined } as object);
      await store.queueOutbound([message]);
      assert.deepEqual(await store.findOutbound(message), sentOf(message));
      assert.equal(await store.findOutbound({ ...message, as2To: 'other' }), undefined);
      await store.sealInbound(inbound({ as2From: 'US', as2To: 'VAN', messageId: '<theirs>' }));
      assert.equal(await store.findOutbound({ as2From: 'US', as2To: 'VAN', messageId: '<theirs>' }), undefined);
    });

    const endings: readonly [DeliveryOutcome['kind'], DeliveryOutcome][] = [
      ['delivered', { kind: 'delivered', detail: 'said so' }],
      ['refused', { kind: 'refused', detail: 'said so' }],
      ['failed', { kind: 'failed', detail: 'said so' }],
    ];
    for (const [state, outcome] of endings) {
      it(`writes what became of an attempt: ${state}`, async () => {
        const { store } = await open();
        const message = outbound();
        const delivery = await claimedDelivery(store, message);
        const mdn = receivedMdn(message, { mode: 'sync', verdict: state === 'delivered' ? 'delivered' : 'refused' });
        assert.equal(await store.settleDelivery(delivery, { ...outcome, mdn } as DeliveryOutcome, at(1)), 'done');
        const detail = await store.getMessage(message.id);
        assert.deepEqual([detail?.state, detail?.detail, detail?.disposition], [state, 'said so', mdn.disposition]);
        assert.deepEqual(
          detail?.mdns.map(({ id }) => id),
          [mdn.id],
        );
        assert.deepEqual(await store.claimDeliveries(at(9999), LEASE_MS, 9), []);
        assert.equal(await store.settleDelivery(delivery, outcome, at(2)), 'lease-lost');
      });
    }

    it('awaits an MDN; without one the same bytes go out again', async () => {
      const { store } = await open();
      const message = outbound();
      const delivery = await claimedDelivery(store, message);
      await store.settleDelivery(delivery, { kind: 'awaiting-mdn', resendAt: at(100) }, at(1));
      const detail = await store.getMessage(message.id);
      assert.deepEqual([detail?.state, detail?.nextAttemptAt], ['awaiting-mdn', at(100)]);
      assert.deepEqual(await store.claimDeliveries(at(99), LEASE_MS, 9), []);
      const [again] = await store.claimDeliveries(at(100), LEASE_MS, 9);
      assert.deepEqual([again?.attempt, again?.headers], [2, message.headers]);
      assert.deepEqual(gather(again!.body.pieces()), keptBytes(message.raw));
      await store.settleDelivery(again!, { kind: 'retry', at: at(200), detail: 'no answer' }, at(101));
      assert.equal((await store.getMessage(message.id))?.state, 'awaiting-mdn', 'the MDN may still come');
    });

    it('retries a message with the next attempt', async () => {
      const { store } = await open();
      const message = outbound();
      const delivery = await claimedDelivery(store, message);
      await store.settleDelivery(delivery, { kind: 'retry', at: at(50), detail: 'HTTP 503' }, at(1));
      const detail = await store.getMessage(message.id);
      assert.deepEqual([detail?.state, detail?.detail], ['pending', 'HTTP 503']);
      assert.deepEqual(await store.claimDeliveries(at(49), LEASE_MS, 9), []);
      assert.equal((await store.claimDeliveries(at(50), LEASE_MS, 9))[0]?.attempt, 2);
    });

    it('a lease that ran out is taken by another; then nothing of the first is written, not even its MDN', async () => {
      const { store } = await open();
      const message = outbound();
      const first = await claimedDelivery(store, message);
      const [second] = await store.claimDeliveries(at(60), LEASE_MS, 9);
      const mdn = receivedMdn(message);
      assert.equal(await store.settleDelivery(first, { kind: 'delivered', mdn }, at(61)), 'lease-lost');
      assert.deepEqual(await store.listMdns({}), []);
      assert.equal((await store.getMessage(message.id))?.state, 'pending');
      await store.recordMdn(mdn, at(61)); // so the MDN counts all the same
      assert.equal((await store.getMessage(message.id))?.state, 'delivered');
      assert.equal(await store.settleDelivery(second!, { kind: 'failed', detail: 'x' }, at(62)), 'done');
      assert.equal((await store.getMessage(message.id))?.state, 'delivered');
    });

    it('a lease that ran out but was not taken by another still holds', async () => {
      const { store } = await open();
      const delivery = await claimedDelivery(store, outbound());
      assert.equal(await store.settleDelivery(delivery, { kind: 'delivered' }, at(9999)), 'done');
    });

    it('an asynchronous MDN settles the message that awaits it', async () => {
      const { store } = await open();
      for (const verdict of ['delivered', 'refused'] as const) {
        const message = outbound();
        const delivery = await claimedDelivery(store, message);
        await store.settleDelivery(delivery, { kind: 'awaiting-mdn', resendAt: at(100) }, at(1));
        const mdn = receivedMdn(message, { verdict, detail: 'as it says' });
        await store.recordMdn(mdn, at(2));
        const detail = await store.getMessage(message.id);
        assert.deepEqual([detail?.state, detail?.disposition], [verdict, mdn.disposition]);
        assert.deepEqual([detail?.detail, detail?.nextAttemptAt], ['as it says', undefined]);
      }
      assert.deepEqual(await store.claimDeliveries(at(9999), LEASE_MS, 9), []);
    });

    const lateOutcomes: readonly DeliveryOutcome[] = [
      { kind: 'awaiting-mdn', resendAt: at(100) },
      { kind: 'retry', at: at(100), detail: 'the connection broke' },
      { kind: 'failed', detail: 'given up' },
      { kind: 'refused', detail: 'said otherwise' },
    ];
    for (const outcome of lateOutcomes) {
      it(`an MDN that comes before its attempt is settled as ${outcome.kind} is not undone`, async () => {
        const { store } = await open();
        const message = outbound();
        const delivery = await claimedDelivery(store, message);
        await store.recordMdn(receivedMdn(message), at(1));
        assert.equal(await store.settleDelivery(delivery, outcome, at(2)), 'done');
        const detail = await store.getMessage(message.id);
        assert.deepEqual([detail?.state, detail?.nextAttemptAt], ['delivered', undefined]);
        assert.deepEqual(await store.claimDeliveries(at(9999), LEASE_MS, 9), []);
        assert.equal((await store.verifyLedger()).kind, 'whole');
      });
    }

    it('an invalid MDN changes nothing but is kept', async () => {
      const { store } = await open();
      const message = outbound();
      await claimedDelivery(store, message);
      const invalid = receivedMdn(message, { verdict: 'invalid', detail: 'MIC differs' });
      const stray = receivedMdn(undefined, { verdict: 'invalid', partner: undefined });
      await store.recordMdn(invalid, at(1));
      await store.recordMdn(stray, at(1));
      assert.equal((await store.getMessage(message.id))?.state, 'pending');
      assert.deepEqual((await store.getMdn(invalid.id))?.body, invalid.body);
      assert.equal((await store.getMdn(stray.id))?.subjectId, undefined);
      assert.equal((await store.claimDeliveries(at(9999), LEASE_MS, 9)).length, 1);
    });

    it('an MDN that comes after the message was given up counts', async () => {
      const { store } = await open();
      const message = outbound();
      await store.settleDelivery(await claimedDelivery(store, message), { kind: 'failed', detail: 'gave up' }, at(1));
      await store.recordMdn(receivedMdn(message), at(500));
      assert.equal((await store.getMessage(message.id))?.state, 'delivered');
    });

    it('the first answer counts, the later ones are kept', async () => {
      const { store } = await open();
      const message = outbound();
      await store.queueOutbound([message]);
      await store.recordMdn(receivedMdn(message), at(1));
      await store.recordMdn(receivedMdn(message, { verdict: 'refused' }), at(2));
      const detail = await store.getMessage(message.id);
      assert.deepEqual([detail?.state, detail?.mdns.length], ['delivered', 2]);
    });

    it('sends a message again from its first attempt on: same Message-ID, same bytes', async () => {
      const { store } = await open();
      const message = outbound();
      await store.settleDelivery(await claimedDelivery(store, message), { kind: 'failed', detail: 'gave up' }, at(1));
      assert.equal(await store.resend(message.id, at(10)), 'queued');
      assert.equal((await store.getMessage(message.id))?.state, 'pending');
      const [delivery] = await store.claimDeliveries(at(10), LEASE_MS, 9);
      assert.equal(delivery?.attempt, 1);
      assert.deepEqual(delivery.subject, { kind: 'message', message: sentOf(message) });
      await store.resend(message.id, at(11));
      assert.equal(await store.settleDelivery(delivery, { kind: 'failed', detail: 'x' }, at(12)), 'lease-lost');
    });

    it('has nothing to send again for a message that we received, or for none', async () => {
      const { store } = await open();
      const message = inbound();
      await store.sealInbound(message);
      assert.equal(await store.resend(message.id, at(1)), 'nothing-to-do');
      assert.equal(await store.resend('nobody', at(1)), 'not-found');
    });

    it('an MDN that we send is pending until it is delivered, or failed', async () => {
      const { store } = await open();
      const [one, two] = [inbound({ mdn: asyncMdn() }), inbound({ mdn: asyncMdn() })];
      for (const message of [one, two]) await store.sealInbound(message);
      const deliveries = await store.claimDeliveries(at(0), LEASE_MS, 9);
      const settle = (id: string, outcome: DeliveryOutcome) =>
        store.settleDelivery(
          deliveries.find((delivery) => delivery.id === id)!,
          outcome,
          at(1),
        );
      await settle(one.mdn!.id, { kind: 'retry', at: at(5), detail: 'HTTP 500' });
      const waiting = await store.getMdn(one.mdn!.id);
      assert.deepEqual([waiting?.state, waiting?.detail], ['pending', 'HTTP 500']);
      await settle(two.mdn!.id, { kind: 'failed', detail: 'HTTP 404' });
      assert.equal((await store.getMdn(two.mdn!.id))?.state, 'failed');
      const [again] = await store.claimDeliveries(at(5), LEASE_MS, 9);
      const awaiting = store.settleDelivery(again!, { kind: 'awaiting-mdn', resendAt: at(9) }, at(6));
      await assert.rejects(awaiting, { code: 'STORE_MISUSED' });
      await store.settleDelivery(again!, { kind: 'delivered' }, at(6));
      assert.equal((await store.getMdn(one.mdn!.id))?.state, 'delivered');
    });
  });
}
