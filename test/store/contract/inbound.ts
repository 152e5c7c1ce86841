import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { keep, kept } from '../../../src/bytes/kept.ts';
import { gather } from '../../../src/bytes/source.ts';
import { fileSpool } from '../../../src/bytes/spool.ts';
import type { InboundMessage } from '../../../src/store/store.ts';
import { keptBytes, storedBytes } from '../../support/stored.ts';
import { asyncMdn, at, inbound, LEASE_MS, refused } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeInbound(open: OpenTestStore): void {
  describe('receiving', () => {
    it('seals an accepted message with its MDN and its job', async () => {
      const { store } = await open();
      const message = inbound();
      assert.deepEqual(await store.sealInbound(message), { kind: 'sealed' });
      const [job, ...others] = await store.claimJobs(at(0), LEASE_MS, 10);
      assert.equal(job?.messageId, message.id);
      assert.deepEqual(others, []);
      assert.deepEqual(await store.claimDeliveries(at(0), LEASE_MS, 10), [], 'a synchronous MDN is not sent again');
    });

    it('claims the job with the same write when a lease is asked for: the first attempt, until it runs out', async () => {
      const { store } = await open();
      const message = inbound();
      const outcome = await store.sealInbound(message, at(60));
      assert.ok(outcome.kind === 'sealed' && outcome.job);
      const { lease, ...job } = outcome.job;
      assert.deepEqual(job, { messageId: message.id, partner: message.partner, attempts: 1 });
      assert.deepEqual(await store.claimJobs(at(59), LEASE_MS, 10), []);
      const [again] = await store.claimJobs(at(60), LEASE_MS, 10);
      assert.equal(again?.attempts, 2);
      assert.notEqual(again.lease, lease);
      assert.deepEqual(await store.sealInbound(refused(), at(60)), { kind: 'sealed' }, 'one that is refused has none');
    });

    it('RFC 4130 §9.3: finds a message that was sealed before, with the stored MDN byte for byte', async () => {
      const { store } = await open();
      const first = inbound();
      await store.sealInbound(first);
      const again = inbound({ messageId: first.messageId });
      assert.deepEqual(await store.sealInbound(again), {
        kind: 'duplicate',
        sealed: { id: first.id, mdn: first.mdn },
      });
      assert.equal(await store.getMessage(again.id), undefined, 'nothing of the duplicate is stored');
      assert.equal((await store.claimJobs(at(0), LEASE_MS, 10)).length, 1);
    });

    it('tells messages apart by AS2-From, AS2-To and Message-ID, each compared exactly', async () => {
      const { store } = await open();
      const message = inbound({ messageId: '<a@b>' });
      await store.sealInbound(message);
      for (const other of [{ as2From: 'van' }, { as2To: 'us' }, { messageId: '<A@b>' }, { messageId: 'a@b' }]) {
        const another = inbound({ messageId: message.messageId, ...other });
        assert.deepEqual(await store.sealInbound(another), { kind: 'sealed' });
      }
    });

    it('seals exactly one of many that come at the same moment, also through two stores', async () => {
      const { store, another } = await open();
      const second = await another();
      const copies = Array.from({ length: 20 }, () => inbound({ messageId: '<same@van>' }));
      const outcomes = await Promise.all(
        copies.map((copy, index) => (index % 2 === 0 ? store : second).sealInbound(copy)),
      );
      const sealed = copies.filter((_, index) => outcomes[index]?.kind === 'sealed');
      assert.equal(sealed.length, 1);
      for (const outcome of outcomes) {
        if (outcome.kind === 'duplicate') assert.deepEqual(outcome.sealed, { id: sealed[0]!.id, mdn: sealed[0]!.mdn });
      }
    });

    it('a refused message is kept, has no job, and may come again', async () => {
      const { store } = await open();
      const message = refused({ messageId: '<again@van>' });
      assert.deepEqual(await store.sealInbound(message), { kind: 'sealed' });
      assert.deepEqual(await store.claimJobs(at(0), LEASE_MS, 10), []);
      assert.deepEqual(await store.sealInbound(refused({ messageId: '<again@van>' })), { kind: 'sealed' });
      assert.deepEqual(await store.sealInbound(inbound({ messageId: '<again@van>' })), { kind: 'sealed' });
      assert.deepEqual(await store.sealInbound(refused({ messageId: '<again@van>' })), { kind: 'sealed' });
      assert.equal((await store.getMessage(message.id))?.state, 'refused');
    });

    for (const message of [inbound({ mdn: asyncMdn() }), refused({ mdn: asyncMdn() })]) {
      it(`the asynchronous MDN of a message that is ${message.state} goes into the outbox`, async () => {
        const { store } = await open();
        await store.sealInbound(message);
        const [delivery] = await store.claimDeliveries(at(0), LEASE_MS, 10);
        const { mdn } = message;
        assert.equal(delivery?.attempt, 1);
        assert.deepEqual(delivery.subject, { kind: 'mdn', mdnId: mdn?.id, messageId: message.id });
        assert.deepEqual([delivery.url, delivery.headers], [mdn?.url, mdn?.headers]);
        assert.deepEqual(gather(delivery.body.pieces()), mdn?.body);
        assert.equal(delivery.partner, 'van');
      });
    }

    it('puts a stored asynchronous MDN into the outbox once more, unless it is there still', async () => {
      const { store } = await open();
      const message = inbound({ mdn: asyncMdn() });
      await store.sealInbound(message);
      await store.requeueMdn(message.id, at(1));
      const [first, ...rest] = await store.claimDeliveries(at(1), LEASE_MS, 10);
      assert.deepEqual(rest, []);
      await store.requeueMdn(message.id, at(1));
      assert.deepEqual(await store.claimDeliveries(at(1), LEASE_MS, 10), [], 'it is on its way');
      await store.settleDelivery(first!, { kind: 'delivered' }, at(2));
      await store.requeueMdn(message.id, at(3));
      const [second] = await store.claimDeliveries(at(3), LEASE_MS, 10);
      assert.deepEqual([gather(second!.body.pieces()), second?.attempt], [message.mdn?.body, 1]);
    });

    it('has nothing to put into the outbox for a synchronous MDN or for no message', async () => {
      const { store } = await open();
      const message = inbound();
      await store.sealInbound(message);
      await store.requeueMdn(message.id, at(1));
      await store.requeueMdn('nobody', at(1));
      assert.deepEqual(await store.claimDeliveries(at(1), LEASE_MS, 10), []);
    });

    it('tells of a payload that an accepted message of the same partner held', async () => {
      const { store } = await open();
      const payloadOf = (text: string) => ({ content: kept(Buffer.from(text)), contentType: 'text/plain' });
      const isSeen = async (message: InboundMessage) => {
        await store.sealInbound(message);
        return (await store.getMessage(message.id))?.facts['payloadSeenBefore'];
      };
      assert.equal(await isSeen(inbound({ payload: payloadOf('taken') })), undefined);
      assert.equal(await isSeen(refused({ payload: payloadOf('turned down') })), undefined);
      assert.equal(await isSeen(inbound({ payload: payloadOf('taken') })), true);
      assert.equal(await isSeen(inbound({ payload: payloadOf('taken'), partner: 'other' })), undefined);
      assert.equal(await isSeen(inbound({ payload: payloadOf('turned down') })), undefined);
      assert.equal(await isSeen(refused({ payload: payloadOf('taken') })), undefined);
    });

    it('takes over what was spooled, of every size, and leaves nothing of it in the spool', async () => {
      const { store } = await open();
      const { spool, clear } = fileSpool(store.spoolDirectory, 1000);
      for (const size of [0, 1000, 1001, 256 * 1024, 3_000_000]) {
        const bytes = Buffer.alloc(size, 7);
        const raw = await keep([bytes.subarray(0, 999), bytes.subarray(999)], spool);
        const message = inbound({ raw, payload: { content: raw, contentType: 'text/plain' } });
        await store.sealInbound(message);
        for (const what of ['raw', 'payload'] as const)
          assert.ok((await storedBytes(store, message.id, what))?.equals(bytes));
      }
      clear();
      assert.deepEqual(readdirSync(store.spoolDirectory), []);
    });

    it('keeps bytes of every size, and what it was told about them, also after it was opened again', async () => {
      const { store, reopened } = await open();
      const messages = [0, 1, 256 * 1024 - 1, 256 * 1024, 3_000_000].map((size, index) =>
        inbound({
          raw: kept(Buffer.alloc(size, index)),
          payload: { content: kept(Buffer.alloc(size, index + 100)), contentType: 'text/plain' },
          mdn: asyncMdn({ body: Buffer.alloc(size, index + 200) }),
        }),
      );
      await Promise.all(messages.map((message) => store.sealInbound(message)));
      const later = await reopened();
      for (const { id, raw, payload, mdn, headers, facts, signer } of messages) {
        assert.ok((await storedBytes(later, id, 'raw'))?.equals(keptBytes(raw)));
        assert.ok((await storedBytes(later, id, 'payload'))?.equals(keptBytes(payload!.content)));
        assert.ok((await later.getMdn(mdn!.id))?.body.equals(mdn!.body));
        const detail = await later.getMessage(id);
        assert.deepEqual([detail?.headers, detail?.facts, detail?.signer], [headers, facts, signer]);
        assert.deepEqual([detail?.rawSha256, detail?.payloadSha256], [raw.sha256, payload!.content.sha256]);
        assert.equal(detail?.size, raw.size);
      }
    });
  });
}
