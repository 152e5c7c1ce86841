import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';

import { storedBytes } from '../support/stored.ts';
import { messageHeaders } from '../../src/as2/message-headers.ts';
import { isMdn, readMdn } from '../../src/as2/read-mdn.ts';
import { newBoundary } from '../../src/exchange/ids.ts';
import { header, type Headers } from '../../src/mime/headers.ts';
import type { Store } from '../../src/store/store.ts';
import { wrap } from '../support/wrap.ts';
import { freePort } from '../support/free-port.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { post, startPeerServer, usualProtection, type Answered, type Peer, type PeerServer } from '../support/peer.ts';
import { contrlIn, take, verdictsIn, type Taken } from '../support/receiver.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { reached, storeOf } from '../support/served.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { toldBy } from '../support/target.ts';
import { until } from '../support/until.ts';

const seed = Number(process.env['CRASH_SEED'] ?? randomInt(1_000_000));
const rounds = 8;
const messagesInRound = 6;

/** When the server is killed: at the n-th event of a kind in a round, as the partner sees it. */
const moments = [
  'an MDN has come',
  'a message has been sent',
  'an answer comes, before the partner takes it',
  'an answer comes, after the partner has taken it',
  'an asynchronous MDN comes, before the partner takes it',
  'an asynchronous MDN comes, after the partner has taken it',
] as const;
type Moment = (typeof moments)[number];

/** A message of the partner's, which it sends until it has the answer to its POST. */
interface Sending {
  readonly messageId: string;
  readonly number: string;
  readonly reference: string;
  /** Undefined for what is no interchange. */
  readonly payload: Buffer;
  readonly asynchronous: boolean;
  readonly headers: Headers;
  readonly body: Buffer;
  taken: boolean;
  /** Every copy of its MDN that came. */
  readonly mdns: Buffer[];
}

