import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

import { interchange, numberOf } from '../support/sancrt.ts';
import { send } from '../support/peer.ts';
import { speak, statusOf } from '../support/raw-socket.ts';
import { until } from '../support/until.ts';
import { freshMessageId, startTarget, toldBy, type Target } from '../support/target.ts';

const MiB = 1024 * 1024;

describe('time and space for bodies', () => {
  let target: Target;

  before(async () => {
    target = await startTarget({
      settings: { limits: { messageSize: '6 MiB', spoolSpace: '8 MiB', receiveTime: '400ms' } },
    });
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched();
    assert.deepEqual(spooled(), []);
  });

  const spooled = () => readdirSync(target.store.spoolDirectory);
  const head = (...fields: string[]) =>
    [
      'POST /as2 HTTP/1.1',
      ...['Host: x', 'AS2-From: AU-VAN', `AS2-To: ${target.home.as2Id}`, `Message-ID: ${freshMessageId()}`],
      ...[...fields, '', ''],
    ].join('\r\n');
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(64 * 1024), Buffer.from('\r\n')]);
  const chunks = (count: number) => Buffer.concat(Array.from({ length: count }, () => chunk));

  it('RFC 9110 §15.5.9: a body that stops coming is answered 408, and nothing is left of it', async () => {
    for (const body of [Buffer.from('half'), Buffer.alloc(3 * MiB)]) {
      const answer = await speak(target.url, Buffer.concat([Buffer.from(head(`Content-Length: ${4 * MiB}`)), body]));
      assert.equal(statusOf(answer), 408);
      assert.match(answer.toString('latin1'), /\r\nConnection: close\r\n/i);
    }
    const answer = await speak(
      target.url,
      Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), chunks(32)]),
    );
    assert.equal(statusOf(answer), 408);
  });

  it('a body that drips is answered 408 too', async () => {
    const { hostname, port } = new URL(target.url);
    const socket = connect(Number(port), hostname);
    socket.write(head('Content-Length: 100000'));
    const drip = setInterval(() => socket.write('x'), 5);
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    clearInterval(drip);
    socket.destroy();
    assert.equal(statusOf(answer), 408);
  });

  it('RFC 9110 §15.6.4: what has no room is answered 503 before it is asked for, and what is small comes in', async () => {
    const file = path.join(target.store.spoolDirectory, 'in-hand');
    writeFileSync(file, Buffer.alloc(5 * MiB));
    const expecting = ['Expect: 100-continue', 'Connection: close'];
    const answer = await speak(target.url, head(`Content-Length: ${4 * MiB}`, ...expecting));
    assert.equal(statusOf(answer), 503);
    assert.match(answer.toString('latin1'), /\r\nRetry-After: \d+\r\n/i);
    assert.doesNotMatch(answer.toString('latin1'), /100 Continue/);
    await target.serves();
    assert.deepEqual(spooled(), ['in-hand']);
    rmSync(file);
  });

  it('what outgrows the room while it comes is answered 503, and nothing is left of it', async () => {
    const file = path.join(target.store.spoolDirectory, 'in-hand');
    writeFileSync(file, Buffer.alloc(5 * MiB));
    const body = Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked', 'Connection: close')), chunks(80)]);
    assert.equal(statusOf(await speak(target.url, body)), 503);
    assert.deepEqual(spooled(), ['in-hand']);
    rmSync(file);
  });

  it('a large message comes in as soon as there is room', async () => {
    const number = numberOf('AU', 800_000);
    const content = Buffer.concat([interchange([{ number }]), Buffer.alloc(3 * MiB, ' ')]);
    const own = await startTarget({ settings: { limits: { messageSize: '6 MiB', spoolSpace: '6 MiB' } } });
    const { answered } = await send(own.url, own.partner, own.home, content);
    assert.equal(toldBy(answered), 'processed');
    await own.stop();
  });

  it('a hundred bodies that stall share their memory, and other messages come in meanwhile', async () => {
    const own = await startTarget();
    const spool = () => readdirSync(own.store.spoolDirectory);
    const { hostname, port } = new URL(own.url);
    const stalled = Array.from({ length: 100 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(head(`Content-Length: ${MiB}`));
      socket.write(Buffer.alloc(MiB - 1));
      return socket;
    });
    // Of each alone nothing would lie there.
    await until('they fill the memory', () => spool().length > 0 || undefined);
    const content = Buffer.concat([interchange([{ number: numberOf('AU', 800_001) }]), Buffer.alloc(MiB / 2, ' ')]);
    const { answered } = await send(own.url, own.partner, own.home, content);
    assert.equal(toldBy(answered), 'processed');
    for (const socket of stalled) socket.destroy();
    await until('nothing is left of them', () => spool().length === 0 || undefined);
    await own.stop();
  });
});
