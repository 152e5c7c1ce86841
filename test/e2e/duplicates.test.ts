import assert from 'node:assert/strict';

import type { Answered } from '../support/peer.ts';
import {
  asking,
  options,
  startReceiptTarget,
  withoutConnection,
  type ReceiptTarget,
} from '../support/receipt-target.ts';
import { freshMessageId } from '../support/target.ts';
import { until } from '../support/until.ts';

describe('RFC 4130 §5.5: a message that comes again', () => {
  let target: ReceiptTarget;

  before(async () => {
    target = await startReceiptTarget();
  });
  after(() => (target as ReceiptTarget | undefined)?.stop());

  /** All of it but what HTTP adds to each answer. */
  const asSent = ({ headers, body }: Answered) => ({ headers: headers.filter(([name]) => isOurs(name)), body });

  it('gets the stored MDN on the response, byte for byte, and is delivered once', async () => {
    const part = await target.wrapped();
    const first = await target.deliver(part);
    const { messageId } = first;
    const again = [await target.deliver(part, { messageId }), await target.deliver(part, { messageId })];
    for (const { answered } of again) assert.deepEqual(asSent(answered), asSent(first.answered));
    await isStoredOnce(messageId);
  });

  it('gets it also when it was encrypted anew', async () => {
    const first = await target.deliver(await target.wrapped());
    const { messageId } = first;
    const again = await target.deliver(await target.wrapped(), { messageId });
    assert.deepEqual(asSent(again.answered), asSent(first.answered));
    await isStoredOnce(messageId);
  });

  it('gets it as often as it comes at the same moment', async () => {
    const part = await target.wrapped();
    const messageId = freshMessageId();
    const all = await Promise.all(Array.from({ length: 8 }, () => target.deliver(part, { messageId })));
    for (const { answered } of all) assert.deepEqual(asSent(answered), asSent(all[0]!.answered));
    await isStoredOnce(messageId);
  });

  it('gets the asynchronous one once more, byte for byte', async () => {
    const before = target.mdnServer.requests.length;
    const part = await target.wrapped();
    const receipt = asking(options('sha-256'), target.mdnServer.url);
    const { messageId } = await target.deliver(part, { receipt });
    await target.mdnServer.received(before + 1);
    await target.reached(messageId, 'answered', 'unreadable');
    await mdnIs('delivered', messageId);
    const again = await target.deliver(part, { messageId, receipt });
    assert.equal(again.answered.body.length, 0);
    await target.mdnServer.received(before + 2);
    const [first, second] = target.mdnServer.requests.slice(before);
    assert.deepEqual(withoutConnection(second!), withoutConnection(first!));
    await isStoredOnce(messageId);
  });

  it('gets the asynchronous one on the response, when it asks so this time', async () => {
    const before = target.mdnServer.requests.length;
    const part = await target.wrapped();
    const { messageId } = await target.deliver(part, { receipt: asking(options('sha-256'), target.mdnServer.url) });
    await target.mdnServer.received(before + 1);
    const again = await target.deliver(part, { messageId });
    assert.deepEqual(again.answered.body, target.mdnServer.requests[before]?.body);
  });

  it('is processed when it was refused before', async () => {
    const bad = await target.deliver(await target.wrapped({ sign: { identity: target.stranger, digest: 'sha256' } }));
    assert.equal(bad.told, 'processed/error: authentication-failed');
    const { messageId } = bad;
    const good = await target.deliver(await target.wrapped(), { messageId });
    assert.equal(good.told, 'processed');
    const late = await target.deliver(await target.wrapped({ sign: { identity: target.stranger, digest: 'sha256' } }), {
      messageId,
    });
    assert.equal(late.told, 'processed/error: authentication-failed');
    await until('one of the three is worked through', async () => {
      const all = await target.store.listMessages({ direction: 'in', limit: 1000 });
      const states = all.filter((message) => message.messageId === messageId).map(({ state }) => state);
      return states.toSorted().join() === 'refused,refused,unreadable' ? true : undefined;
    });
  });

  async function isStoredOnce(messageId: string) {
    const all = await target.store.listMessages({ direction: 'in', limit: 1000 });
    assert.equal(all.filter((message) => message.messageId === messageId).length, 1);
  }

  async function mdnIs(state: string, messageId: string) {
    await until(`the MDN is ${state}`, async () => {
      const message = await target.store.getMessage(messageId);
      return message?.mdns.some((mdn) => mdn.state === state) === true ? true : undefined;
    });
  }

  it('the ledger is whole after all that', async () => {
    assert.equal((await target.store.verifyLedger()).kind, 'whole');
  });
});

const isOurs = (name: string): boolean => !/^(connection|keep-alive)$/i.test(name);
