import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';

import type { Headers } from '../../src/mime/headers.ts';
import { bytesOfPart, encrypted, signedByNobody, signedDetached, signedOpaque, type Part } from '../as2/by-hand.ts';
import { identity } from '../support/identities.ts';
import { contrlIn, take, verdictsIn } from '../support/receiver.ts';
import { numberOf } from '../support/sancrt.ts';
import { startPeerServer, type Answered, type PeerServer } from '../support/peer.ts';
import { refused, signedReceipt, startTarget, freshMessageId, type Attacked, type Target } from '../support/target.ts';

const aes = { cipher: 'aes128-cbc', keyTransport: 'rsa-pkcs1' } as const;

describe('attacks: replays and duplicates', () => {
  let target: Target;
  let evil: PeerServer;
  /** Recorded on the way: a message with its Message-ID, and the receipt that it got. */
  let captured: Part;
  let first: Attacked;
  let entity: Buffer;
  const number = numberOf('AU', 424_242);
  const accepted: string[] = [];

  before(async () => {
    evil = await startPeerServer(() => Promise.resolve({ status: 200, headers: [], body: Buffer.alloc(0) }));
    target = await startTarget({
      prepare: async (home, { url }) => {
        const { certificate } = await identity('nz-van');
        home.addPartner('nz-van', { as2Id: 'NZ-VAN', url, certificatePem: certificate.pem, identities: [] });
      },
    });
    entity = bytesOfPart({
      headers: [['Content-Type', 'application/EDIFACT']],
      body: target.newInterchange({ number }),
    });
    captured = await seal(await signedDetached(entity, target.partner.identity));
    first = await target.attack(captured);
    assert.equal(first.told, 'processed');
    accepted.push(first.messageId);
    const { answeredBy } = await target.reached(first.messageId, 'answered');
    await target.reached(answeredBy[0] ?? '', 'delivered');
  });
  after(async () => {
    await target.stop();
    await evil.close();
  });
  afterEach(async () => {
    await target.serves();
    assert.deepEqual(evil.requests, []);
    const received = await target.store.listMessages({ direction: 'in', limit: 10_000 });
    const taken = received.filter(({ state, messageId }) => state !== 'refused' && messageId.endsWith('@attack.test>'));
    assert.deepEqual(taken.map(({ messageId }) => messageId).sort(), [...accepted].sort());
    const [registration, ...others] = await target.store.listCertificates({ number });
    assert.deepEqual([registration?.version, others.length], [1, 0]);
  });

  const seal = async (part: Part) => encrypted(bytesOfPart(part), target.home.own.certificate, aes);

  /** Headers of an MDN without what the server adds to each response anew. */
  const own = ({ headers, body }: Answered): [Headers, string] => [
    headers.filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name.toLowerCase())),
    body.toString('latin1'),
  ];

  it('a duplicate gets the same receipt, byte for byte, and is not taken again', async () => {
    const jobs = target.partnerServer.requests.length;
    for (let time = 0; time < 3; time += 1) {
      const again = await target.attack(captured, { messageId: first.messageId });
      assert.deepEqual(own(again.answered), own(first.answered));
    }
    assert.equal(target.partnerServer.requests.length, jobs);
    const sealed = await target.store.getMessage(first.messageId);
    const notes = await target.store.listLedger({ subjectId: sealed?.id, kind: 'duplicate-answered' });
    assert.equal(notes.length, 3);
  });

  it('fifty copies at the same moment are one message', async () => {
    const part = await seal(
      await signedDetached(
        bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: Buffer.from('no EDIFACT') }),
        target.partner.identity,
      ),
    );
    const messageId = freshMessageId();
    const answers = await Promise.all(Array.from({ length: 50 }, () => target.attack(part, { messageId })));
    accepted.push(messageId);
    const seen = new Set(answers.map(({ answered }) => JSON.stringify(own(answered))));
    assert.equal(seen.size, 1);
    await target.reached(messageId, 'unreadable');
    const all = await target.store.listMessages({ direction: 'in', limit: 10_000 });
    assert.equal(all.filter((message) => message.messageId === messageId).length, 1);
  });

  it('a duplicate before authentication is not shown the stored receipt', async () => {
    const stranger = await identity('stranger');
    const other = await identity('nz-van');
    const attempts: [string, Part, string][] = [
      ['garbage', { headers: captured.headers, body: Buffer.from('garbage') }, 'unexpected-processing-error'],
      ['nothing', { headers: captured.headers, body: Buffer.alloc(0) }, 'unexpected-processing-error'],
      [
        'unsigned',
        await seal({ headers: [['Content-Type', 'application/EDIFACT']], body: entity }),
        'insufficient-message-security',
      ],
      ['in clear', await signedDetached(entity, target.partner.identity), 'insufficient-message-security'],
      ['signed by a stranger', await seal(await signedDetached(entity, stranger)), 'authentication-failed'],
      ['signed by another partner', await seal(await signedDetached(entity, other)), 'authentication-failed'],
      [
        'a copied certificate',
        await seal(await signedOpaque(entity, await identity('au-van', 'rsa', 'x'))),
        'authentication-failed',
      ],
      [
        'zero signers',
        await seal({ headers: [['Content-Type', 'application/pkcs7-mime']], body: signedByNobody(entity) }),
        'decryption-failed',
      ],
      [
        'altered',
        { headers: captured.headers, body: Buffer.concat([captured.body.subarray(0, -1), Buffer.of(0)]) },
        'decryption-failed',
      ],
    ];
    for (const [name, part, told] of attempts) {
      const result = await target.attack(part, { messageId: first.messageId });
      assert.equal(result.told, `processed/error: ${told}`, name);
      assert.doesNotMatch(result.answered.body.toString('latin1'), /Received-Content-MIC/, name);
      assert.notDeepEqual(own(result.answered), own(first.answered), name);
    }
    const again = await target.attack(captured, { messageId: first.messageId });
    assert.deepEqual(own(again.answered), own(first.answered));
  });

  it('a Message-ID cannot be taken away from a message that is still to come', async () => {
    const messageId = freshMessageId();
    const garbage = { headers: captured.headers, body: Buffer.from('garbage') };
    for (let time = 0; time < 3; time += 1)
      await refused(target, await target.attack(garbage, { messageId }), 'unexpected-processing-error');
    const part = await seal(
      await signedDetached(
        bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: Buffer.from('still to come') }),
        target.partner.identity,
      ),
    );
    const { told } = await target.attack(part, { messageId });
    accepted.push(messageId);
    assert.equal(told, 'processed');
    await target.reached(messageId, 'unreadable');
  });

  it("a Message-ID that another partner has used is another's", async () => {
    const other = await identity('nz-van');
    const content = bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: Buffer.from('of NZ') });
    const part = await seal(await signedDetached(content, other));
    const result = await target.attack(part, { messageId: first.messageId, from: 'NZ-VAN' });
    accepted.push(first.messageId);
    assert.equal(result.told, 'processed');
    assert.notDeepEqual(own(result.answered), own(first.answered));
    const again = await target.attack(captured, { messageId: first.messageId });
    assert.deepEqual(own(again.answered), own(first.answered));
  });

  it('a replay under a new Message-ID is flagged, refused by its control reference, and registers nothing', async () => {
    const { messageId, told } = await target.attack(captured);
    accepted.push(messageId);
    assert.equal(told, 'processed');
    const message = await target.reached(messageId, 'answered');
    assert.equal(message.facts['payloadSeenBefore'], true);
    const contrl = await answerTo(messageId);
    assert.deepEqual(contrlIn(contrl.interchange), { ...contrlIn(contrl.interchange), action: '4', code: '26' });
    assert.deepEqual(verdictsIn(contrl.interchange), []);
  });

  it('a replay in the name of another partner is not authentic', async () => {
    await refused(target, await target.attack(captured, { from: 'NZ-VAN' }), 'authentication-failed');
    await refused(target, await target.attack(captured, { to: 'SOMEBODY' }), 'unknown-trading-relationship');
    await refused(target, await target.attack(captured, { from: 'NOBODY' }), 'unknown-trading-relationship');
  });

  it('a replay that asks for the receipt elsewhere gets none there', async () => {
    const receipt = [...signedReceipt, ['Receipt-Delivery-Option', evil.url] as const];
    const again = await target.attack(captured, { messageId: first.messageId, receipt });
    assert.deepEqual(own(again.answered), own(first.answered));
  });

  it('evidence that was replayed a hundred times is stored once', async () => {
    const payloads = path.join(target.home.directory, 'data/payloads');
    const before = readdirSync(payloads, { recursive: true }).length;
    await Promise.all(Array.from({ length: 100 }, () => target.attack(captured, { messageId: first.messageId })));
    assert.equal(readdirSync(payloads, { recursive: true }).length, before);
  });

  /** The one answer to a message, as the partner finds it. */
  async function answerTo(messageId: string) {
    const { answeredBy } = await target.reached(messageId, 'answered');
    const sent = await target.reached(answeredBy[0] ?? '', 'delivered');
    const request = target.partnerServer.requests.find(({ headers }) =>
      headers.some(([name, value]) => name === 'Message-ID' && value === sent.messageId),
    );
    assert.ok(request);
    return take(target.partner, target.home, request);
  }
});
