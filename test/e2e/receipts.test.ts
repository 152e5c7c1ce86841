import assert from 'node:assert/strict';

import { header } from '../../src/mime/headers.ts';
import { startPeerServer } from '../support/peer.ts';
import {
  asking,
  micOf,
  options,
  OUR_NAME,
  plain,
  quoted,
  startReceiptTarget,
  THEIR_NAME,
  withoutConnection,
  type ReceiptTarget,
} from '../support/receipt-target.ts';
import { signedReceipt } from '../support/target.ts';

describe('receipts over HTTP', () => {
  /** In the order in which they happen. */
  let events: string[] = [];
  let target: ReceiptTarget;

  before(async () => {
    target = await startReceiptTarget(() => events.push('MDN'));
  });
  after(() => (target as ReceiptTarget | undefined)?.stop());
  beforeEach(() => {
    events = [];
  });

  describe('by which way, and how protected', () => {
    it('RFC 4130 §7.6: none when none is asked for: 200 without a body', async () => {
      const { answered, messageId } = await target.deliver(await target.wrapped(), { receipt: [] });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal(header(answered.headers, 'Content-Length'), '0');
      const message = await target.store.getMessage(messageId);
      assert.notEqual(message?.state, 'refused');
      assert.deepEqual(message?.mdns, []);
    });

    it('RFC 4130 §7.6: none also for what is refused, when none is asked for', async () => {
      const { answered, messageId } = await target.deliver(plain, { receipt: [] });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal((await target.store.getMessage(messageId))?.state, 'refused');
    });

    it('RFC 4130 §7.4.2: on the response, unsigned, with a MIC all the same', async () => {
      const { answered, messageId } = await target.deliver(plain, { from: 'LAX', receipt: asking() });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /^multipart\/report; report-type=disposition-/);
      assert.equal(target.judged(answered, messageId, `${micOf('sha256')}, sha-256`, false).kind, 'delivered');
    });

    for (const [asked, digest] of [
      ['sha-256', 'sha256'],
      ['sha384', 'sha384'],
      ['SHA-512', 'sha512'],
      ['md5, whirlpool, sha-384, sha-256', 'sha384'],
      ['sha1, sha256', 'sha256'],
      ['md5', 'sha256'],
      ['sha1', 'sha256'],
    ] as const) {
      it(`RFC 4130 §7.3: on the response, signed by the first algorithm of "${asked}" that is allowed`, async () => {
        const { answered, messageId } = await target.deliver(plain, { from: 'LAX', receipt: asking(options(asked)) });
        const type = header(answered.headers, 'Content-Type') ?? '';
        assert.match(type, /^multipart\/signed; protocol="application\/pkcs7-signature"/);
        assert.match(type, new RegExp(`micalg=sha-?${digest.slice(3)};`, 'i'));
        assert.equal(target.judged(answered, messageId, `${micOf(digest)}, ${digest}`, true).kind, 'delivered');
      });
    }

    it('SHA-1 where the file allows it, and the sender asks for it first', async () => {
      const receipt = asking(options('sha1, sha256'));
      const { answered, messageId } = await target.deliver(plain, { from: 'OLD', receipt });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /micalg=sha1;/);
      assert.equal(target.judged(answered, messageId, `${micOf('sha1')}, sha1`, true).kind, 'delivered');
    });

    it('RFC 4130 §7.4.3: the MIC of a signed message has the digest of its signature, whatever is asked for', async () => {
      const part = await target.wrapped({ sign: { identity: target.partner.identity, digest: 'sha512' } });
      const { answered, messageId } = await target.deliver(part, { receipt: asking(options('sha-256')) });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /micalg=sha-256;/);
      const mic = `${part.mic.value.toString('base64')}, sha-512`;
      assert.equal(target.judged(answered, messageId, mic, true).kind, 'delivered');
    });

    for (const [how, asked, signed] of [
      ['signed', options('sha-256'), true],
      ['unsigned', undefined, false],
    ] as const) {
      it(`RFC 4130 §7.2: ${how} to the registered address, after the HTTP 200`, async () => {
        const before = target.mdnServer.requests.length;
        const part = await target.wrapped();
        const sent = await target.deliver(part, { receipt: asking(asked, target.mdnServer.url) });
        events.push('200');
        assert.deepEqual([sent.answered.status, sent.answered.body.length], [200, 0]);
        await target.mdnServer.received(before + 1);
        assert.deepEqual(events, ['200', 'MDN']);

        const mdn = { status: 200, ...target.mdnServer.requests[before]! };
        const mic = `${part.mic.value.toString('base64')}, sha256`;
        assert.equal(target.judged(mdn, sent.messageId, mic, signed).kind, 'delivered');
        assert.equal(header(mdn.headers, 'AS2-From'), quoted(OUR_NAME));
        assert.equal(header(mdn.headers, 'AS2-To'), quoted(THEIR_NAME));
        assert.equal(header(mdn.headers, 'Disposition-Notification-To'), undefined);
        const kept = await target.store.getMessage(sent.messageId);
        assert.equal(kept?.mdns.length, 1);
      });
    }

    it('RFC 4130 §5.4: an asynchronous one is sent again, the same, when its address does not take it', async () => {
      const before = target.mdnServer.requests.length;
      target.mdnStatuses.push(503, 500);
      await target.deliver(await target.wrapped(), { receipt: asking(options('sha-256'), target.mdnServer.url) });
      await target.mdnServer.received(before + 3);
      const [first, second, third] = target.mdnServer.requests.slice(before);
      assert.deepEqual(withoutConnection(second!), withoutConnection(first!));
      assert.deepEqual(withoutConnection(third!), withoutConnection(first!));
    });

    it('RFC 4130 §7.2: on the response when the address is not registered, and nobody connects there', async () => {
      const elsewhere = await startPeerServer(() => Promise.resolve(undefined));
      const receipt = asking(options('sha-256'), elsewhere.url);
      const { told } = await target.deliver(await target.wrapped(), { receipt });
      assert.equal(told, 'processed');
      assert.equal(elsewhere.requests.length, 0);
      await elsewhere.close();
    });

    it('RFC 3798 §2.1: no MDN for an MDN, though it asks for one', async () => {
      const before = target.mdnServer.requests.length;
      const first = await target.deliver(await target.wrapped());
      const headers = first.answered.headers.filter(([name]) => /^(content-type|mime-version)$/i.test(name));
      const part = { headers, body: first.answered.body };
      const { answered } = await target.deliver(part, { receipt: asking(options('sha-256'), target.mdnServer.url) });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal(target.mdnServer.requests.length, before);
    });
  });

  describe('names and identifiers', () => {
    it('RFC 4130 §6.2: names swapped, quoted where they need it; our own Message-ID; Subject and Date', async () => {
      const { answered, messageId } = await target.deliver(await target.wrapped());
      const of = (name: string) => header(answered.headers, name) ?? '';
      assert.equal(of('AS2-From'), quoted(OUR_NAME));
      assert.equal(of('AS2-To'), quoted(THEIR_NAME));
      assert.match(of('AS2-Version'), /^1\.\d$/);
      assert.match(of('Message-ID'), /^<[^<>@\s]+@[^<>@\s]+>$/);
      assert.notEqual(of('Message-ID'), messageId);
      assert.ok(of('Subject') !== '' && !Number.isNaN(Date.parse(of('Date'))));
      const report = answered.body.toString('latin1');
      assert.match(report, /^Reporting-UA: .+\r$/m);
      for (const field of ['Original-Recipient', 'Final-Recipient']) {
        assert.ok(report.includes(`\r\n${field}: rfc822; ${quoted(OUR_NAME)}\r\n`), field);
      }
    });

    it('RFC 4130 §6.2: a name that needs no quotes gets none, also when it came in some', async () => {
      const { answered } = await target.deliver(plain, { from: '"LAX"' });
      assert.equal(header(answered.headers, 'AS2-To'), 'LAX');
    });

    it('RFC 4130 §6.2: names differ by case', async () => {
      const { told } = await target.deliver(plain, { from: 'lax' });
      assert.equal(told, 'processed/error: unknown-trading-relationship');
    });

    for (const messageId of [
      '<usual@host.example>',
      'no-brackets@host.example',
      'no-host',
      '<with blanks in it@host>',
      "<!#$%&'*+-/=?^_`{|}~@[127.0.0.1]>",
      '<caf\xe9@host>',
      '<"quoted, \\" and; so=on"@host>',
      `<${'x'.repeat(990)}@host>`,
    ]) {
      it(`RFC 3798 §3.2.5: Original-Message-ID is as received: ${messageId.slice(0, 40)}`, async () => {
        const { answered, told } = await target.deliver(await target.wrapped(), { messageId });
        assert.equal(told, 'processed');
        assert.ok(answered.body.includes(Buffer.from(`\r\nOriginal-Message-ID: ${messageId}\r\n`, 'latin1')));
      });
    }

    it('RFC 4130 §5.3.3: two Message-IDs are none', async () => {
      const { told } = await target.deliver(await target.wrapped(), {
        receipt: [...signedReceipt, ['Message-ID', '<other@x>']],
      });
      assert.equal(told, 'processed/error: invalid-message-id');
    });
  });

  it('the ledger is whole after all that', async () => {
    assert.equal((await target.store.verifyLedger()).kind, 'whole');
  });
});
