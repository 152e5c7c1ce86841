import assert from 'node:assert/strict';

import { keptBytes, storedBytes } from '../support/stored.ts';
import type { MessageDetail } from '../../src/store/store.ts';
import { combinations } from '../support/pairwise.ts';
import { contrlIn, verdictsIn } from '../support/receiver.ts';
import { readInterchanges } from '../../src/edifact/reader.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import type { Served } from '../support/served.ts';
import { queueTo, startBoth, type Both } from '../support/two-endpoints.ts';
import { until } from '../support/until.ts';

describe('two endpoints that send to one another', () => {
  let both: Both;
  let agency: Served;
  let country: Served;

  before(async () => {
    both = await startBoth();
    ({ agency, country } = both);
  });
  after(() => (both as Both | undefined)?.stop());

  const modes = combinations({
    mdn: ['sync', 'async', 'none'],
    mdnSigned: [true, false],
    sign: ['sha256', 'sha384', 'sha512', 'none'],
    encrypt: ['aes128-cbc', 'aes256-gcm', 'none'],
    compress: ['none', 'before-signing', 'after-signing'],
    mdnMicalgs: [['sha256'], ['sha512', 'sha256']],
    micalgStyle: ['rfc5751', 'old'],
    chunked: [false, true],
  });

  it('RFC 4130 §2.4.2: every way of protecting and every way of receipting, with each other', async () => {
    const sent = await Promise.all(
      modes.map(async (mode, index) => {
        const send = { ...mode, mdnMicalgs: [...mode.mdnMicalgs] };
        const content = Buffer.from(`No interchange: number ${index}`);
        return { mode, content, message: await queueTo(country, content, send) };
      }),
    );
    for (const { mode, content, message } of sent) {
      const words = JSON.stringify(mode);
      const delivered = await country.reached(message.id, 'delivered', 'refused', 'failed');
      assert.equal(delivered.state, 'delivered', words);
      assert.equal(delivered.attempts, 1, words);
      const receipts = delivered.mdns.map((mdn) => [mdn.direction, mdn.mode, mdn.signed, mdn.state]);
      assert.deepEqual(receipts, mode.mdn === 'none' ? [] : [['in', mode.mdn, mode.mdnSigned, 'delivered']], words);

      const received = await agency.reached(message.messageId, 'unreadable');
      assert.deepEqual(await storedBytes(agency.store, received.id, 'payload'), content, words);
      assert.deepEqual(await storedBytes(agency.store, received.id, 'raw'), keptBytes(message.raw), words);
      // Where nothing is signed the digest is that of the receipt.
      if (mode.mdn !== 'none') assert.equal(received.mic?.split(',')[0], message.mic?.split(',')[0], words);
      assert.equal(received.fileName, 'certificates.edi');
    }
  });

  it('a certificate, its answers, what they are answered with, and then silence', async () => {
    const number = numberOf('AU', 1);
    const payload = interchange([{ number }], { reference: 'ROUNDTRIP' });
    const sent = await queueTo(country, payload);
    await country.reached(sent.id, 'delivered');
    const request = await agency.reached(sent.messageId, 'answered');
    assert.equal(request.answeredBy.length, 2);

    const answers = await Promise.all(request.answeredBy.map((id) => agency.reached(id, 'delivered')));
    const arrived = await Promise.all(answers.map(({ messageId }) => country.reached(messageId, 'answered')));
    const [contrl, cusres] = byType(await Promise.all(arrived.map((message) => interchangeOf(country, message))));
    assert.deepEqual(contrlIn(contrl!), { reference: 'ROUNDTRIP', action: '7', code: '', messages: [] });
    assert.deepEqual(verdictsIn(cusres!), [{ number, status: 'AP', codes: [] }]);

    // A country's endpoint of ours takes no CUSRES, says so in a CONTRL, and that one is not answered.
    const refusals = arrived.flatMap(({ answeredBy }) => answeredBy);
    assert.equal(refusals.length, 1);
    const refusal = await country.reached(refusals[0] ?? '', 'delivered');
    const last = await agency.reached(refusal.messageId, 'answered');
    assert.deepEqual(contrlIn(await interchangeOf(agency, last))?.messages, ['17']);
    assert.deepEqual(last.answeredBy, []);
    await until('nothing is left to do', async () => {
      const due = [await agency.store.nextDue(), await country.store.nextDue()];
      return due.every((each) => each === undefined) ? true : undefined;
    });
  });

  it('both ledgers are whole', async () => {
    for (const { store } of [agency, country]) assert.equal((await store.verifyLedger()).kind, 'whole');
  });
});

async function interchangeOf({ store }: Served, { id }: MessageDetail) {
  const { interchanges } = readInterchanges((await storedBytes(store, id, 'payload')) ?? Buffer.alloc(0));
  return interchanges[0]!;
}

function byType(interchanges: Awaited<ReturnType<typeof interchangeOf>>[]) {
  return interchanges.toSorted((a, b) => (a.messages[0]!.type < b.messages[0]!.type ? -1 : 1));
}
