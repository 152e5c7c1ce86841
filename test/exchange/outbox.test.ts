import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { strictPolicy } from '../../src/as2/policy.ts';
import { attemptTime, within } from '../../src/exchange/outbox.ts';
import { MDN_POST_TIME } from '../../src/limits.ts';
import { header } from '../../src/mime/headers.ts';
import { unwrap } from '../support/unwrap.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Answered, type Peer, type PeerServer } from '../support/peer.ts';
import { take } from '../support/receiver.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { serve, type Served } from '../support/served.ts';
import { bytesOf } from '../support/bytes.ts';

const attempts = 3;

describe('sending, and sending again', () => {
  let home: TestHome;
  let served: Served;
  let van: Peer;
  let vanServer: PeerServer;
  /** What the next requests are answered with; then with a receipt. `break`: not at all. */
  let answers: (number | 'break' | 'no MDN')[] = [];

  before(async () => {
    van = { as2Id: 'AU-VAN', identity: await identity('au-van') };
    vanServer = await startPeerServer(async (request) => {
      const answer = answers.shift();
      if (answer === 'break') return undefined;
      if (answer === 'no MDN') return plain(200, 'Welcome.');
      return answer === undefined ? (await take(van, home, request)).receipt() : plain(answer, '');
    });
    home = await makeHome({
      outbox: { attempts, firstPause: '1ms', longestPause: '2ms', timeout: '5s', concurrency: 1 },
    });
    writeFileSync(path.join(home.directory, 'keys/password'), 'secret');
    home.addPartner('au-van', {
      as2Id: van.as2Id,
      url: vanServer.url,
      certificatePem: van.identity.certificate.pem,
      as2: { basicAuth: { user: 'countersign', passwordFile: 'keys/password' } },
      contrl: 'on-error',
    });
    served = await serve(home);
  });
  after(async () => {
    await (served as Served | undefined)?.stop();
    await (vanServer as PeerServer | undefined)?.close();
  });

  let serial = 0;

  /** Has us send one answer; tells how it ended, and every request that it took. */
  async function sent(...answered: typeof answers) {
    answers = answered;
    const before = vanServer.requests.length;
    const { messageId } = await send(served.url, van, home, interchange([{ number: numberOf('AU', (serial += 1)) }]));
    const { answeredBy } = await served.reached(messageId, 'answered');
    const message = await served.reached(answeredBy[0] ?? '', 'delivered', 'failed', 'refused');
    return { message, requests: vanServer.requests.slice(before) };
  }

  it('RFC 4130 §5.5: a message whose answer cannot be read goes out again, the same in every byte and in Message-ID', async () => {
    for (const answer of ['break', 'no MDN', 503] as const) {
      const { message, requests } = await sent(answer, answer);
      // A connection that breaks is tried anew within the attempt.
      const tries = answer === 'break' ? 2 : 3;
      assert.deepEqual([message.state, message.attempts, requests.length], ['delivered', tries, 3]);
      for (const request of requests) {
        assert.equal(header(request.headers, 'Message-ID'), message.messageId);
        assert.deepEqual(request.body, requests[0]?.body);
        assert.deepEqual(withoutConnection(request), withoutConnection(requests[0]!));
      }
    }
  });

  it('RFC 4130 §5.4: what the partner will say again next time is not tried again', async () => {
    for (const status of [301, 307, 400, 401, 403, 404, 405, 411, 413, 415]) {
      const { message, requests } = await sent(status);
      assert.deepEqual([message.state, requests.length], ['failed', 1], String(status));
      assert.match(message.detail ?? '', new RegExp(`HTTP ${status}`));
    }
  });

  it('RFC 4130 §5.4: what is for the moment only is tried again', async () => {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      const { message, requests } = await sent(status);
      assert.deepEqual([message.state, requests.length], ['delivered', 2], String(status));
    }
  });

  it('draft rfc4130bis §5.5: after the attempts that are configured a message is given up, and says so', async () => {
    const { message, requests } = await sent(503, 503, 503);
    assert.deepEqual([message.state, requests.length], ['failed', attempts]);
    assert.match(message.detail ?? '', /^Given up after 3 attempts/);
  });

  it('draft rfc4130bis §5.4: after a valid MDN nothing is sent again', async () => {
    const { message, requests } = await sent();
    assert.deepEqual([message.state, requests.length, message.nextAttemptAt], ['delivered', 1, undefined]);
    assert.deepEqual(await served.store.nextDue(), undefined);
  });

  it('RFC 4130 §5.1: where a password is demanded it is there from the first request on', async () => {
    const { requests } = await sent();
    const authorization = `Basic ${Buffer.from('countersign:secret').toString('base64')}`;
    assert.equal(header(requests[0]?.headers ?? [], 'Authorization'), authorization);
  });

  it('AS2 file names: what we send has its name in Content-Disposition of the innermost part', async () => {
    const { requests, message } = await sent();
    const [{ headers, body } = assert.fail()] = requests;
    const { payload } = await unwrap(
      { headers, body: bytesOf(body) },
      { keys: [van.identity], pinned: [home.signer.certificate], policy: strictPolicy, micDigest: 'sha256' },
    );
    assert.equal(payload.fileName, message.fileName);
    assert.match(payload.fileName ?? '', /^CUSRES-[A-Z0-9]{14}\.edi$/);
    assert.match(header(payload.headers, 'Content-Disposition') ?? '', /^attachment; filename=/);
  });

  it('an attempt ends when its time is up, also when garbage was collected meanwhile, or when we stop', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const silent = async (signal: AbortSignal) => {
      signal.throwIfAborted();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const stopping = new AbortController();
    const timely = assert.rejects(within(100, stopping.signal, silent), /none within 0\.1 s/);
    for (let time = 0; time < 2; time += 1) {
      await setImmediate();
      collect();
    }
    await timely;
    const stopped = assert.rejects(within(60_000, stopping.signal, silent), /We are stopping/);
    stopping.abort(new Error('We are stopping'));
    await stopped;
    await assert.rejects(within(60_000, stopping.signal, silent), /We are stopping/);
  });

  it('an asynchronous MDN does not wait for its answer as long as a message may', () => {
    assert.equal(attemptTime('mdn', 600_000), MDN_POST_TIME);
    assert.equal(attemptTime('mdn', 1_000), 1_000);
    assert.equal(attemptTime('message', 600_000), 600_000);
    assert.equal(attemptTime('message', Number.MAX_SAFE_INTEGER), 2 ** 31 - 1);
  });
});

const plain = (status: number, text: string): Answered => ({
  status,
  headers: [['Content-Type', 'text/plain']],
  body: Buffer.from(text),
});

const withoutConnection = ({ headers }: PeerServer['requests'][number]) =>
  headers.filter(([name]) => name.toLowerCase() !== 'connection');
