import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { as2Endpoint } from '../../src/http/as2-endpoint.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { createLog } from '../../src/telemetry/log.ts';

describe('the HTTP server', () => {
  const refusals: string[] = [];
  let listening: Listening;

  beforeEach(async () => {
    refusals.length = 0;
    const endpoint = as2Endpoint(
      '/as2',
      async ({ body }) => {
        await buffer(body);
        return { status: 200, headers: [], body: Buffer.from('taken') };
      },
      createLog('silent'),
    );
    listening = await listen(endpoint, '127.0.0.1', 0, (reason) => refusals.push(reason));
  });

  async function dial(...lines: string[]): Promise<Socket> {
    const socket = connect(Number(new URL(listening.address).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(lines.join('\r\n'));
    return socket;
  }

  async function answer(...lines: string[]): Promise<string> {
    const socket = await dial(...lines);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return first.toString('latin1');
  }

  it('RFC 9112 §3.2: a target may be a whole address, as through a proxy', async () => {
    const answered = await answer('POST http://as2.example/as2 HTTP/1.1', 'Host: x', 'Content-Length: 0', '', '');
    assert.match(answered, /^HTTP\/1\.1 200 /);
    await listening.close();
  });

  it('RFC 9112 §5.2: a folded header line is refused, and the operator is told', async () => {
    const answered = await answer(
      'POST /as2 HTTP/1.1',
      'Host: x',
      'Content-Type: multipart/signed;',
      ' boundary=x',
      'Content-Length: 0',
      '',
      '',
    );
    assert.match(answered, /^HTTP\/1\.1 400 /);
    assert.equal(refusals.length, 1);
    await listening.close();
  });

  it('a stop does not wait for ever for who begins a message and does not go on', async () => {
    const socket = await dial('POST /as2 HTTP/1.1', 'Host: x', 'Content-Length: 100', '', 'abc');
    const cut = once(socket, 'close');
    socket.on('error', () => undefined);
    await listening.close(10);
    await cut;
  });
});
