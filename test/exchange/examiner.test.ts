import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { pino } from 'pino';

import { messageHeaders } from '../../src/as2/message-headers.ts';
import { kept } from '../../src/bytes/kept.ts';
import { gather, sourceOf } from '../../src/bytes/source.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { wrap } from '../../src/as2/wrap.ts';
import { loadHome } from '../../src/config/load.ts';
import { createExaminer, type Examiner } from '../../src/exchange/examiner.ts';
import { ExaminationAbandoned } from '../../src/exchange/errors.ts';
import type { Task } from '../../src/exchange/task.ts';
import { newBoundary, newId, newMessageId } from '../../src/exchange/ids.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { usualProtection, type Peer } from '../support/peer.ts';

describe('examining on threads', () => {
  let home: TestHome;
  let van: Peer;
  const spool = mkdtempSync(path.join(tmpdir(), 'countersign-spool-'));
  const log = pino({ enabled: false });
  const examiners: Examiner[] = [];

  before(async () => {
    home = await makeHome();
    van = { as2Id: 'AU-VAN', identity: await identity('au-van') };
    const certificatePem = van.identity.certificate.pem;
    home.addPartner('au-van', { as2Id: van.as2Id, url: 'http://127.0.0.1:9/', certificatePem });
  });
  after(() => Promise.all(examiners.map((each) => each.close())));

  async function examinerWith(workers: number, waiting = 100): Promise<Examiner> {
    const examiner = createExaminer(await loadHome(home.directory, {}), { workers, spool, waiting, log, time: 60_000 });
    examiners.push(examiner);
    return examiner;
  }

  async function taskOf(content: Buffer): Promise<Task> {
    const entity = { headers: [['Content-Type', 'application/EDIFACT'] as const], content: sourceOf(content) };
    const wrapped = await wrap(entity, { ...usualProtection(van, home), boundary: newBoundary(), spool: memorySpool });
    const now = new Date();
    const receipt = { micalgs: ['sha-256'] };
    const messageId = newMessageId(now, 'peer.test');
    const own = messageHeaders({ from: van.as2Id, to: home.as2Id, messageId, subject: 'x', date: now, receipt });
    const body = kept(gather(wrapped.body.pieces()));
    return { id: newId(now), at: now, headers: [...own, ...wrapped.headers], body };
  }

  it('finds on threads what it finds without', async () => {
    const task = await taskOf(Buffer.from("UNB+UNOC:3'"));
    const altered = { ...task, body: kept(Buffer.from('no CMS')) };
    const [threads, here] = [await examinerWith(2), await examinerWith(0)];
    for (const each of [task, altered]) {
      const [one, other] = [await threads.examine(each), await here.examine(each)];
      assert.deepEqual(one.finding, other.finding);
      assert.equal(one.partner, 'au-van');
      assert.equal(one.receipt?.signed, true);
      assert.ok(Buffer.isBuffer(one.receipt.body));
    }
    const { finding } = await threads.examine(task);
    assert.ok(finding.kind === 'authentic' && 'bytes' in finding.payload.content);
    assert.equal(String(finding.payload.content.bytes), "UNB+UNOC:3'");
  });

  it('many at a time, each with its own answer', async () => {
    const examiner = await examinerWith(2);
    const tasks = await Promise.all(Array.from({ length: 20 }, (_, index) => taskOf(Buffer.from(`UNB+${index}'`))));
    const found = await Promise.all(tasks.map((task) => examiner.examine(task)));
    for (const [index, { finding }] of found.entries()) {
      assert.ok(finding.kind === 'authentic' && 'bytes' in finding.payload.content);
      assert.equal(String(finding.payload.content.bytes), `UNB+${index}'`);
    }
  });

  it('is full when as many wait as may', async () => {
    const examiner = await examinerWith(1, 2);
    assert.equal(examiner.isFull(), false);
    const task = await taskOf(Buffer.from("UNB'"));
    const all = Array.from({ length: 3 }, () => examiner.examine(task));
    assert.equal(examiner.isFull(), true);
    await Promise.all(all);
    assert.equal(examiner.isFull(), false);
  });

  for (const program of ['broken', 'leaving'])
    it(`threads whose program is ${program} keep nobody waiting`, async () => {
      const options = { workers: 2, spool, waiting: 100, log, time: 60_000 };
      const url = new URL(`../support/${program}-worker.mjs`, import.meta.url);
      const examiner = createExaminer(await loadHome(home.directory, {}), { ...options, program: url });
      examiners.push(examiner);
      const task = await taskOf(Buffer.from("UNB'"));
      for (let round = 0; round < 2; round += 1) {
        const all = await Promise.allSettled(Array.from({ length: 3 }, () => examiner.examine(task)));
        for (const each of all) {
          assert.ok(each.status === 'rejected' && each.reason instanceof ExaminationAbandoned);
          assert.match(
            each.reason.message,
            program === 'broken' ? /this program is broken/ : /exited with code: 3|No thread/,
          );
        }
      }
      await assert.rejects(examiner.examine(task), { code: 'NO_THREAD' });
      assert.equal(examiner.isFull(), false);
    });

  it('leaves nothing in the spool but the content that was found', async () => {
    const examiner = await examinerWith(1);
    const content = Buffer.alloc(3 * 1024 * 1024, 'UNB');
    const { finding } = await examiner.examine(await taskOf(content));
    assert.ok(finding.kind === 'authentic' && 'file' in finding.payload.content);
    assert.deepEqual(readdirSync(spool), [path.basename(finding.payload.content.file)]);
    assert.equal(finding.payload.content.sha256, kept(content).sha256);
  });
});
