import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';

import { as2Endpoint } from '../../src/http/as2-endpoint.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { LONGEST_HTTP_HEADER, MOST_HTTP_FIELDS } from '../../src/limits.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { identity } from '../support/identities.ts';
import { tlsOf } from '../support/tls.ts';

for (const scheme of ['http', 'https'])
  describe(`the server of ${scheme}:`, () => {
    const headerTime = 200;
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
      const tls = scheme === 'https' ? tlsOf(await identity('localhost')) : undefined;
      const where = { host: '127.0.0.1', port: 0, tls };
      listening = await listen(endpoint, where, (reason) => refusals.push(reason), headerTime);
    });

    async function dial(...lines: string[]): Promise<Socket> {
      const port = Number(new URL(listening.address).port);
      const socket = scheme === 'https' ? connectTls({ port, rejectUnauthorized: false }) : connect(port, '127.0.0.1');
      await once(socket, scheme === 'https' ? 'secureConnect' : 'connect');
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

    it('as many header fields as are read are taken, and one more is refused, never passed over', async () => {
      const request = (count: number) => [
        ...['POST /as2 HTTP/1.1', 'Host: x', 'Content-Length: 0'],
        ...Array.from({ length: count - 2 }, (_, index) => `X-${index}: y`),
        ...['', ''],
      ];
      assert.match(await answer(...request(MOST_HTTP_FIELDS)), /^HTTP\/1\.1 200 /);
      for (const count of [1, 2, 1000]) {
        refusals.length = 0;
        assert.match(await answer(...request(MOST_HTTP_FIELDS + count)), /^HTTP\/1\.1 431 /);
        assert.deepEqual(refusals, ['There are too many header fields']);
      }
      await listening.close();
    });

    it('a header as long as is read is taken, and a longer one is refused', async () => {
      const request = (length: number) => [
        'POST /as2 HTTP/1.1',
        `Host: ${'x'.repeat(length)}`,
        'Content-Length: 0',
        '',
        '',
      ];
      assert.match(await answer(...request(LONGEST_HTTP_HEADER - 100)), /^HTTP\/1\.1 200 /);
      assert.match(await answer(...request(LONGEST_HTTP_HEADER)), /^HTTP\/1\.1 431 /);
      await listening.close();
    });

    it('RFC 9110 §15.5.9: a header that does not come to its end in time is answered 408', async () => {
      for (const begun of ['PO', 'POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-'])
        assert.match(await answer(begun), /^HTTP\/1\.1 408 /);
      await listening.close();
    });

    it('what is left of a body when it was answered is dropped for a while, and then cut off', async () => {
      const socket = await dial('POST /elsewhere HTTP/1.1', 'Host: x', 'Content-Length: 1000000', '', 'abc');
      const cut = once(socket, 'close');
      const [first] = (await once(socket, 'data')) as [Buffer];
      assert.match(first.toString('latin1'), /^HTTP\/1\.1 404 /);
      await cut;
      await listening.close();
    });

    it('a stop does not wait for ever for who begins a message and does not go on', async () => {
      const expecting = 'Expect: 100-continue';
      const socket = await dial('POST /as2 HTTP/1.1', 'Host: x', 'Content-Length: 100', expecting, '', 'abc');
      await once(socket, 'data');
      const cut = once(socket, 'close');
      socket.on('error', () => undefined);
      await listening.close(10);
      await cut;
    });

    it('a stop does not wait at all for who is connected and has sent nothing', async () => {
      await listening.close();
      const tls = scheme === 'https' ? tlsOf(await identity('localhost')) : undefined;
      listening = await listen(
        () => assert.fail(),
        { host: '127.0.0.1', port: 0, tls },
        () => undefined,
      );
      const socket = await dial();
      const bare = connect(Number(new URL(listening.address).port), '127.0.0.1');
      await once(bare, 'connect');
      for (const each of [socket, bare]) each.on('error', () => undefined);
      const cut = [once(socket, 'close'), once(bare, 'close')];
      // Longer than a test may take.
      await listening.close(300_000);
      await Promise.all(cut);
    });
  });
