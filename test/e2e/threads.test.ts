import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { pino } from 'pino';

import { openExchange, type OpenExchange } from '../../src/cli/endpoint.ts';
import { createExaminer, type Examiner } from '../../src/exchange/examiner.ts';
import { createReceive } from '../../src/exchange/receive.ts';
import { as2Endpoint } from '../../src/http/as2-endpoint.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { wrap } from '../../src/as2/wrap.ts';
import { messageHeaders } from '../../src/as2/message-headers.ts';
import { sourceOf, gather } from '../../src/bytes/source.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { post, send, usualProtection, type Peer } from '../support/peer.ts';
import { speak, statusOf } from '../support/raw-socket.ts';
import { serve } from '../support/served.ts';
import { toldBy } from '../support/target.ts';
import { until } from '../support/until.ts';

describe('threads in trouble', function () {
  this.timeout(30_000);
  const scratch = mkdtempSync(path.join(tmpdir(), 'countersign-trouble-'));
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  let home: TestHome;
  let van: Peer;
  let open: OpenExchange;
  let examiner: Examiner;
  let server: Listening;
  let files = 0;

  const newFile = () => path.join(scratch, String((files += 1)));
  const newExaminer = (waiting: number, time = 60_000) =>
    createExaminer(open.exchange.home(), {
      ...{ workers: 1, waiting, log, time, spool: open.exchange.store.spoolDirectory, heap: 128 },
      program: new URL('../support/troubled-worker.ts', import.meta.url),
    });

  before(async () => {
    home = await makeHome();
    van = { as2Id: 'AU-VAN', identity: await identity('au-van') };
    const certificatePem = van.identity.certificate.pem;
    home.addPartner('au-van', { as2Id: van.as2Id, url: 'http://127.0.0.1:9/', certificatePem });
    open = await openExchange(home.directory, {}, log);
    examiner = newExaminer(1);
    const receive = createReceive({ ...open.exchange, examiner: () => examiner });
    server = await listen(as2Endpoint('/as2', receive, log), { host: '127.0.0.1', port: 0 }, () => undefined);
  });
  after(async () => {
    await server.close();
    await examiner.close();
    await open.close();
  });

  async function message(trouble: string, size = 100): Promise<{ headers: Headers; body: Buffer; messageId: string }> {
    const entity = {
      headers: [['Content-Type', 'application/EDIFACT'] as const],
      content: sourceOf(Buffer.alloc(size)),
    };
    const boundary = `boundary-${(files += 1)}`;
    const wrapped = await wrap(entity, { ...usualProtection(van, home), boundary, spool: memorySpool });
    const messageId = `<${boundary}@peer.test>`;
    const names = { from: van.as2Id, to: home.as2Id, messageId, subject: 'x', date: new Date() };
    const own = messageHeaders({ ...names, receipt: { micalgs: ['sha-256'] } });
    const body = gather(wrapped.body.pieces());
    return { headers: [...own, ...wrapped.headers, ['X-Trouble', trouble]], body, messageId };
  }

  async function posted(trouble: string, size?: number) {
    const { headers, body, messageId } = await message(trouble, size);
    return { messageId, answered: await post(`${server.address}/as2`, headers, body) };
  }

  const spooled = () => readdirSync(open.exchange.store.spoolDirectory);

  for (const manner of ['exits', 'throws', 'allocates'])
    for (const size of manner === 'allocates' ? [100] : [100, 3 * 1024 * 1024]) {
      it(`a thread that ${manner} over ${size} octets is replaced, and its message tried once more`, async () => {
        const file = newFile();
        const { answered } = await posted(`${manner} 1 ${file}`, size);
        assert.equal(readFileSync(file).length, 1);
        assert.equal(toldBy(answered), 'processed');
        assert.deepEqual(spooled(), []);
      });

      it(`the second time, over ${size} octets: 500, a note, nothing left, and the next one is served`, async () => {
        const file = newFile();
        logged.length = 0;
        const { answered, messageId } = await posted(`${manner} 9 ${file}`, size);
        assert.equal(answered.status, 500);
        assert.equal(readFileSync(file).length, 2);
        assert.deepEqual(spooled(), []);
        assert.equal(await open.exchange.store.getMessage(messageId), undefined);
        const notes = await open.exchange.store.listLedger({ kind: 'examination-abandoned' });
        const reasons = notes
          .filter(({ facts }) => facts['messageId'] === messageId)
          .map(({ facts }) => facts['reason']);
        assert.deepEqual(reasons, ['THREAD_DIED']);
        assert.equal(logged.filter((line) => line.includes('tried once more')).length, 1);
        assert.equal(logged.filter((line) => line.includes('could not be received')).length, 1);
        assert.equal(toldBy((await posted('')).answered), 'processed');
      });
    }

  it('an examination that takes too long ends with its thread: 500, a note, nothing left, and no second try', async () => {
    const own = newExaminer(100, 4_000);
    const kept = examiner;
    examiner = own;
    try {
      const file = newFile();
      const spinning = posted(`spins 9 ${file}`, 3 * 1024 * 1024);
      await until('it spins', () => existsSync(file) || undefined);
      // Others wait for the only thread: their time has not begun.
      const others = [posted(''), posted('')];
      const { answered, messageId } = await spinning;
      assert.equal(answered.status, 500);
      assert.equal(readFileSync(file).length, 1);
      const notes = await open.exchange.store.listLedger({ kind: 'examination-abandoned' });
      const reasons = notes.filter(({ facts }) => facts['messageId'] === messageId).map(({ facts }) => facts['reason']);
      assert.deepEqual(reasons, ['EXAMINATION_TOO_LONG']);
      assert.deepEqual(spooled(), []);
      for (const other of await Promise.all(others)) assert.equal(toldBy(other.answered), 'processed');
    } finally {
      examiner = kept;
      await own.close();
    }
  });

  it('RFC 9110 §15.6.4: when full, 503 with Retry-After before a body is asked for', async () => {
    const file = newFile();
    const first = [posted(`waits 1 ${file}`), posted(`waits 1 ${file}`)];
    await until('it is full', () => Promise.resolve(examiner.isFull() || undefined));
    const head = ['POST /as2 HTTP/1.1', 'Host: x', 'Expect: 100-continue', 'Content-Length: 1000', 'Connection: close'];
    const answer = await speak(server.address, `${head.join('\r\n')}\r\n\r\n`);
    assert.equal(statusOf(answer), 503);
    assert.match(answer.toString('latin1'), /\r\nRetry-After: \d+\r\n/i);
    assert.doesNotMatch(answer.toString('latin1'), /100 Continue/);
    writeFileSync(file, '');
    for (const { answered } of await Promise.all(first)) assert.equal(toldBy(answered), 'processed');
    assert.equal(examiner.isFull(), false);
  });

  it('bodies that were begun before it was full, and come in together, are turned away as well, and nothing is left of them', async () => {
    const kept = examiner;
    let asked = 0;
    examiner = { ...kept, isFull: () => asked++ > 0 };
    try {
      const { answered } = await posted('', 3 * 1024 * 1024);
      assert.equal(answered.status, 503);
      assert.equal(asked, 2);
      assert.deepEqual(spooled(), []);
    } finally {
      examiner = kept;
    }
  });

  it('one that is closed ends what it has begun, also what it has to begin anew', async () => {
    const closing = newExaminer(100);
    const [waiting, dying] = [newFile(), newFile()];
    const troubles = [`exits 1 ${dying}`, `waits 1 ${waiting}`, ''];
    const found = Promise.all(
      troubles.map(async (trouble) => {
        const { headers, body } = await message(trouble);
        const at = new Date();
        const id = `closing-${trouble.slice(0, 5)}`;
        return closing.examine({ id, at, headers, body: { bytes: body, size: body.length, sha256: '' } });
      }),
    );
    await until('one has died', () => Promise.resolve(existsSync(dying) || undefined));
    const closed = closing.close();
    writeFileSync(waiting, '');
    for (const { finding } of await found) assert.equal(finding.kind, 'authentic');
    await closed;
    assert.equal(readFileSync(dying).length, 1);
  });

  it('a reload loses nothing that is in hand', async () => {
    const own = await makeHome({ workers: 1 });
    const certificatePem = van.identity.certificate.pem;
    own.addPartner('au-van', { as2Id: van.as2Id, url: 'http://127.0.0.1:9/', certificatePem });
    const served = await serve(own);
    const many = () =>
      Promise.all(Array.from({ length: 8 }, (_, each) => send(served.url, van, own, Buffer.alloc(1 + each * 400_000))));
    const sent = many();
    await served.endpoint.reload();
    await served.endpoint.reload();
    for (const { answered } of await sent) assert.equal(toldBy(answered), 'processed');
    assert.deepEqual(readdirSync(served.store.spoolDirectory), []);
    await served.stop();
  });
});