describe(`kill -9 at any moment, and start again (CRASH_SEED=${seed})`, function () {
  this.timeout(60_000);
  const random = randomFrom(seed);
  const sync: Peer = { as2Id: 'AU-VAN', identity: undefined! };
  const async: Peer = { as2Id: 'AU-ASYNC', identity: undefined! };
  const sendings = new Map<string, Sending>();
  /** What came to the partner, by Message-ID: all copies of it. */
  const answers = new Map<string, { readonly first: Taken; readonly copies: Buffer[] }>();
  let home: TestHome;
  let vanServer: PeerServer;
  let store: Store;
  let server: ServerProcess;
  let strike: (moment: Moment) => Promise<void>;

  before(async () => {
    Object.assign(sync, { identity: await identity('au-van') });
    Object.assign(async, { identity: await identity('au-async') });
    vanServer = await startPeerServer(receive);
    home = await makeHome({ listen: { host: '127.0.0.1', port: await freePort() } });
    for (const [index, peer] of [sync, async].entries()) {
      home.addPartner(`p${index}`, {
        as2Id: peer.as2Id,
        url: vanServer.url,
        certificatePem: peer.identity.certificate.pem,
        identities: [{ id: `AU${index}`, qualifier: 'ZZZ', countries: ['AU'] }],
      });
    }
  });
  after(async () => {
    await (server as ServerProcess | undefined)?.kill();
    await (store as Store | undefined)?.close();
    await (vanServer as PeerServer | undefined)?.close();
  });

  /** What comes to the partner: answers, and asynchronous MDNs. */
  async function receive(request: { headers: Headers; body: Buffer }): Promise<Answered | undefined> {
    const { headers, body } = request;
    if (isMdn(headers, body)) {
      await strike('an asynchronous MDN comes, before the partner takes it');
      const { report } = readMdn(headers, body);
      sendings.get(report.originalMessageId ?? '')?.mdns.push(body);
      void strike('an asynchronous MDN comes, after the partner has taken it');
      return { status: 200, headers: [], body: Buffer.alloc(0) };
    }
    const peer = header(headers, 'AS2-To') === sync.as2Id ? sync : async;
    const taken = await take(peer, home, request);
    const { messageId } = taken.request;
    await strike('an answer comes, before the partner takes it');
    const known = answers.get(messageId) ?? { first: taken, copies: [] };
    answers.set(messageId, known);
    known.copies.push(body);
    const receipt = known.first.receipt();
    void strike('an answer comes, after the partner has taken it');
    return receipt;
  }

  async function newSending(serial: number): Promise<Sending> {
    const asynchronous = serial % 3 === 0;
    const large = serial % 5 === 0;
    const peer = asynchronous ? async : sync;
    const [number, reference] = [numberOf('AU', serial), `R${serial}`];
    const certificate = interchange([{ number }], { sender: `AU${asynchronous ? 1 : 0}:ZZZ`, reference });
    const payload = large ? randomBytes(700_000) : certificate;
    const wrapped = await wrap(
      { headers: [['Content-Type', 'application/EDIFACT']], content: payload },
      { ...usualProtection(peer, home), boundary: newBoundary() },
    );
    const messageId = `<${serial}@crash.test>`;
    const receipt = { micalgs: ['sha-256'], ...(asynchronous && { asyncUrl: vanServer.url }) };
    const about = { from: peer.as2Id, to: home.as2Id, messageId, subject: 'x', date: new Date(), receipt };
    const headers = [...messageHeaders(about), ...wrapped.headers];
    const sending = { messageId, number, reference, payload, asynchronous, headers, body: wrapped.body };
    return { ...sending, taken: false, mdns: [] };
  }

  /** One attempt; a connection that breaks leaves it for the next round. */
  async function attempt(sending: Sending): Promise<void> {
    const { headers, body, asynchronous } = sending;
    const posted = post(server.url, headers, body);
    void strike('a message has been sent');
    const answered = await posted.catch(() => undefined);
    if (answered === undefined) return;
    assert.equal(answered.status, 200);
    sending.taken = true;
    if (asynchronous) return;
    assert.equal(toldBy(answered), 'processed');
    sending.mdns.push(answered.body);
    void strike('an MDN has come');
  }

  const isCertificate = ({ payload }: Sending) => payload.length < 10_000;

  /** Nothing that the server owes the partner is outstanding. */
  function allThere(): true | undefined {
    const due = [...sendings.values()].every(({ mdns }) => mdns.length > 0);
    const expected = 2 * [...sendings.values()].filter(isCertificate).length;
    return due && answers.size === expected ? true : undefined;
  }

  it(`${rounds} times, each while ${messagesInRound} new messages are on their way`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const moment = moments[round % moments.length]!;
      let countdown = 1 + Math.floor(random() * messagesInRound);
      const delay = Math.floor(random() * 20);
      let killed: Promise<void> | undefined;
      server = await startServerProcess(home);
      strike = async (what) => {
        if (what !== moment || (countdown -= 1) !== 0) return;
        // A bit later than the event, so that it falls into whatever comes next.
        await new Promise((resolve) => setTimeout(resolve, delay));
        killed = server.kill();
        await killed;
      };
      for (let index = 0; index < messagesInRound; index += 1) {
        const sending = await newSending(sendings.size + 1);
        sendings.set(sending.messageId, sending);
      }
      await Promise.all([...sendings.values()].filter(({ taken }) => !taken).map(attempt));
      await until('it is killed, or done', () => (killed === undefined ? allThere() : true));
      await (killed ?? server.kill());
    }
  });

  it('then everything that is owed goes out', async () => {
    strike = () => Promise.resolve();
    server = await startServerProcess(home);
    store = await storeOf(home);
    await Promise.all([...sendings.values()].filter(({ taken }) => !taken).map(attempt));
    await until('all MDNs and all answers have come', allThere, 20_000);
    await until('nothing is left to do', async () => ((await store.nextDue()) === undefined ? true : undefined));
  });

  it('every message whose MDN came is stored, and worked through', async () => {
    for (const { messageId, payload, ...sending } of sendings.values()) {
      const wanted = isCertificate({ messageId, payload, ...sending }) ? 'answered' : 'unreadable';
      const { id } = await reached(store, messageId, [wanted]);
      assert.ok((await storedBytes(store, id, 'payload'))?.equals(payload));
    }
    const stored = await store.listMessages({ direction: 'in', limit: 10_000 });
    assert.equal(stored.length, sendings.size);
  });

  it('each certificate is registered once, and each interchange answered once', async () => {
    const certificates = [...sendings.values()].filter(isCertificate);
    const registered = await store.listCertificates({ limit: 10_000 });
    const expected = certificates.map(({ number }) => `${number} version 1`).toSorted();
    assert.deepEqual(registered.map(({ number, version }) => `${number} version ${version}`).toSorted(), expected);

    const came = [...answers.values()].map(({ first }) => first.interchange);
    const verdicts = came.flatMap(verdictsIn).map(({ number, status }) => `${number} ${status}`);
    assert.deepEqual(verdicts.toSorted(), certificates.map(({ number }) => `${number} AP`).toSorted());
    const contrls = came
      .flatMap((each) => contrlIn(each) ?? [])
      .map(({ reference, action }) => `${reference} ${action}`);
    assert.deepEqual(contrls.toSorted(), certificates.map(({ reference }) => `${reference} 7`).toSorted());
  });

  it('what went out more than once was the same, byte for byte', () => {
    for (const { copies } of answers.values()) {
      for (const copy of copies) assert.ok(copy.equals(copies[0]!));
    }
  });

  it('a message that comes again gets the same MDN, byte for byte, however often it was killed between', async () => {
    const before = [...sendings.values()].map(({ mdns }) => mdns.length);
    await Promise.all([...sendings.values()].map(attempt));
    await until('every MDN has come again', () =>
      [...sendings.values()].every(({ mdns }, index) => mdns.length > (before[index] ?? 0)) ? true : undefined,
    );
    for (const { mdns, messageId } of sendings.values()) {
      for (const mdn of mdns) assert.ok(mdn.equals(mdns[0]!), messageId);
    }
  });

  it('the ledger is whole, and so is what it speaks of', async () => {
    const verdict = await store.verifyLedger();
    assert.equal(verdict.kind, 'whole');
  });
});

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
