import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import type { MdnDraft } from '../../src/as2/mdn.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { encode, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { header, type HeaderField, type Headers } from '../../src/mime/headers.ts';
import type { MessageDetail } from '../../src/store/store.ts';
import { bytesOfPart, encrypted, multipartSigned, signaturePart, signedDetached } from '../as2/by-hand.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import { post, send, startPeerServer, type Answered, type Peer, type PeerServer } from '../support/peer.ts';
import { take, type Taken } from '../support/receiver.ts';
import { interchange } from '../support/sancrt.ts';
import { signedReceipt, startTarget, type Target } from '../support/target.ts';
import { until } from '../support/until.ts';

const empty: Answered = { status: 200, headers: [], body: Buffer.alloc(0) };
const garbage = { headers: [['Content-Type', 'application/pkcs7-mime']] as const, body: Buffer.from('garbage') };

describe('attacks: receipts', () => {
  let target: Target;
  /** Nobody registered it: it must never hear of us. */
  let evil: PeerServer;
  /** What the partner's side, or somebody on the way to it, answers to a message or receipt of ours. */
  let answer: (request: { headers: Headers; body: Buffer }) => Promise<Answered>;
  let asyncPartner: Peer;
  let stranger: TestIdentity;
  let forger: TestIdentity;

  before(async () => {
    asyncPartner = { as2Id: 'ASYNC', identity: await identity('async-van') };
    stranger = await identity('stranger');
    forger = await identity('async-van', 'rsa', 'forged');
    evil = await startPeerServer(() => Promise.resolve(empty));
    answer = () => Promise.resolve(empty);
    target = await startTarget({
      answer: (request) => answer(request),
      settings: {
        as2: { id: 'USCBP-AS2', url: 'http://countersign.test/as2' },
        outbox: { attempts: 2, firstPause: '1ms', longestPause: '2ms', timeout: '5s' },
      },
      prepare: (home, { url }) => {
        writeFileSync(path.join(home.directory, 'keys/password'), 'secret');
        const basicAuth = { user: 'countersign', passwordFile: 'keys/password' };
        const { pem } = asyncPartner.identity.certificate;
        const base = { url, certificatePem: pem, as2: { basicAuth }, contrl: 'on-error' as const };
        const identities = (id: string) => [{ id, qualifier: 'ZZZ', countries: ['AU'] }];
        home.addPartner('async', { ...base, as2Id: 'ASYNC', identities: identities('ASYNC'), send: { mdn: 'async' } });
        home.addPartner('sync', { ...base, as2Id: 'SYNC', identities: identities('SYNC'), send: { mdn: 'sync' } });
      },
    });
  });
  after(async () => {
    await target.stop();
    await evil.close();
  });
  beforeEach(() => {
    answer = () => Promise.resolve(empty);
  });
  afterEach(async () => {
    assert.deepEqual(evil.requests, []);
    answer = () => Promise.resolve(empty);
    await target.serves();
  });

  const asking = (address: string): HeaderField[] => [...signedReceipt, ['Receipt-Delivery-Option', address]];
  const requestsFor = (as2Id: string) =>
    target.partnerServer.requests.filter(({ headers }) => header(headers, 'AS2-To') === as2Id);
  const isAuthorized = ({ headers }: { readonly headers: Headers }) => header(headers, 'Authorization') !== undefined;

  describe('where they go (SSRF)', () => {
    const unregistered: readonly (readonly [string, (evilHost: string, host: string) => string])[] = [
      ['another port', (evilHost) => `http://${evilHost}/as2`],
      ['the partner as user name', (evilHost, host) => `http://${host}@${evilHost}/`],
      ['the partner as user name and password', (evilHost, host) => `http://${host.replace(':', ':x')}@${evilHost}/`],
      ['a user name at the partner', (_, host) => `http://user@${host}/as2`],
      ['a password at the partner', (_, host) => `http://:password@${host}/as2`],
      ['the partner in the fragment', (evilHost, host) => `http://${evilHost}/#@${host}/`],
      ['the partner in the query', (evilHost, host) => `http://${evilHost}/?${host}`],
      ['a backslash', (evilHost, host) => `http://${evilHost}\\@${host}/`],
      ['a tab and a blank', (evilHost, host) => `http://${evilHost}/ \thttp://${host}/`],
      ['two of them', (evilHost, host) => `http://${evilHost}/, http://${host}/`],
      ['https', (_, host) => `https://${host}/as2`],
      ['a name for the same address', (_, host) => `http://${host.replace('127.0.0.1', 'localhost')}/as2`],
      ['another spelling of the address', (evilHost) => `http://${evilHost.replace('127.0.0.1', '2130706433')}/`],
      ['an octal address', (evilHost) => `http://${evilHost.replace('127.0.0.1', '0177.1')}/`],
      ['IPv6', (evilHost) => `http://${evilHost.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/`],
      ['no scheme', (evilHost) => `//${evilHost}/`],
      ['a path', () => '/as2'],
      ['file:', () => 'file:///etc/passwd'],
      ['file: at the partner', (_, host) => `file://${host}/as2`],
      ['gopher:', (evilHost) => `gopher://${evilHost}/_POST`],
      ['ftp:', (_, host) => `ftp://${host}/`],
      ['mailto:', () => 'mailto:edi@example.org'],
      ['javascript:', () => 'javascript:alert(1)'],
      ['blob: of the partner', (_, host) => `blob:http://${host}/as2`],
      ['the link-local address of clouds', () => 'http://169.254.169.254/latest/meta-data/'],
      ['no host', () => 'http://'],
      ['percent', () => 'http://%31%32%37.0.0.1:%00/'],
      ['noise', () => '\u00ff\u00fe{}'],
    ];

    for (const [name, address] of unregistered)
      it(`an address that is not registered: ${name}`, async () => {
        const [evilHost, host] = [new URL(evil.url).host, new URL(target.partnerServer.url).host];
        const before = target.partnerServer.requests.length;
        const { told, messageId } = await target.attack(garbage, { receipt: asking(address(evilHost, host)) });
        assert.equal(told, 'processed/error: unexpected-processing-error', 'the receipt is on the response');
        const [mdn] = (await target.store.getMessage(messageId))?.mdns ?? [];
        assert.equal(mdn?.mode, 'sync');
        assert.equal(target.partnerServer.requests.length, before);
      });

    it('our own address, and that of our operators', async () => {
      for (const address of [
        target.url,
        'http://countersign.test/as2',
        `${target.endpoint.operatorsAddress}/metrics`,
      ]) {
        const { told } = await target.attack(garbage, { receipt: asking(address) });
        assert.equal(told, 'processed/error: unexpected-processing-error');
      }
      assert.deepEqual(await target.store.listMdns({ direction: 'in' }), []);
    });

    it("an address of one partner in another's name, or in a stranger's", async () => {
      const { told } = await target.attack(garbage, { from: 'NOBODY', receipt: asking(target.partnerServer.url) });
      assert.equal(told, 'processed/error: unknown-trading-relationship');
      assert.deepEqual(requestsFor('NOBODY'), []);
    });

    it("a registered host gets the receipt, but no credentials at another path than the partner's own", async () => {
      const address = target.partnerServer.url.replace('/as2', '/elsewhere');
      const { answered, messageId } = await target.attack(garbage, { from: 'ASYNC', receipt: asking(address) });
      assert.equal(answered.body.length, 0);
      await until('the receipt is delivered', async () => {
        const [mdn] = (await target.store.getMessage(messageId))?.mdns ?? [];
        return mdn?.state === 'delivered' ? mdn : undefined;
      });
      const [receipt] = requestsFor('ASYNC');
      assert.match(receipt?.body.toString('latin1') ?? '', /unexpected-processing-error/);
      assert.equal(receipt && isAuthorized(receipt), false);
    });

    it('a redirect of the receipt, or of a message, is not followed', async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        answer = () => Promise.resolve({ status, headers: [['Location', evil.url]], body: Buffer.alloc(0) });
        const attacked = await target.attack(garbage, { from: 'ASYNC', receipt: asking(target.partnerServer.url) });
        await until('the receipt is given up', async () => {
          const [mdn] = (await target.store.getMessage(attacked.messageId))?.mdns ?? [];
          return mdn?.state === 'failed' ? mdn : undefined;
        });
      }
      const { messageId } = await sendAs('SYNC');
      const { answeredBy } = await target.reached(messageId, 'answered');
      await target.reached(answeredBy[0] ?? '', 'failed');
    });
  });

  /** A good interchange of a partner, which has us answer. */
  const sendAs = (as2Id: 'ASYNC' | 'SYNC') => {
    const peer = { ...asyncPartner, as2Id };
    return send(target.url, peer, target.home, interchange([{ number: 'x' }], { sender: `${as2Id}:ZZZ` }));
  };

  /** Our answer to it, as the partner finds it. */
  async function answerTo(as2Id: 'ASYNC' | 'SYNC'): Promise<{ message: MessageDetail; taken: Taken }> {
    const { messageId } = await sendAs(as2Id);
    const { answeredBy } = await target.reached(messageId, 'answered');
    const message = await target.reached(answeredBy[0] ?? '', 'awaiting-mdn', 'failed');
    const request = requestsFor(as2Id).find(({ headers }) => header(headers, 'Message-ID') === message.messageId);
    assert.ok(request);
    return { message, taken: await take({ ...asyncPartner, as2Id }, target.home, request) };
  }

  /** Each of them says that the message arrived, or was refused, and proves nothing. */
  function forgeries(taken: Taken): [string, Answered][] {
    const sign = (by: TestIdentity): Partial<MdnDraft> => ({ sign: { identity: by, digest: 'sha256' } });
    const wrong = { digest: 'sha256', value: Buffer.alloc(32) } as const;
    const refusal = { disposition: { type: 'failed', modifier: 'failure', text: 'x' } };
    const unsigned = taken.receipt({}, false);
    const type = header(unsigned.headers, 'Content-Type') ?? '';
    const report = bytesOfPart({ headers: [['Content-Type', type]], body: unsigned.body });
    const nobody = encode(contentInfo(OID.signedData, sequence(smallInteger(1), setOf([]), encapsulated(), setOf([]))));
    const own = unsigned.headers.filter(([name]) => name !== 'Content-Type');
    const part = ({ headers, body }: { headers: Headers; body: Buffer }): Answered => ({
      status: 200,
      headers: [...own, ...headers],
      body,
    });
    const { original } = { original: taken.request };
    const copied = { certificate: asyncPartner.identity.certificate, privateKey: stranger.privateKey };
    const good = taken.receipt();
    const text = (from: RegExp, to: string): Answered => ({
      ...good,
      body: Buffer.from(good.body.toString('latin1').replace(from, to), 'latin1'),
    });
    const refused = taken.receipt(refusal);
    return [
      ['unsigned', unsigned],
      ['unsigned refusal', taken.receipt(refusal, false)],
      ['zero signers', part(multipartSigned([report, signaturePart(nobody)]))],
      ['signed by a stranger', taken.receipt(sign(stranger))],
      ['refusal signed by a stranger', taken.receipt({ ...refusal, ...sign(stranger) })],
      ['signed with a copied issuer and serial number', taken.receipt(sign(forger))],
      ["signed by nobody's key in the partner's name", taken.receipt(sign(copied))],
      ['signed by ourselves', taken.receipt(sign({ ...target.home.own, privateKey: stranger.privateKey }))],
      ['signed by another partner', taken.receipt(sign(target.partner.identity))],
      ['wrong MIC', taken.receipt({ mic: wrong })],
      ['MIC by another algorithm', taken.receipt({ mic: { digest: 'sha512', value: Buffer.alloc(64) } })],
      ['another Message-ID, in the signed part', taken.receipt({ original: { ...original, messageId: '<x@y>' } })],
      [
        'a refusal turned into a success',
        {
          ...refused,
          body: Buffer.from(refused.body.toString('latin1').replace(/failed\/failure: x/g, 'processed'), 'latin1'),
        },
      ],
      ['another Message-ID, put in after signing', text(/^Original-Message-ID: .*$/m, 'Original-Message-ID: <x@y>')],
      ['the MIC taken out', text(/^Received-Content-MIC: .*\r\n/m, '')],
      ['a second notification in front', text(/--report/, 'x')],
      ['cut off', { ...good, body: good.body.subarray(0, good.body.length / 2) }],
      ['a part of its own beside what is signed', part(multipartSigned([report, report, report]))],
      ['no disposition', text(/^Disposition: .*$/m, 'Disposition: none')],
    ];
  }

  describe('what they prove', () => {
    it('a forged asynchronous MDN settles nothing, whatever it says; the true one does', async () => {
      const { message, taken } = await answerTo('ASYNC');
      for (const [name, { headers, body }] of forgeries(taken)) {
        const { status, body: reply } = await post(target.url, headers, body);
        assert.deepEqual([status, reply.length], [200, 0], name);
        assert.equal((await target.store.getMessage(message.id))?.state, 'awaiting-mdn', name);
      }
      const kept = await target.store.listMdns({ direction: 'in', limit: 1_000 });
      assert.ok(kept.length >= 19);
      for (const { state } of kept) assert.equal(state, 'invalid');

      const { headers, body } = taken.receipt();
      await post(target.url, headers, body);
      assert.equal((await target.store.getMessage(message.id))?.state, 'delivered');
    });

    it('a true MDN in the name of another partner settles nothing', async () => {
      const { message, taken } = await answerTo('ASYNC');
      const { headers, body } = taken.receipt();
      for (const from of ['AU-VAN', 'SYNC', 'NOBODY']) {
        const spoofed = headers.map(([name, value]) => [name, name === 'AS2-From' ? from : value] as const);
        await post(target.url, spoofed, body);
        assert.equal((await target.store.getMessage(message.id))?.state, 'awaiting-mdn', from);
      }
      await post(target.url, headers, body);
      assert.equal((await target.store.getMessage(message.id))?.state, 'delivered');
    });

    it('a true MDN of one message settles no other', async () => {
      const first = await answerTo('ASYNC');
      const second = await answerTo('ASYNC');
      const { headers, body } = first.taken.receipt({ original: second.taken.request });
      await post(target.url, headers, body);
      assert.equal((await target.store.getMessage(first.message.id))?.state, 'awaiting-mdn');
      assert.equal((await target.store.getMessage(second.message.id))?.state, 'awaiting-mdn');
    });

    it('a refusal after a delivery, and a delivery after a refusal, change nothing', async () => {
      const { message, taken } = await answerTo('ASYNC');
      const success = taken.receipt();
      const refusal = taken.receipt({ disposition: { type: 'failed', modifier: 'failure', text: 'x' } });
      for (const { headers, body } of [success, refusal]) await post(target.url, headers, body);
      assert.equal((await target.store.getMessage(message.id))?.state, 'delivered');
    });

    it('a forged synchronous MDN settles nothing: the message is sent again, and given up', async () => {
      const sample = await answerTo('SYNC');
      for (const [at, [name]] of forgeries(sample.taken).entries()) {
        answer = async (request) => {
          if (header(request.headers, 'AS2-To') !== 'SYNC') return empty;
          const taken = await take({ ...asyncPartner, as2Id: 'SYNC' }, target.home, request);
          return forgeries(taken)[at]?.[1] ?? empty;
        };
        const { messageId } = await sendAs('SYNC');
        const { answeredBy } = await target.reached(messageId, 'answered');
        const { state } = await target.reached(answeredBy[0] ?? '', 'failed', 'delivered', 'refused');
        assert.equal(state, 'failed', name);
      }
    });
  });

  describe('loops', () => {
    it('an MDN is never answered with an MDN, whatever it asks for, and whoever sends it', async () => {
      const { taken } = await answerTo('ASYNC');
      const sent = requestsFor('ASYNC').length;
      const mdnsBefore = (await target.store.listMdns({ direction: 'out', limit: 1_000 })).length;
      for (const { headers, body } of [
        taken.receipt({}, false),
        taken.receipt({ mic: { digest: 'sha256', value: Buffer.alloc(32) } }),
      ])
        for (const asks of [signedReceipt, asking(target.partnerServer.url), asking(evil.url), asking(target.url)])
          for (const from of ['ASYNC', 'NOBODY']) {
            const own = headers.map(([name, value]) => [name, name === 'AS2-From' ? from : value] as const);
            const { status, body: reply, headers: replied } = await post(target.url, [...own, ...asks], body);
            assert.deepEqual([status, reply.length], [200, 0]);
            assert.equal(header(replied, 'AS2-From'), undefined);
          }
      assert.equal((await target.store.listMdns({ direction: 'out', limit: 1_000 })).length, mdnsBefore);
      assert.equal(requestsFor('ASYNC').length, sent);
    });

    it('an MDN within other layers is not answered either, nor taken for a message', async () => {
      const { taken } = await answerTo('ASYNC');
      const { headers, body } = taken.receipt({}, false);
      const report = bytesOfPart({ headers: [['Content-Type', header(headers, 'Content-Type') ?? '']], body });
      const sealed = await encrypted(
        bytesOfPart(await signedDetached(report, asyncPartner.identity)),
        target.home.own.certificate,
      );
      const { answered, messageId } = await target.attack(sealed, { from: 'ASYNC' });
      assert.equal(answered.body.length, 0);
      assert.equal(await target.store.getMessage(messageId), undefined);
    });

    it('a receipt of ours asks for none', async () => {
      const { answered } = await target.attack(garbage);
      const asks = answered.headers.filter(([name]) => /^disposition-notification|^receipt-delivery/i.test(name));
      assert.deepEqual(asks, []);
    });
  });
});
