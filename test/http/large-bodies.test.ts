import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { fileSource, type Source } from '../../src/bytes/source.ts';
import { checkedSource } from '../../src/store/checked-source.ts';
import type { PostRequest } from '../../src/exchange/post.ts';
import { createPost } from '../../src/http/client.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;

describe('POSTs of large bodies', () => {
  const network = createPost();
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-client-'));
  const servers: (Server | TcpServer)[] = [];
  const sockets = new Set<Socket>();
  const bytes = Buffer.alloc(9 * MiB + 5);
  for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at === 9 * MiB ? at - 8 : at);
  const file = path.join(directory, 'body');
  const body = fileSource(file, bytes.length);
  const digest = createHash('sha256').update(bytes).digest('hex');

  before(() => writeFileSync(file, bytes));
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await network.close();
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true });
  });

  const message = (url: string, more: Partial<PostRequest> = {}): PostRequest => ({
    ...{ url, headers: [['Message-ID', '<1@us.example>']], body, chunked: false, keepAlive: true },
    signal: AbortSignal.timeout(15_000),
    ...more,
  });

  async function listening(server: Server | TcpServer): Promise<string> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`;
  }

  const serving = (listener: RequestListener) => listening(createServer(listener));

  /** Answers with what came: its digest, and how its length was told. */
  const echo: RequestListener = (request, response) => {
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.once('end', () => response.end(`${told(request)} ${hash.digest('hex')}`));
  };
  const told = ({ headers }: IncomingMessage) => headers['content-length'] ?? headers['transfer-encoding'] ?? '';

  /** Nothing of the body is open; where the system tells. */
  const isClosed = () =>
    until('the file is closed', () => {
      const open = (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).some((fd) => linkOf(fd) === file);
      return open ? undefined : true;
    });

  it('RFC 4130 §5.3.1: a file goes out whole, with its Content-Length', async () => {
    const { body: answer } = await network.post(message(await serving(echo)));
    assert.equal(String(answer), `${bytes.length} ${digest}`);
  });

  it('RFC 4130 §5.2.2: a file goes out in chunks where the partner wants that', async () => {
    const { body: answer } = await network.post(message(await serving(echo), { chunked: true }));
    assert.equal(String(answer), `chunked ${digest}`);
  });

  it('the same body goes out as often as it is sent, from its start', async () => {
    const url = await serving(echo);
    const answers = await Promise.all([1, 2, 3].map(() => network.post(message(url))));
    for (const { body: answer } of answers) assert.equal(String(answer), `${bytes.length} ${digest}`);
  });

  /** Bytes without end to speak of, made as fast as they are asked for. */
  function endless() {
    const state = { handedOut: 0, ended: false };
    const piece = Buffer.alloc(256 * 1024);
    const source: Source = {
      size: 1024 * MiB,
      *pieces() {
        yield piece;
        throw new Error('It is read as a stream');
      },
      async *stream() {
        try {
          for (; state.handedOut < source.size; state.handedOut += piece.length) {
            await turn();
            yield piece;
          }
        } finally {
          state.ended = true;
        }
      },
    };
    return { state, source };
  }

  it('a partner that takes the connection and reads nothing is handed what the sockets hold, and no more', async () => {
    const url = await listening(createTcpServer((socket) => socket.pause()));
    for (const chunked of [false, true]) {
      const { state, source } = endless();
      const abort = new AbortController();
      const posted = network.post(message(url, { body: source, chunked, signal: abort.signal }));
      // Until a thousand turns of the event loop asked for nothing more.
      for (let [seen, turns] = [0, 0]; turns < 1000 || seen === 0; turns += 1) {
        if (seen !== state.handedOut) [seen, turns] = [state.handedOut, 0];
        await turn();
      }
      assert.ok(state.handedOut < 64 * MiB, `${state.handedOut} bytes were read`);
      abort.abort(new Error('hung up'));
      await assert.rejects(posted, /hung up/);
      await until('the body is let go', () => state.ended || undefined);
    }
  });

  const refusal = 'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n';
  const endings: readonly [string, (socket: Socket) => void, RegExp | number][] = [
    ['breaks the connection', (socket) => socket.destroy(), /closed|ECONNRESET|EPIPE/],
    ['answers before it has all, and reads the rest', (socket) => socket.write(refusal), 413],
    ['answers before it has all, and reads nothing more', (socket) => socket.pause().write(refusal), 413],
  ];
  for (const [name, react, ending] of endings) {
    it(`of a body to a partner that ${name} nothing stays open, and it is not sent twice`, async () => {
      let connections = 0;
      const url = await listening(
        createTcpServer((socket) => {
          connections += 1;
          socket.once('data', () => react(socket)).resume();
        }),
      );
      const posted = network.post(message(url));
      if (typeof ending === 'number') assert.equal((await posted).status, ending);
      else await assert.rejects(posted, ending);
      await isClosed();
      assert.equal(connections, 1);
    });
  }

  it('of a body that is hung up on, or that reaches nobody, nothing stays open', async () => {
    const abort = new AbortController();
    const url = await listening(
      createTcpServer((socket) => {
        socket.once('data', () => {
          socket.pause();
          abort.abort(new Error('hung up'));
        });
      }),
    );
    await assert.rejects(network.post(message(url, { signal: abort.signal })), /hung up/);
    await isClosed();
    await assert.rejects(network.post(message(`http://127.0.0.1:${await freePort()}/as2`)), /ECONNREFUSED/);
    await assert.rejects(network.post(message(url, { signal: AbortSignal.abort(new Error('at once')) })), /at once/);
    await isClosed();
  });

  it('a body that turns out to be damaged is never whole at the partner', async () => {
    for (const chunked of [false, true]) {
      let whole = false;
      let received = 0;
      const broken = new Promise<void>((resolve) => {
        servers.push(
          createServer((request) => {
            request.on('data', (chunk: Buffer) => (received += chunk.length));
            request.on('end', () => (whole = true));
            request.on('error', () => undefined).on('close', () => resolve());
          }),
        );
      });
      const url = await listening(servers.at(-1)!);
      const damaged = checkedSource(body, '00'.repeat(32));
      await assert.rejects(network.post(message(url, { body: damaged, chunked })), { code: 'STORE_DAMAGED' });
      await broken;
      assert.equal(whole, false);
      assert.ok(received < bytes.length);
      await isClosed();
    }
  });
});

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // closed meanwhile
  }
}
