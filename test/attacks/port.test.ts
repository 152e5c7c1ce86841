import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { storedBytes } from '../support/stored.ts';
import { speak, statusOf } from '../support/raw-socket.ts';
import { freshMessageId, startTarget, type Target } from '../support/target.ts';
import { until } from '../support/until.ts';

describe('attacks: garbage on the port', () => {
  let target: Target;

  before(async () => {
    target = await startTarget();
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched();
  });

  const head = (line: string, ...fields: string[]) => `${[line, 'Host: x', ...fields].join('\r\n')}\r\n\r\n`;
  const names = () => [`AS2-From: AU-VAN`, `AS2-To: ${target.home.as2Id}`];
  const known = async () => (await target.store.listMessages({ limit: 10_000 })).map(({ id }) => id);

  /** Answered 400, or not at all, and nothing kept. */
  async function isNoRequest(bytes: Buffer | string, end = false) {
    const before = await known();
    const answer = await speak(target.url, bytes, end);
    if (answer.length > 0) {
      // RFC 9112 §6.1: 501 to a transfer encoding that is not known.
      const told = /^HTTP\/1\.1 (?:400 Bad Request\r\nConnection: close\r\n\r\n$|501 [^]*\r\nConnection: close\r\n)/;
      assert.match(answer.toString('latin1'), told);
    }
    assert.deepEqual(await known(), before);
  }

  it('random bytes', async () => {
    for (let time = 0; time < 20; time += 1) await isNoRequest(randomBytes(1 + time * 100), true);
    await isNoRequest(Buffer.alloc(200_000, 0xff));
    await isNoRequest(Buffer.alloc(1), true);
  });

  it('other protocols: TLS, HTTP/0.9, HTTP/2, SMTP, SSH, SOCKS', async () => {
    const tls = Buffer.from('160301020001000', 'hex');
    await isNoRequest(Buffer.concat([tls, randomBytes(508)]), true);
    assert.equal(statusOf(await speak(target.url, 'POST /as2\r\n\r\n')), 400);
    const probed = await speak(target.url, 'GET /as2\r\n\r\n');
    assert.match(probed.toString('latin1'), /\r\n\r\nThis is an AS2 endpoint. Messages are received by POST.\n$/);
    await isNoRequest('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', true);
    await isNoRequest('EHLO attack.test\r\n');
    await isNoRequest('SSH-2.0-x\r\n');
    await isNoRequest(Buffer.of(5, 1, 0), true);
  });

  it('nothing, and a connection that ends at once', async () => {
    await isNoRequest('', true);
  });

  it('half a request: nothing of it is kept', async () => {
    for (const bytes of [
      'PO',
      'POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-Fr',
      head('POST /as2 HTTP/1.1', ...names(), `Message-ID: ${freshMessageId()}`, 'Content-Length: 100') + 'half of it',
      head('POST /as2 HTTP/1.1', ...names(), `Message-ID: ${freshMessageId()}`, 'Transfer-Encoding: chunked') +
        'ff\r\nhalf',
    ]) {
      const before = await known();
      await speak(target.url, bytes, true);
      assert.deepEqual(await known(), before);
    }
  });

  it('request smuggling: what is not told in one way is not told at all', async () => {
    const inner = head('POST /as2 HTTP/1.1', ...names(), `Message-ID: ${freshMessageId()}`, 'Content-Length: 0');
    const chunked = `0\r\n\r\n${inner}`;
    const length = (size: number) => `Content-Length: ${size}`;
    for (const fields of [
      [length(chunked.length), 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', length(5)],
      [length(5), length(6)],
      ['Content-Length: 5, 6'],
      ['Content-Length: +5'],
      ['Content-Length: -5'],
      ['Content-Length: 0x5'],
      ['Content-Length: 5 5'],
      ['Content-Length:'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: identity, chunked, identity'],
      ['Transfer-Encoding : chunked'],
      ['Transfer-Encoding:\u000bchunked'],
      ['Transfer-Encoding: chunked\r\n x'],
      [' Transfer-Encoding: chunked'],
      ['X: y\rTransfer-Encoding: chunked'],
      ['X: y\nTransfer-Encoding: chunked'],
    ])
      await isNoRequest(head('POST /as2 HTTP/1.1', ...names(), `Message-ID: ${freshMessageId()}`, ...fields) + chunked);
  });

  it('chunks that are none', async () => {
    for (const body of [
      'x\r\n',
      '-1\r\nx',
      'fffffffffffffffff\r\nx',
      '1\nx\n0\n\n',
      '1\r\nxy\r\n0\r\n\r\n',
      ' 1\r\nx\r\n0\r\n\r\n',
    ]) {
      const before = await known();
      const id = `Message-ID: ${freshMessageId()}`;
      const answer = await speak(
        target.url,
        head('POST /as2 HTTP/1.1', ...names(), id, 'Transfer-Encoding: chunked') + body,
      );
      assert.ok(answer.length === 0 || statusOf(answer) === 400, body);
      assert.deepEqual(await known(), before, body);
    }
  });

  it('two requests in one packet are two requests, each with its own body', async () => {
    const [one, two] = [freshMessageId(), freshMessageId()];
    const post = (id: string, body: string, ...fields: string[]) =>
      head('POST /as2 HTTP/1.1', ...names(), `Message-ID: ${id}`, `Content-Length: ${body.length}`, ...fields) + body;
    const answer = await speak(target.url, post(one, 'first') + post(two, 'second', 'Connection: close'));
    assert.equal(answer.toString('latin1').match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    for (const [id, body] of [
      [one, 'first'],
      [two, 'second'],
    ] as const) {
      const message = await until(id, () => target.store.getMessage(id));
      assert.equal((await storedBytes(target.store, message.id, 'raw'))?.toString(), body);
    }
  });

  it('other methods, other paths, other versions tell nothing', async () => {
    const probes: readonly (readonly [line: string, status: number])[] = [
      ['GET /as2 HTTP/1.1', 200],
      ['HEAD /as2 HTTP/1.1', 200],
      ['GET /as2 HTTP/1.0', 200],
      ['GET /as2?x=<script> HTTP/1.1', 200],
      ['PUT /as2 HTTP/1.1', 405],
      ['DELETE /as2 HTTP/1.1', 405],
      ['OPTIONS /as2 HTTP/1.1', 405],
      ['OPTIONS * HTTP/1.1', 404],
      ['TRACE /as2 HTTP/1.1', 405],
      ['PROPFIND /as2 HTTP/1.1', 405],
      ['GET / HTTP/1.1', 404],
      ['GET /metrics HTTP/1.1', 404],
      ['GET /healthz HTTP/1.1', 404],
      ['POST /AS2 HTTP/1.1', 404],
      ['POST //as2 HTTP/1.1', 404],
      ['POST /as2/ HTTP/1.1', 404],
      ['GET /as2/../countersign.yaml HTTP/1.1', 404],
      ['GET /%2e%2e/countersign.yaml HTTP/1.1', 404],
      // RFC 9112 §3.2.2: taken for ourselves; we are no proxy, and connect to nobody.
      ['GET http://127.0.0.1:1/as2 HTTP/1.1', 200],
      ['GET http://169.254.169.254/latest HTTP/1.1', 404],
    ];
    for (const [line, status] of probes) {
      const answer = (await speak(target.url, head(line, 'Connection: close'))).toString('latin1');
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), line);
      assert.doesNotMatch(answer, /node|express|countersign|script|x-powered-by|server:|\d+\.\d+\.\d+/i, line);
    }
    for (const line of ['CONNECT 127.0.0.1:1 HTTP/1.1', 'GET /as2 HTTP/9.9', 'get /as2 HTTP/1.1', 'X /as2 HTTP/1.1']) {
      const answer = await speak(target.url, head(line, 'Connection: close'));
      assert.ok(answer.length === 0 || statusOf(answer) === 400, line);
    }
  });

  it('a request to become a web socket, or for something that nobody promised', async () => {
    const upgrade = [
      'Connection: Upgrade, close',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: eA==',
    ];
    assert.equal(statusOf(await speak(target.url, head('GET /as2 HTTP/1.1', 'Connection: close', ...upgrade))), 200);
    const expecting = head(
      'POST /as2 HTTP/1.1',
      ...names(),
      'Connection: close',
      'Expect: 200-maybe',
      'Content-Length: 0',
    );
    assert.equal(statusOf(await speak(target.url, expecting)), 417);
  });

  it('a POST without a body, or without any header of AS2, is no message', async () => {
    assert.equal(statusOf(await speak(target.url, head('POST /as2 HTTP/1.1', 'Connection: close'))), 400);
    assert.equal(
      statusOf(await speak(target.url, head('POST /as2 HTTP/1.1', 'Connection: close', 'Content-Length: 3') + 'abc')),
      400,
    );
  });
});
