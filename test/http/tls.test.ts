import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { as2Endpoint } from '../../src/http/as2-endpoint.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { identity } from '../support/identities.ts';
import { speak } from '../support/raw-socket.ts';
import { tlsOf } from '../support/tls.ts';

describe('HTTPS', () => {
  const headerTime = 200;
  const refusals: string[] = [];
  let listening: Listening;

  async function serve(minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2'): Promise<void> {
    refusals.length = 0;
    const receive = async ({ body }: { body: AsyncIterable<Uint8Array> }) => {
      let size = 0;
      for await (const piece of body) size += piece.length;
      return { status: 200, headers: [], body: Buffer.from(`${size} taken`) };
    };
    const where = { host: '127.0.0.1', port: 0, tls: tlsOf(await identity('localhost'), minVersion) };
    const endpoint = as2Endpoint('/as2', receive, createLog('silent'));
    listening = await listen(endpoint, where, (reason) => refusals.push(reason), headerTime);
  }
  afterEach(() => listening.close(0));

  const port = () => Number(new URL(listening.address).port);

  async function handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ port: port(), rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    // A stop may reset it.
    socket.on('error', () => undefined);
    return socket;
  }

  /** What is answered, on which of our ports, and whose certificate was shown when that was connected. */
  async function post(agent: Agent, body: Buffer) {
    const sent = request(`${listening.address}/as2`, { agent, method: 'POST', rejectUnauthorized: false });
    let shown: string | undefined;
    sent.once('socket', (socket: TLSSocket) =>
      socket.once('secureConnect', () => (shown = socket.getPeerX509Certificate()?.subject)),
    );
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const from = response.socket.localPort;
    return { answer: await text(response), from, shown };
  }

  it('takes messages on connections that are kept, and says so in its address', async () => {
    await serve();
    assert.match(listening.address, /^https:\/\/127\.0\.0\.1:\d+$/);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const size of [0, 10_000, 300_000]) {
      const { answer, from } = await post(agent, Buffer.alloc(size));
      assert.equal(answer, `${size} taken`);
      ports.add(from);
    }
    assert.equal(ports.size, 1);
    agent.destroy();
  });

  it('RFC 8446 §2.2: a session is resumed', async () => {
    await serve();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = connect({ port: port(), rejectUnauthorized: false, minVersion: version, maxVersion: version });
      const [session] = (await once(first, 'session')) as [Buffer];
      first.destroy();
      const second = await handshake({ session, minVersion: version, maxVersion: version });
      assert.ok(second.isSessionReused(), version);
      second.destroy();
    }
  });

  it('draft rfc4130bis §5.1: versions below the least are refused: that is TLS 1.2, or what is configured', async () => {
    const refused = (version: 'TLSv1.1' | 'TLSv1.2') =>
      assert.rejects(
        handshake({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }),
        /alert protocol version|ECONNRESET|unsupported protocol/,
      );
    await serve();
    await refused('TLSv1.1');
    assert.equal((await handshake({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2');
    assert.equal((await handshake()).getProtocol(), 'TLSv1.3');
    await listening.close(0);
    await serve('TLSv1.3');
    await refused('TLSv1.2');
    assert.equal(refusals.length, 1);
  });

  it('a new certificate is shown to who connects from then on, and no connection is cut off', async () => {
    await serve();
    const [kept, fresh] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent()];
    const before = await post(kept, Buffer.alloc(1));
    assert.equal(before.shown, 'CN=localhost');
    listening.present(tlsOf(await identity('renewed')));
    assert.equal((await post(fresh, Buffer.alloc(1))).shown, 'CN=renewed');
    assert.deepEqual(await post(kept, Buffer.alloc(2)), { answer: '2 taken', from: before.from, shown: undefined });
    kept.destroy();
  });

  it('plain HTTP there is answered 400 with a sentence, and the operator is told', async () => {
    await serve();
    for (const body of ['', 'x'.repeat(1000)]) {
      const head = `POST /as2 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
      const answer = await speak(listening.address, head + body);
      assert.match(answer.toString(), /^HTTP\/1\.1 400 .*\r\n\r\nThis address speaks HTTPS\.\n$/s);
    }
    assert.match(refusals.join(), /http request/);
  });

  it('who connects and makes no handshake is cut off like who sends no header', async () => {
    await serve();
    const socket = connectTcp(port(), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'close');
    assert.match(refusals.join(), /handshake timeout/);
  });

  it('a stop does not wait for ever for a handshake', async () => {
    await serve();
    const socket = connectTcp(port(), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const cut = once(socket, 'close');
    await listening.close(10);
    await cut;
  });
});
