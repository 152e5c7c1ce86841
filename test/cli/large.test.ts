import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import type { MessageDetail } from '../../src/store/store.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';

const MiB = 1024 * 1024;
const size = 200 * MiB;

/** Far less than the message, and more than memory differs from run to run. */
const room = 64 * MiB;

describe('the command line, with a message of 200 MiB', function () {
  this.timeout(60_000);
  let home: TestHome;
  let small: string;
  let large: string;
  const received: { readonly announced: number; readonly size: number; readonly sha256: string }[] = [];
  const partner = createServer((request, response) => {
    const hash = createHash('sha256');
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      length += chunk.length;
    });
    request.once('end', () => {
      const announced = Number(request.headers['content-length']);
      received.push({ announced, size: length, sha256: hash.digest('hex') });
      response.end();
    });
  });

  before(async () => {
    home = await makeHome({ outbox: { timeout: '1m' } });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(partner.address() as AddressInfo).port}/as2`;
    const certificatePem = (await identity('van.test')).certificate.pem;
    home.addPartner('van', { as2Id: 'VAN', url, certificatePem, send: { mdn: 'none', compress: 'none' } });
    small = path.join(home.directory, 'small.bin');
    writeFileSync(small, 'small');
    large = path.join(home.directory, 'large.bin');
    writeFileSync(large, '');
    truncateSync(large, size);
  });
  after(() => partner.close());

  /**
   * Runs the program; tells the bytes that it printed by their digest, and the most memory that it had.
   *
   * @param limit of the shell, for what it runs
   */
  async function ran(limit: string, ...args: string[]) {
    const tell = "process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS))";
    const node = [process.execPath, '--import', 'tsx', '--import', `data:text/javascript,${tell}`, 'src/cli/main.ts'];
    const command = [...node, '--home', home.directory, ...args];
    const child = spawn('sh', ['-c', `${limit} exec "$0" "$@"`, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const hash = createHash('sha256');
    const text: Buffer[] = [];
    let length = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      hash.update(chunk);
      length += chunk.length;
      if (length < MiB) text.push(chunk);
    }
    const [status] = (await ended) as [number];
    const memory = Number(/maxRSS (\d+)/.exec(stderr)?.[1]) * 1024;
    return { status, stderr, sha256: hash.digest('hex'), memory, text: Buffer.concat(text).toString() };
  }

  async function run(...args: string[]) {
    const outcome = await ran('', ...args);
    assert.equal(outcome.status, 0, outcome.stderr);
    return outcome;
  }

  const unfinished = () => readdirSync(path.join(home.directory, 'data/payloads/unfinished'));

  it('sends it, and prints it, in the memory that a small one takes', async () => {
    const usual = await run('--json', 'send', 'van', small);
    const { memory, text } = await run('--json', 'send', 'van', large);
    assert.ok(memory < usual.memory + room, `${memory} bytes, and ${usual.memory} for a small one`);

    const { id, size: sent, rawSha256, payloadSha256, state } = JSON.parse(text) as MessageDetail;
    assert.equal(state, 'delivered');
    assert.ok(sent > size);
    assert.deepEqual(received.at(-1), { announced: sent, size: sent, sha256: rawSha256 });
    assert.deepEqual(unfinished(), []);

    for (const [printed, sha256] of [
      [await run('message', 'raw', id), rawSha256],
      [await run('message', 'raw', '--payload', id), payloadSha256],
    ] as const) {
      assert.equal(printed.sha256, sha256);
      assert.ok(printed.memory < usual.memory + room, `${printed.memory} bytes, and ${usual.memory} for a small one`);
    }
  });

  it('leaves nothing behind where it does not fit on the disk', async () => {
    // No file may grow beyond 50 or 100 MiB: a block is 512 bytes or 1024.
    const { status, stderr } = await ran('ulimit -f 102400;', 'send', 'van', large);
    assert.equal(status, 1);
    assert.match(stderr, /EFBIG/);
    assert.deepEqual(unfinished(), []);
  });
});
