import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { strictPolicy } from '../../src/as2/policy.ts';
import { judgeMdn } from '../../src/as2/judge.ts';
import { parseMic } from '../../src/as2/mic.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import { wrap, type WrapOptions } from '../../src/as2/wrap.ts';
import { newBoundary } from '../../src/exchange/ids.ts';
import { header, type HeaderField } from '../../src/mime/headers.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import { bytesOfPart, multipartSigned, type Part } from '../support/mime-parts.ts';
import { startPeerServer, usualProtection, type Answered, type PeerServer } from '../support/peer.ts';
import { until } from '../support/until.ts';
import { freshMessageId, signedReceipt, startTarget, type Target } from '../support/target.ts';

const OUR_NAME = 'US "CBP" \\ test';
const THEIR_NAME = 'AU van "1"';
const payload = Buffer.from("UNB+UNOC:3'");
const entity = { headers: [['Content-Type', 'application/EDIFACT']] as const, content: payload };

/** Disposition-Notification-Options and what goes with it. */
function asking(options?: string, asyncUrl?: string): HeaderField[] {
  return [
    ['Disposition-Notification-To', 'whoever'],
    ...(options === undefined ? [] : [['Disposition-Notification-Options', options] as const]),
    ...(asyncUrl === undefined ? [] : [['Receipt-Delivery-Option', asyncUrl] as const]),
  ];
}

const options = (micalgs: string, importance = 'optional', protocol = 'pkcs7-signature') =>
  `signed-receipt-protocol=${importance}, ${protocol}; signed-receipt-micalg=${importance}, ${micalgs}`;

