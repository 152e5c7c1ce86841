import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';

import { pino } from 'pino';
import { request } from 'undici';

import { as2Endpoint } from '../../src/http/as2-endpoint.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import type { Arrival, Reply } from '../../src/exchange/arrival.ts';
import { speak } from '../support/raw-socket.ts';

describe('the AS2 address', () => {
  let listening: Listening;
  let receive: (arrival: Arrival) => Promise<Reply>;

  before(async () => {
    const log = pino({}, { write: () => undefined });
    listening = await listen(
      as2Endpoint('/as2', (arrival) => receive(arrival), log),
      { host: '127.0.0.1', port: 0 },
      () => undefined,
    );
  });
  after(() => listening.close());

  const asked = async (method: 'GET' | 'HEAD' | 'PUT' | 'POST', path = '/as2') => {
    const { statusCode, headers, body } = await request(listening.address + path, { method, body: null });
    return { status: statusCode, headers, text: await body.text() };
  };

  it('RFC 4130 §5.1: POST brings a message, with its header fields as they were spelled and every byte of its body', async () => {
    let arrived: { headers: Arrival['headers']; body: Buffer } | undefined;
    receive = async ({ headers, body }) => {
      arrived = { headers, body: await buffer(body) };
      return { status: 200, headers: [], body: Buffer.alloc(0) };
    };
    const body = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const headers = ['as2-FROM', '"a \\" b"', 'Subject', 'caf\xe9'];
    await (await request(`${listening.address}/as2?x=1`, { method: 'POST', headers, body })).body.dump();
    assert.deepEqual(arrived?.body, body);
    const found = arrived.headers.filter(([name]) => /^(as2-from|subject)$/i.test(name));
    assert.deepEqual(found.flat(), headers);
  });

  it('RFC 9112 §7.1: chunks of one octet come to the reader by the packet, all of them', async () => {
    const pieces: Uint8Array[] = [];
    receive = async ({ body }) => {
      for await (const piece of body) pieces.push(piece);
      return { status: 200, headers: [], body: Buffer.alloc(0) };
    };
    const count = 50_000;
    const octets = Buffer.from(Array.from({ length: count }, (_, index) => index % 256));
    const chunks = Buffer.alloc(6 * count, '1\r\n?\r\n');
    octets.forEach((octet, index) => (chunks[6 * index + 3] = octet));
    const head = 'POST /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    await speak(listening.address, Buffer.concat([Buffer.from(head), chunks, Buffer.from('0\r\n\r\n')]));
    assert.deepEqual(Buffer.concat(pieces), octets);
    assert.ok(pieces.length < count / 100, `${pieces.length} pieces`);
  });

  it('RFC 9112 §6.1: a transfer encoding other than chunked is answered 501, and nothing of the body is read', async () => {
    receive = () => assert.fail('it cannot be read');
    for (const coding of ['gzip, chunked', 'x, chunked']) {
      const head = `POST /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      assert.match((await speak(listening.address, `${head}0\r\n\r\n`)).toString(), /^HTTP\/1\.1 501 /);
    }
  });

  it('RFC 4130 §5.3.1: an answer has its Content-Length', async () => {
    receive = () => Promise.resolve({ status: 200, headers: [['X', 'y']], body: Buffer.from('MDN') });
    const { headers, text } = await asked('POST');
    assert.deepEqual([headers['content-length'], headers['x'], text], ['3', 'y', 'MDN']);
  });

  it('answers whoever probes it, and takes nothing but POST', async () => {
    receive = () => assert.fail('that was no message');
    assert.equal((await asked('GET')).status, 200);
    assert.deepEqual([(await asked('HEAD')).status, (await asked('HEAD')).text], [200, '']);
    const { status, headers } = await asked('PUT');
    assert.deepEqual([status, headers['allow']], [405, 'POST, GET, HEAD']);
    assert.equal((await asked('POST', '/')).status, 404);
  });

  it('RFC 4130 §5.5: a fault of our own is 500, so that the message comes again, and says nothing of its cause', async () => {
    receive = () => Promise.reject(new Error('secret'));
    const { status, text } = await asked('POST');
    assert.equal(status, 500);
    assert.doesNotMatch(text, /secret/);
  });
});
