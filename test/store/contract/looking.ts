import assert from 'node:assert/strict';
import type { CertificateRecord } from '../../../src/store/store.ts';
import { keptBytes, storedBytes } from '../../support/stored.ts';
import {
  asyncMdn,
  at,
  change,
  claimedDelivery,
  completeJob,
  inbound,
  LEASE_MS,
  outbound,
  receivedMdn,
  refused,
  result,
  sealedJob,
} from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeLooking(open: OpenTestStore): void {
  describe('looking', () => {
    it('lists messages newest first, and by partner, direction, state and time', async () => {
      const { store } = await open();
      const one = inbound({ receivedAt: at(1) });
      const two = refused({ receivedAt: at(2), partner: undefined });
      const three = outbound({ createdAt: at(3), partner: 'bank' });
      for (const message of [two, one]) await store.sealInbound(message);
      await store.queueOutbound([three]);
      const ids = async (filter: Parameters<typeof store.listMessages>[0]) =>
        (await store.listMessages(filter)).map(({ id }) => id);
      assert.deepEqual(await ids({}), [three.id, two.id, one.id]);
      assert.deepEqual(await ids({ partner: 'van' }), [one.id]);
      assert.deepEqual(await ids({ direction: 'out' }), [three.id]);
      assert.deepEqual(await ids({ direction: 'in', state: 'refused' }), [two.id]);
      assert.deepEqual(await ids({ since: at(2) }), [three.id, two.id], 'from since on');
      assert.deepEqual(await ids({ until: at(2) }), [one.id], 'before until');
      assert.deepEqual(await ids({ limit: 1 }), [three.id]);
    });

    it('lists 100 messages unless told otherwise; of one instant the last written first', async () => {
      const { store } = await open();
      const messages = Array.from({ length: 105 }, () => inbound());
      await Promise.all(messages.map((message) => store.sealInbound(message)));
      const listed = await store.listMessages({});
      assert.deepEqual(
        listed.map(({ id }) => id),
        messages
          .map(({ id }) => id)
          .reverse()
          .slice(0, 100),
      );
      assert.equal((await store.listMessages({ limit: 1000 })).length, 105);
    });

    it('tells of a message what was written of it', async () => {
      const { store } = await open();
      const message = inbound({ detail: 'for the operator' });
      await store.sealInbound(message);
      const detail = await store.getMessage(message.id);
      const [summary] = await store.listMessages({});
      const { id, environment, partner, as2From, as2To, messageId, subject, state, disposition } = message;
      assert.deepEqual(summary, {
        ...{ id, direction: 'in', at: at(0), environment, partner, as2From, as2To, messageId, subject },
        ...{ state, disposition, contrl: undefined, size: message.raw.size, fileName: 'a.edi' },
      });
      for (const [name, value] of Object.entries(summary)) assert.deepEqual(detail?.[name as 'id'], value);
      assert.deepEqual([detail?.remote, detail?.contentType], ['192.0.2.7', 'application/edifact']);
      assert.deepEqual([detail?.mic, detail?.detail], [message.mic, 'for the operator']);
      assert.equal(detail?.mdns[0]?.id, message.mdn?.id);
    });

    it('finds a message by our own id, or by AS2 Message-ID with or without angle brackets, the latest of several', async () => {
      const { store } = await open();
      const early = refused({ messageId: '<m@van>', receivedAt: at(1) });
      const late = refused({ messageId: '<m@van>', receivedAt: at(2) });
      const bare = inbound({ messageId: 'bare@van' });
      const confusing = inbound({ messageId: early.id, receivedAt: at(9) });
      for (const message of [late, early, bare, confusing]) await store.sealInbound(message);
      assert.equal((await store.getMessage(early.id))?.id, early.id, 'our own id goes first');
      for (const name of ['<m@van>', 'm@van']) assert.equal((await store.getMessage(name))?.id, late.id);
      for (const name of ['<bare@van>', 'bare@van']) assert.equal((await store.getMessage(name))?.id, bare.id);
      assert.deepEqual(await storedBytes(store, 'm@van', 'raw'), keptBytes(late.raw));
      assert.equal(await store.getContent('m@van', 'payload'), undefined);
      assert.equal(await store.getMessage('nobody'), undefined);
      assert.equal(await store.getContent('nobody', 'raw'), undefined);
    });

    it('lists MDNs of both directions, newest first, and by partner, direction, state and time', async () => {
      const { store } = await open();
      const sync = inbound({ receivedAt: at(1) });
      const async = inbound({ receivedAt: at(2), mdn: asyncMdn() });
      for (const message of [sync, async]) await store.sealInbound(message);
      const message = outbound();
      await store.queueOutbound([message]);
      const received = receivedMdn(message, { receivedAt: at(3), partner: 'bank' });
      await store.recordMdn(received, at(3));
      const ids = async (filter: Parameters<typeof store.listMdns>[0]) =>
        (await store.listMdns(filter)).map(({ id }) => id);
      assert.deepEqual(await ids({}), [received.id, async.mdn?.id, sync.mdn?.id]);
      assert.deepEqual(await ids({ direction: 'in', state: 'delivered' }), [received.id]);
      assert.deepEqual(await ids({ state: 'sent' }), [sync.mdn?.id]);
      assert.deepEqual(await ids({ state: 'pending' }), [async.mdn?.id]);
      assert.deepEqual(await ids({ partner: 'bank' }), [received.id]);
      assert.deepEqual(await ids({ since: at(2), until: at(3) }), [async.mdn?.id]);
    });

    it('tells of an MDN what was written of it', async () => {
      const { store } = await open();
      const message = outbound();
      await store.queueOutbound([message]);
      const mdn = receivedMdn(message, { verdict: 'refused', detail: 'it says error' });
      await store.recordMdn(mdn, at(40));
      const { verdict, outboundId, receivedAt, ...said } = mdn;
      assert.deepEqual(await store.getMdn(mdn.id), {
        ...said,
        ...{ direction: 'in', at: receivedAt, subjectId: outboundId, state: verdict },
      });
      assert.equal(await store.getMdn('nobody'), undefined);
    });

    it('lists the versions in force of certificates, and by partner, environment, number, country, state and time', async () => {
      const { store } = await open();
      const make = (number: string, over: object, expected = 0) => {
        const made = change(number, expected);
        return { ...made, record: { ...made.record, ...over } };
      };
      const certificates = [
        make('A', { changedAt: at(1) }),
        make('B', { changedAt: at(2), country: 'AU', partner: 'bank' }),
        make('A', { changedAt: at(3), state: 'cancelled' }, 1),
        make('C', { changedAt: at(4), environment: 'production' }),
      ];
      await completeJob(store, await sealedJob(store), result({ certificates }), at(5));
      const numbers = async (filter: Parameters<typeof store.listCertificates>[0]) =>
        (await store.listCertificates(filter)).map(({ number, version }) => `${number}${version}`);
      assert.deepEqual(await numbers({}), ['C1', 'A2', 'B1']);
      assert.deepEqual(await numbers({ environment: 'test', number: 'A' }), ['A2']);
      assert.deepEqual(await numbers({ country: 'AU', partner: 'bank' }), ['B1']);
      assert.deepEqual(await numbers({ state: 'registered' }), ['C1', 'B1'], 'not by a version that is past');
      assert.deepEqual(await numbers({ since: at(2), until: at(4) }), ['A2', 'B1']);
      assert.deepEqual(await numbers({ limit: 1 }), ['C1']);
    });

    it('lists certificates page by page, also those of one moment', async () => {
      const { store } = await open();
      const certificates = ['A', 'B', 'C', 'D', 'E'].map((number) => change(number));
      await completeJob(store, await sealedJob(store), result({ certificates }), at(5));
      const seen: string[] = [];
      for (let after: CertificateRecord | undefined; ;) {
        const page = await store.listCertificates({ limit: 2, after });
        seen.push(page.map(({ number }) => number).join(''));
        after = page.at(-1);
        if (after === undefined) break;
      }
      assert.deepEqual(seen, ['ED', 'CB', 'A', '']);
    });

    it('knows when the next job or delivery is due', async () => {
      const { store } = await open();
      assert.equal(await store.nextDue(), undefined);
      const job = await sealedJob(store, inbound({ receivedAt: at(10) }));
      assert.deepEqual(await store.nextDue(), at(70), 'when the lease runs out');
      await store.failJob(job, 'x', at(500), at(11));
      assert.deepEqual(await store.nextDue(), at(500));
      const delivery = await claimedDelivery(store, outbound({ createdAt: at(20) }));
      assert.deepEqual(await store.nextDue(), at(80));
      await store.settleDelivery(delivery, { kind: 'retry', at: at(90), detail: 'x' }, at(21));
      assert.deepEqual(await store.nextDue(), at(90));
      const [again] = await store.claimDeliveries(at(90), LEASE_MS, 1);
      await store.settleDelivery(again!, { kind: 'delivered' }, at(91));
      assert.deepEqual(await store.nextDue(), at(500));
    });

    it('refuses everything after it was closed, which may happen twice', async () => {
      const { store } = await open();
      const written = store.sealInbound(inbound({ id: 'last' }));
      await written;
      const unfinished = store.note({ chain: 'endpoint', kind: 'last-words', facts: {} }, at(1));
      await store.close();
      await store.close();
      await unfinished;
      await assert.rejects(store.listMessages({}), { code: 'STORE_CLOSED' });
      await assert.rejects(store.sealInbound(inbound()), { code: 'STORE_CLOSED' });
    });
  });
}
