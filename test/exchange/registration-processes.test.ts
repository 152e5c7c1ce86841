import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { homeOfOne, opened } from '../support/jobs.ts';
import { interchange, numberOf } from '../support/sancrt.ts';

const script = path.join(import.meta.dirname, 'registration-child.ts');

/** Starts a process that works; `said` is all that it says, `ended` its status or what killed it. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: string[] = [];
  const heard = new Map<string, () => void>();
  createInterface(child.stdout).on('line', (line) => {
    said.push(line);
    heard.get(line)?.();
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  const on = (line: string) => new Promise<void>((resolve) => heard.set(line, resolve));
  return { child, said, ended, on };
}

describe('registration by several processes', function () {
  this.timeout(60_000);

  it('the same certificate sent twice at the same moment, worked on by two of them, is registered once', async () => {
    const { exchange, close, seals, directory } = await openHome();
    const numbers = Array.from({ length: 15 }, (_, n) => numberOf('AU', n));
    const payloads = numbers.flatMap((number) => [interchange([{ number }]), interchange([{ number }])]);
    const ids = await seals(payloads, new Date());
    const workers = [start(directory), start(directory)];
    await Promise.all(workers.map(({ on }) => on('ready')));
    for (const { child } of workers) child.stdin.write('go\n');
    assert.deepEqual(await Promise.all(workers.map(({ ended }) => ended)), [0, 0]);
    const shares = workers.map(({ said }) => said.filter((line) => line.startsWith('done')).length);
    assert.ok(shares.every((share) => share > 0), `each did some of it: ${shares.join(', ')}`); // prettier-ignore

    const { store } = exchange;
    const details = await Promise.all(ids.map(async (id) => (await store.getMessage(id))?.detail ?? ''));
    const counted = (text: string) => details.filter((detail) => detail.includes(text)).length;
    assert.deepEqual([counted('1 accepted, 0 rejected'), counted('0 accepted, 1 rejected')], [15, 15]);
    const found = await store.findCertificates('test', numbers);
    assert.deepEqual([...found.values()].map(({ version }) => version), numbers.map(() => 1)); // prettier-ignore
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await close();
  });

  it('killed at any step: nothing is half registered, and the next one registers and answers everything once', async () => {
    const { exchange, close, seals, directory } = await openHome();
    const { store } = exchange;
    const moments = [
      ['findCertificates', 'after'],
      ['completeJobs', 'before'],
      ['completeJobs', 'during', 0],
      ['completeJobs', 'during', 5],
      ['completeJobs', 'after'],
    ] as const;
    const rounds: { readonly id: string; readonly numbers: readonly string[] }[] = [];
    for (const [step, when, delay = 0] of moments) {
      const numbers = Array.from({ length: 200 }, (_, n) => numberOf('AU', 1000 * rounds.length + n));
      const [id = ''] = await seals([interchange(numbers.map((number) => ({ number })))], new Date());
      rounds.push({ id, numbers });
      const { child, ended, on } = start(directory, id, step, when);
      void on('kill me').then(() => setTimeout(() => child.kill('SIGKILL'), delay));
      // Asked to, it may have been faster.
      assert.ok(['SIGKILL', ...(when === 'during' ? [0] : [])].includes((await ended) ?? -1), `${when} ${step}`);
      const registered = (await store.findCertificates('test', numbers)).size;
      const message = await store.getMessage(id);
      const whole = registered === 0 ? [0, 'accepted', 0] : [200, 'answered', 2];
      assert.deepEqual([registered, message?.state, message?.answeredBy.length], whole, `${when} ${step}`);
      if (when !== 'during') assert.equal(registered, step === 'completeJobs' && when === 'after' ? 200 : 0);
    }
    assert.equal(await start(directory, 'none').ended, 0);
    for (const { id, numbers } of rounds) {
      const found = await store.findCertificates('test', numbers);
      assert.deepEqual([...found.values()].map(({ version }) => version), numbers.map(() => 1)); // prettier-ignore
      const message = await store.getMessage(id);
      assert.deepEqual([message?.state, message?.answeredBy.length], ['answered', 2]);
      assert.match(message?.detail ?? '', /: 200 accepted, 0 rejected/);
    }
    assert.equal((await store.listMessages({ direction: 'out', limit: 100 })).length, 2 * rounds.length);
    assert.equal((await store.verifyLedger()).kind, 'whole');
    await close();
  });
});

async function openHome() {
  const home = await homeOfOne();
  return { ...(await opened(home)), directory: home.directory };
}