describe('receipts over HTTP', () => {
  let target: Target;
  let mdnServer: PeerServer;
  let stranger: TestIdentity;
  /** What the next MDN that comes to the partner's address is answered with. */
  let mdnStatuses: number[] = [];
  /** In the order in which they happen. */
  let events: string[] = [];

  before(async () => {
    stranger = await identity('stranger');
    mdnServer = await startPeerServer(() => {
      events.push('MDN');
      return Promise.resolve({ status: mdnStatuses.shift() ?? 204, headers: [], body: Buffer.alloc(0) });
    });
    target = await startTarget({
      homeOptions: { as2Id: OUR_NAME },
      partner: { as2Id: THEIR_NAME, as2: { asyncMdnUrls: [mdnServer.url] } },
      prepare(home) {
        const about = { url: 'http://127.0.0.1:9/as2', identities: [] };
        const lax = { allowUnsigned: true, allowUnencrypted: true };
        const send = { mdn: 'none' as const };
        const { certificate } = stranger;
        home.addPartner('lax', { ...about, as2Id: 'LAX', certificatePem: certificate.pem, receive: lax, send });
        const old = { ...lax, allowSha1: true };
        home.addPartner('old', { ...about, as2Id: 'OLD', certificatePem: certificate.pem, receive: old, send });
      },
    });
  });
  after(async () => {
    await (target as Target | undefined)?.stop();
    await (mdnServer as PeerServer | undefined)?.close();
  });
  beforeEach(() => {
    mdnStatuses = [];
    events = [];
  });

  /** From the partner, or from another in its own name. */
  const wrapped = (protection: Partial<WrapOptions> = {}) =>
    wrap(entity, { ...usualProtection({ ...target.partner }, target.home), boundary: newBoundary(), ...protection });

  const deliver = async (
    part: Part,
    more: { from?: string; to?: string; messageId?: string; receipt?: readonly HeaderField[] } = {},
  ) => target.attack(part, { from: quoted(THEIR_NAME), to: quoted(OUR_NAME), ...more });

  /** Plain, which needs no more than HTTP: in the name of those who may. */
  const plain: Part = { headers: [['Content-Type', 'application/EDIFACT']], body: payload };

  /** Judged as a partner would, with nothing but our certificate. */
  async function judged(answered: Answered, messageId: string, mic: string, signed: boolean) {
    return judgeMdn(await readMdn(answered.headers, answered.body), {
      messageId,
      mic: parseMic(mic)!,
      signed,
      pinned: [target.home.own.certificate],
      policy: { ...strictPolicy, digests: ['sha256', 'sha384', 'sha512', 'sha1'] },
    });
  }

  const micOf = (digest: string) => createHash(digest).update(payload).digest('base64');

  describe('by which way, and how protected', () => {
    it('RFC 4130 §7.6: none when none is asked for: 200 without a body', async () => {
      const { answered, messageId } = await deliver(await wrapped(), { receipt: [] });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal(header(answered.headers, 'Content-Length'), '0');
      const message = await target.store.getMessage(messageId);
      assert.notEqual(message?.state, 'refused');
      assert.deepEqual(message?.mdns, []);
    });

    it('RFC 4130 §7.6: none also for what is refused, when none is asked for', async () => {
      const { answered, messageId } = await deliver(plain, { receipt: [] });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal((await target.store.getMessage(messageId))?.state, 'refused');
    });

    it('RFC 4130 §7.4.2: on the response, unsigned, with a MIC all the same', async () => {
      const { answered, messageId } = await deliver(plain, { from: 'LAX', receipt: asking() });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /^multipart\/report; report-type=disposition-/);
      assert.equal((await judged(answered, messageId, `${micOf('sha256')}, sha-256`, false)).kind, 'delivered');
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
        const { answered, messageId } = await deliver(plain, { from: 'LAX', receipt: asking(options(asked)) });
        const type = header(answered.headers, 'Content-Type') ?? '';
        assert.match(type, /^multipart\/signed; protocol="application\/pkcs7-signature"/);
        assert.match(type, new RegExp(`micalg=sha-?${digest.slice(3)};`, 'i'));
        assert.equal((await judged(answered, messageId, `${micOf(digest)}, ${digest}`, true)).kind, 'delivered');
      });
    }

    it('SHA-1 where the file allows it, and the sender asks for it first', async () => {
      const receipt = asking(options('sha1, sha256'));
      const { answered, messageId } = await deliver(plain, { from: 'OLD', receipt });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /micalg=sha1;/);
      assert.equal((await judged(answered, messageId, `${micOf('sha1')}, sha1`, true)).kind, 'delivered');
    });

    it('RFC 4130 §7.4.3: the MIC of a signed message has the digest of its signature, whatever is asked for', async () => {
      const part = await wrapped({ sign: { identity: target.partner.identity, digest: 'sha512' } });
      const { answered, messageId } = await deliver(part, { receipt: asking(options('sha-256')) });
      assert.match(header(answered.headers, 'Content-Type') ?? '', /micalg=sha-256;/);
      const mic = `${part.mic.value.toString('base64')}, sha-512`;
      assert.equal((await judged(answered, messageId, mic, true)).kind, 'delivered');
    });

    for (const [how, asked, signed] of [
      ['signed', options('sha-256'), true],
      ['unsigned', undefined, false],
    ] as const) {
      it(`RFC 4130 §7.2: ${how} to the registered address, after the HTTP 200`, async () => {
        const before = mdnServer.requests.length;
        const part = await wrapped();
        const sent = await deliver(part, { receipt: asking(asked, mdnServer.url) });
        events.push('200');
        assert.deepEqual([sent.answered.status, sent.answered.body.length], [200, 0]);
        await mdnServer.received(before + 1);
        assert.deepEqual(events, ['200', 'MDN']);

        const mdn = { status: 200, ...mdnServer.requests[before]! };
        const mic = `${part.mic.value.toString('base64')}, sha256`;
        assert.equal((await judged(mdn, sent.messageId, mic, signed)).kind, 'delivered');
        assert.equal(header(mdn.headers, 'AS2-From'), quoted(OUR_NAME));
        assert.equal(header(mdn.headers, 'AS2-To'), quoted(THEIR_NAME));
        assert.equal(header(mdn.headers, 'Disposition-Notification-To'), undefined);
        const kept = await target.store.getMessage(sent.messageId);
        assert.equal(kept?.mdns.length, 1);
      });
    }

    it('RFC 4130 §5.4: an asynchronous one is sent again, the same, when its address does not take it', async () => {
      const before = mdnServer.requests.length;
      mdnStatuses = [503, 500];
      await deliver(await wrapped(), { receipt: asking(options('sha-256'), mdnServer.url) });
      await mdnServer.received(before + 3);
      const [first, second, third] = mdnServer.requests.slice(before);
      assert.deepEqual(withoutConnection(second!), withoutConnection(first!));
      assert.deepEqual(withoutConnection(third!), withoutConnection(first!));
    });

    it('RFC 4130 §7.2: on the response when the address is not registered, and nobody connects there', async () => {
      const elsewhere = await startPeerServer(() => Promise.resolve(undefined));
      const receipt = asking(options('sha-256'), elsewhere.url);
      const { told } = await deliver(await wrapped(), { receipt });
      assert.equal(told, 'processed');
      assert.equal(elsewhere.requests.length, 0);
      await elsewhere.close();
    });

    it('RFC 3798 §2.1: no MDN for an MDN, though it asks for one', async () => {
      const before = mdnServer.requests.length;
      const first = await deliver(await wrapped());
      const headers = first.answered.headers.filter(([name]) => /^(content-type|mime-version)$/i.test(name));
      const part = { headers, body: first.answered.body };
      const { answered } = await deliver(part, { receipt: asking(options('sha-256'), mdnServer.url) });
      assert.deepEqual([answered.status, answered.body.length], [200, 0]);
      assert.equal(mdnServer.requests.length, before);
    });
  });

  describe('RFC 4130 §7.5: every disposition, with words for a person', () => {
    const insideOut = async (content: Buffer, signer = target.partner.identity) =>
      wrap(
        { headers: entity.headers, content },
        {
          compress: 'none',
          micDigest: 'sha256',
          sign: { identity: signer, digest: 'sha256' },
          boundary: newBoundary(),
        },
      );

    const faults: Record<
      string,
      { make: () => Promise<Part>; from?: string; to?: string; messageId?: string; signed?: false; says: RegExp }
    > = {
      'processed/error: decryption-failed': {
        make: () =>
          wrapped({
            encrypt: { recipient: stranger.certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
          }),
        says: /could not be decrypted.*current certificate/,
      },
      'processed/error: authentication-failed': {
        make: () => wrapped({ sign: { identity: stranger, digest: 'sha256' } }),
        says: /could not be attributed to a certificate/,
      },
      'processed/error: integrity-check-failed': {
        from: 'LAX',
        async make() {
          const { headers, body } = await insideOut(payload, stranger);
          return {
            headers,
            body: Buffer.from(body.toString('latin1').replace("UNB+UNOC:3'", "UNB+UNOC:4'"), 'latin1'),
          };
        },
        says: /changed after it was signed/,
      },
      'processed/error: insufficient-message-security': {
        make: () => Promise.resolve(plain),
        says: /demands that messages are encrypted/,
      },
      'processed/error: decompression-failed': {
        from: 'LAX',
        async make() {
          const part = await wrap(entity, { compress: 'before-signing', micDigest: 'sha256', boundary: newBoundary() });
          part.body.fill(0x55, part.body.length - 10);
          return part;
        },
        says: /could not be expanded/,
      },
      'processed/error: unexpected-processing-error': {
        from: 'LAX',
        make: () => {
          const part = multipartSigned(bytesOfPart(plain), Buffer.from('no CMS'), 'sha256', 'binary');
          return Promise.resolve(part);
        },
        says: /CMS structure in the message could not be read/,
      },
      'processed/error: unknown-trading-relationship': {
        from: 'NOBODY-WE-KNOW',
        signed: false,
        make: () => wrapped(),
        says: /no trading relationship/,
      },
      'processed/error: invalid-message-id': {
        messageId: '',
        make: () => wrapped(),
        says: /Message-ID is missing, or/,
      },
      'processed/error: sender-equals-receiver': {
        from: quoted(OUR_NAME),
        signed: false,
        make: () => wrapped(),
        says: /name the same party/,
      },
    };

    for (const [disposition, { make, signed, says, ...names }] of Object.entries(faults)) {
      it(disposition, async () => {
        const { answered, told, explanation, messageId } = await deliver(await make(), names);
        assert.equal(answered.status, 200);
        assert.equal(told, disposition);
        assert.match(explanation ?? '', says);
        const text = answered.body.toString('latin1');
        assert.doesNotMatch(text, /Received-Content-MIC/);
        assert.equal(/^Original-Message-ID: (.*)\r$/m.exec(text)?.[1], messageId === '' ? undefined : messageId);
        const verdict = await judged(answered, messageId, `${micOf('sha256')}, sha256`, signed !== false);
        assert.equal(verdict.kind, 'refused');
        assert.equal((await readMdn(answered.headers, answered.body)).signature !== undefined, signed !== false);
      });
    }

    it('processed: another name of ours is as unknown as a stranger is', async () => {
      const one = await deliver(await wrapped(), { to: 'SOMEBODY-ELSE' });
      const other = await deliver(await wrapped(), { from: 'SOMEBODY-ELSE' });
      assert.equal(one.told, 'processed/error: unknown-trading-relationship');
      assert.equal(one.explanation, other.explanation);
    });

    for (const [what, asked, disposition, signed] of [
      ['algorithms', options('md5, md2', 'required'), 'failed/failure: unsupported MIC-algorithms', true],
      ['SHA-1 alone', options('sha1', 'required'), 'failed/failure: unsupported MIC-algorithms', true],
      ['protocol', options('sha-256', 'required', 'pgp-signature'), 'failed/failure: unsupported format', false],
      ['option', 'x-notarised=required, yes', 'failed/failure: unsupported format', false],
    ] as const) {
      it(`RFC 4130 §7.5.3: ${what} that are required and unsupported: ${disposition}`, async () => {
        const { answered, told, explanation, messageId } = await deliver(await wrapped(), { receipt: asking(asked) });
        assert.equal(told, disposition);
        assert.match(explanation ?? '', /supported/);
        assert.equal((await readMdn(answered.headers, answered.body)).signature !== undefined, signed);
        assert.equal((await target.store.getMessage(messageId))?.state, 'refused');
      });
    }

    it('processed, with a MIC', async () => {
      const { told, explanation, answered } = await deliver(await wrapped());
      assert.equal(told, 'processed');
      assert.match(explanation ?? '', /received, verified and stored/);
      assert.match(answered.body.toString('latin1'), /^Received-Content-MIC: [\w+/]+={0,2}, sha-256\r$/m);
    });
  });

  describe('names and identifiers', () => {
    it('RFC 4130 §6.2: names swapped, quoted where they need it; our own Message-ID; Subject and Date', async () => {
      const { answered, messageId } = await deliver(await wrapped());
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
      const { answered } = await deliver(plain, { from: '"LAX"' });
      assert.equal(header(answered.headers, 'AS2-To'), 'LAX');
    });

    it('RFC 4130 §6.2: names differ by case', async () => {
      const { told } = await deliver(plain, { from: 'lax' });
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
        const { answered, told } = await deliver(await wrapped(), { messageId });
        assert.equal(told, 'processed');
        assert.ok(answered.body.includes(Buffer.from(`\r\nOriginal-Message-ID: ${messageId}\r\n`, 'latin1')));
      });
    }

    it('RFC 4130 §5.3.3: two Message-IDs are none', async () => {
      const { told } = await deliver(await wrapped(), { receipt: [...signedReceipt, ['Message-ID', '<other@x>']] });
      assert.equal(told, 'processed/error: invalid-message-id');
    });
  });

  describe('RFC 4130 §5.5: a message that comes again', () => {
    /** All of it but what HTTP adds to each answer. */
    const asSent = ({ headers, body }: Answered) => ({ headers: headers.filter(([name]) => isOurs(name)), body });

    it('gets the stored MDN on the response, byte for byte, and is delivered once', async () => {
      const part = await wrapped();
      const first = await deliver(part);
      const { messageId } = first;
      const again = [await deliver(part, { messageId }), await deliver(part, { messageId })];
      for (const { answered } of again) assert.deepEqual(asSent(answered), asSent(first.answered));
      await isStoredOnce(messageId);
    });

    it('gets it also when it was encrypted anew', async () => {
      const first = await deliver(await wrapped());
      const { messageId } = first;
      const again = await deliver(await wrapped(), { messageId });
      assert.deepEqual(asSent(again.answered), asSent(first.answered));
      await isStoredOnce(messageId);
    });

    it('gets it as often as it comes at the same moment', async () => {
      const part = await wrapped();
      const messageId = freshMessageId();
      const all = await Promise.all(Array.from({ length: 8 }, () => deliver(part, { messageId })));
      for (const { answered } of all) assert.deepEqual(asSent(answered), asSent(all[0]!.answered));
      await isStoredOnce(messageId);
    });

    it('gets the asynchronous one once more, byte for byte', async () => {
      const before = mdnServer.requests.length;
      const part = await wrapped();
      const receipt = asking(options('sha-256'), mdnServer.url);
      const { messageId } = await deliver(part, { receipt });
      await mdnServer.received(before + 1);
      await target.reached(messageId, 'answered', 'unreadable');
      await mdnIs('delivered', messageId);
      const again = await deliver(part, { messageId, receipt });
      assert.equal(again.answered.body.length, 0);
      await mdnServer.received(before + 2);
      const [first, second] = mdnServer.requests.slice(before);
      assert.deepEqual(withoutConnection(second!), withoutConnection(first!));
      await isStoredOnce(messageId);
    });

    it('gets the asynchronous one on the response, when it asks so this time', async () => {
      const before = mdnServer.requests.length;
      const part = await wrapped();
      const { messageId } = await deliver(part, { receipt: asking(options('sha-256'), mdnServer.url) });
      await mdnServer.received(before + 1);
      const again = await deliver(part, { messageId });
      assert.deepEqual(again.answered.body, mdnServer.requests[before]?.body);
    });

    it('is processed when it was refused before', async () => {
      const bad = await deliver(await wrapped({ sign: { identity: stranger, digest: 'sha256' } }));
      assert.equal(bad.told, 'processed/error: authentication-failed');
      const { messageId } = bad;
      const good = await deliver(await wrapped(), { messageId });
      assert.equal(good.told, 'processed');
      const late = await deliver(await wrapped({ sign: { identity: stranger, digest: 'sha256' } }), { messageId });
      assert.equal(late.told, 'processed/error: authentication-failed');
      await target.reached(messageId, 'unreadable', 'refused');
      const states = (await target.store.listMessages({ direction: 'in', limit: 1000 }))
        .filter((message) => message.messageId === messageId)
        .map(({ state }) => state);
      assert.deepEqual(states.toSorted(), ['refused', 'refused', 'unreadable']);
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
  });

  it('the ledger is whole after all that', async () => {
    assert.equal((await target.store.verifyLedger()).kind, 'whole');
  });
});

/** RFC 4130 §6.2 */
function quoted(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

const isOurs = (name: string): boolean => !/^(connection|keep-alive)$/i.test(name);

function withoutConnection({ headers, body }: PeerServer['requests'][number]) {
  return { headers: headers.filter(([name]) => name.toLowerCase() !== 'connection'), body };
}
