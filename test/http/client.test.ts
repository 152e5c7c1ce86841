import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';

import { sourceOf } from '../../src/bytes/source.ts';
import type { PostRequest } from '../../src/exchange/post.ts';
import { createPost } from '../../src/http/client.ts';
import { header } from '../../src/mime/headers.ts';
import { collect } from '../support/bytes.ts';
import { identity } from '../support/identities.ts';
import { startPeerServer } from '../support/peer.ts';

describe('POSTs to partners', () => {
  const network = createPost();
  const servers: (Server | TcpServer)[] = [];
  after(async () => {
    await network.close();
    for (const server of servers) server.close();
  });

  const message = (url: string, more: Partial<PostRequest> = {}): PostRequest => ({
    url,
    headers: [['Message-ID', '<1@us.example>']],
    body: sourceOf(Buffer.alloc(100_000, 'UNB')),
    signal: AbortSignal.timeout(5_000),
    chunked: false,
    keepAlive: true,
    ...more,
  });

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const serving = async (listener: RequestListener) =>
    `http://127.0.0.1:${await listening(createServer(listener))}/as2`;

  it('RFC 4130 §5.3.1, §5.3.4: have Host and Content-Length', async () => {
    const peer = await startPeerServer(() => Promise.resolve({ status: 204, headers: [], body: Buffer.alloc(0) }));
    const sent = message(peer.url);
    assert.equal((await network.post(sent)).status, 204);
    const [{ headers, body } = { headers: [], body: undefined }] = peer.requests;
    assert.equal(header(headers, 'Host'), new URL(peer.url).host);
    assert.equal(header(headers, 'Content-Length'), '100000');
    assert.equal(header(headers, 'Transfer-Encoding'), undefined);
    assert.deepEqual(body, collect(sent.body));
    await peer.close();
  });

  it('RFC 4130 §5.2.2: are chunked, without Content-Length, where the partner wants that', async () => {
    const peer = await startPeerServer(() => Promise.resolve({ status: 200, headers: [], body: Buffer.alloc(0) }));
    const sent = message(peer.url, { chunked: true });
    await network.post(sent);
    const [{ headers, body } = { headers: [], body: undefined }] = peer.requests;
    assert.equal(header(headers, 'Content-Length'), undefined);
    assert.equal(header(headers, 'Transfer-Encoding'), 'chunked');
    assert.deepEqual(body, collect(sent.body));
    await peer.close();
  });

  it('RFC 4130 §5.4: follow no redirect', async () => {
    const paths: (string | undefined)[] = [];
    const url = await serving((request, response) => {
      paths.push(request.url);
      request.resume().once('end', () => response.writeHead(307, { Location: '/other' }).end());
    });
    assert.equal((await network.post(message(url))).status, 307);
    assert.deepEqual(paths, ['/as2']);
  });

  it('AS2 Reliability: wait through 102 Processing for the answer itself', async () => {
    const url = await serving((request, response) => {
      request.resume().once('end', () => {
        response.writeProcessing();
        response.writeProcessing();
        response.end('MDN');
      });
    });
    const { status, body } = await network.post(message(url));
    assert.deepEqual([status, String(body)], [200, 'MDN']);
  });

  it('RFC 9112 §9.3: share connections, unless the partner has to have one for each message', async () => {
    for (const keepAlive of [true, false]) {
      const sockets = new Set<unknown>();
      const url = await serving((request, response) => {
        sockets.add(request.socket);
        request.resume().once('end', () => response.end());
      });
      for (let count = 0; count < 3; count += 1) await network.post(message(url, { keepAlive }));
      assert.equal(sockets.size === 3, !keepAlive);
    }
  });

  it('RFC 9112 §9.3.1: go out anew when a kept connection was closed meanwhile', async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      // It says nothing of closing, and reads nothing more.
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK');
        socket.once('data', () => socket.end());
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`;
    const small = message(url, { body: sourceOf(Buffer.from('UNB')) });
    for (let count = 0; count < 3; count += 1) assert.equal((await network.post(small)).status, 200);
    assert.ok(connections > 1);
  });

  it('RFC 4130 §5.5: reject when no whole answer comes', async () => {
    const url = await serving((request, response) => {
      request.resume().once('end', () => {
        response.writeHead(200, { 'Content-Length': '10' });
        response.write('half');
        response.socket?.end();
      });
    });
    await assert.rejects(network.post(message(url)));
  });

  it('RFC 4130 §9.2: over TLS nothing is sent to whom no accepted authority vouches for', async () => {
    const { certificate, privateKey } = await identity('localhost');
    let bytes = 0;
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const server = createTlsServer({ cert: certificate.pem, key }, (request, response) => {
      request.on('data', (chunk: Buffer) => (bytes += chunk.length)).once('end', () => response.end());
    });
    const port = await listening(server);
    await assert.rejects(network.post(message(`https://localhost:${port}/as2`)), /self-signed|SELF_SIGNED/);
    assert.equal(bytes, 0);
  });
});
