import assert from 'node:assert/strict';

import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { post, send, startPeerServer, type Peer, type PeerServer } from '../support/peer.ts';
import { take, type Taken } from '../support/receiver.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { serve, type Served } from '../support/served.ts';
import { queueTo } from '../support/two-endpoints.ts';

describe('asynchronous MDNs for what we send', () => {
  const ours = 'http://agency.test:4080/as2';
  let home: TestHome;
  let served: Served;
  let van: Peer;
  let vanServer: PeerServer;
  /** What the partner does with a message of ours: when it answers the POST, and when it sends the MDN. */
  let behave: (message: Taken) => Promise<void>;

  before(async () => {
    van = { as2Id: 'AU-VAN', identity: await identity('au-van') };
    vanServer = await startPeerServer(async (request) => {
      await behave(await take(van, home, request));
      return { status: 200, headers: [], body: Buffer.alloc(0) };
    });
    home = await makeHome({ as2: { id: 'USCBP-AS2', url: ours } });
    const certificatePem = van.identity.certificate.pem;
    const send = { mdn: 'async' as const };
    home.addPartner('au-van', { as2Id: van.as2Id, url: vanServer.url, certificatePem, send, contrl: 'on-error' });
    served = await serve(home);
  });
  after(async () => {
    await (served as Served | undefined)?.stop();
    await (vanServer as PeerServer | undefined)?.close();
  });

  let serial = 0;

  /** Lets us send one answer; gives its id. */
  async function answerOf(): Promise<string> {
    const { messageId } = await send(served.url, van, home, interchange([{ number: numberOf('AU', (serial += 1)) }]));
    const { answeredBy } = await served.reached(messageId, 'answered');
    assert.equal(answeredBy.length, 1);
    return answeredBy[0] ?? '';
  }

  const deliver = async (message: Taken, ...changed: Parameters<Taken['receipt']>) => {
    const mdn = message.receipt(...changed);
    const answered = await post(served.url, mdn.headers, mdn.body);
    assert.deepEqual([answered.status, answered.body.length], [200, 0]);
  };

  it('are asked for at our public address, and matched when they come', async () => {
    let message: Taken | undefined;
    behave = (taken) => {
      message = taken;
      return Promise.resolve();
    };
    const id = await answerOf();
    await served.reached(id, 'awaiting-mdn');
    assert.equal(message?.request.receipt?.asyncUrl, ours);
    await deliver(message);
    const { mdns, attempts, disposition } = await served.reached(id, 'delivered');
    assert.deepEqual([mdns.length, mdns[0]?.mode, mdns[0]?.signed, attempts], [1, 'async', true, 1]);
    assert.match(disposition ?? '', /; processed$/);
  });

  it('are matched though their names are quoted once more than they should be, as pyas2 does', async () => {
    behave = async (message) => {
      const { headers, body } = message.receipt();
      const twice = (value: string) => `"\\"${value}\\""`;
      const quoted = headers.map(
        ([name, value]) => [name, /^as2-(from|to)$/i.test(name) ? twice(value) : value] as const,
      );
      await post(served.url, quoted, body);
    };
    const { mdns } = await served.reached(await answerOf(), 'delivered');
    assert.equal(mdns.length, 1);
  });

  it('may come before the response to our POST, and count', async () => {
    behave = (message) => deliver(message);
    const before = vanServer.requests.length;
    const id = await answerOf();
    const { attempts, mdns } = await served.reached(id, 'delivered');
    await vanServer.received(before + 1);
    assert.deepEqual([attempts, mdns.length], [1, 1]);
    const after = await served.store.getMessage(id);
    assert.deepEqual([after?.state, after?.nextAttemptAt], ['delivered', undefined]);
  });

  it('that say no are final, with what the partner said', async () => {
    behave = (message) =>
      deliver(message, {
        disposition: { type: 'processed', modifier: 'error', text: 'unexpected-processing-error' },
        explanation: 'Our disk is full.',
      });
    const { detail } = await served.reached(await answerOf(), 'refused');
    assert.match(detail ?? '', /unexpected-processing-error.*Our disk is full/);
  });

  it('that prove nothing change nothing: for another message, of another content, unsigned, by another key', async () => {
    const messages: Taken[] = [];
    behave = (taken) => {
      messages.push(taken);
      return Promise.resolve();
    };
    const stranger = await identity('stranger');
    const id = await answerOf();
    await served.reached(id, 'awaiting-mdn');
    const message = messages[0]!;
    await deliver(message, { original: { messageId: '<never-sent@countersign>' } });
    await deliver(message, { mic: { digest: 'sha256', value: Buffer.alloc(32) } });
    await deliver(message, {}, false);
    await deliver(message, { sign: { identity: stranger, digest: 'sha256' } });
    const waiting = await served.store.getMessage(id);
    assert.equal(waiting?.state, 'awaiting-mdn');
    assert.deepEqual(
      waiting.mdns.map(({ state }) => state),
      ['invalid', 'invalid', 'invalid'],
    );
    await deliver(message);
    await served.reached(id, 'delivered');
    await deliver(message, { disposition: { type: 'failed', modifier: 'failure', text: 'too late' } });
    assert.equal((await served.store.getMessage(id))?.state, 'delivered');
  });

  it('that prove nothing are named when the message is given up', async () => {
    const once = await makeHome({
      as2: { id: 'USCBP-AS2', url: ours },
      outbox: { attempts: 1, mdnWait: '200ms', firstPause: '20ms' },
    });
    const certificatePem = van.identity.certificate.pem;
    const send = { mdn: 'async' as const };
    once.addPartner('other', { as2Id: van.as2Id, url: vanServer.url, certificatePem, send });
    const impatient = await serve(once);
    behave = async (message) => {
      const { headers, body } = message.receipt({ original: { messageId: message.request.messageId } }, false);
      await post(impatient.url, headers, body);
    };
    const message = await queueTo(impatient, interchange([{}]));
    const { detail } = await impatient.reached(message.id, 'failed');
    assert.match(detail ?? '', /no valid MDN came in time: The MDN is not signed/);
    await impatient.stop();
  });
});
