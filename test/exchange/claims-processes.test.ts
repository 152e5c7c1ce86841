import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { makeClaim } from '../../src/exchange/claims.ts';
import { findStanding } from '../../src/exchange/standings.ts';
import { claimOf, openRegister } from '../support/register.ts';

const script = path.join(import.meta.dirname, 'claims-child.ts');

/** Runs a process to its end, or kills it when it has said so many lines. Returns all that it said. */
async function run(args: readonly string[], killAfter = Infinity, begun?: () => void): Promise<string[][]> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  const lines: string[][] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line.split(' '));
    begun?.();
    if (lines.length === killAfter) child.kill('SIGKILL');
  }
  assert.equal(await closed, killAfter === Infinity ? 0 : 'SIGKILL');
  return lines;
}

describe('claims from several processes', () => {
  it('hundreds at once on one certificate: never more than is certified, and each entry line once', async () => {
    const register = await openRegister();
    await register.send({ quantity: '1000' });
    const said = (await Promise.all(['1', '2', '3'].map((name) => run(['race', register.directory, name])))).flat();
    assert.equal(said.length, 3 * 100);
    const claims = await register.store.listClaims({ limit: 1000 });
    const drawn = claims.reduce((sum, { quantity }) => sum + quantity, 0);
    const standing = await findStanding('6AU000123', register);
    assert.equal(standing?.registration.lines[0]?.used, drawn);
    // 1000 is less than all of them want; those that were refused want 7 at most.
    assert.ok(drawn <= 1000 && drawn > 1000 - 7, `${drawn} are drawn`);
    const lines = claims.map(({ entry, entryLine }) => `${entry} ${entryLine}`);
    assert.equal(new Set(lines).size, claims.length);
    const recorded = said.filter(([how]) => how === 'matched').map(([, entry, line]) => `${entry ?? ''} ${line ?? ''}`);
    assert.deepEqual(recorded.sort(), lines.sort(), 'each was said to be recorded once');
    assert.equal((await register.store.verifyLedger()).kind, 'whole');
    await register.store.close();
  });

  it('while certificates are cancelled: each is used or cancelled, and not both', async () => {
    const register = await openRegister();
    const numbers = Array.from({ length: 40 }, (_, n) => `6AU${String(n).padStart(6, '0')}`);
    for (const number of numbers) await register.send({ number });
    const claiming = ['1', '2'].map((name) => {
      let said = Promise.resolve<string[][]>([]);
      const begun = new Promise<void>((resolve) => {
        said = run(['several', register.directory, name, ...numbers], Infinity, resolve);
      });
      return { begun, said };
    });
    await Promise.all(claiming.map(({ begun }) => begun));
    const decided = new Map<string, string>();
    // They come towards us.
    for (const number of numbers.toReversed()) decided.set(number, await register.send({ number, function: '1' }));
    const said = (await Promise.all(claiming.map((one) => one.said))).flat();
    for (const [index, number] of numbers.entries()) {
      const standing = await findStanding(number, register);
      const isCancelled = decided.get(number) === 'cancel';
      const matched = said.filter(([how, , line]) => how === 'matched' && line === String(index + 1)).length;
      // Of 18,000 the two want 10,000 each.
      assert.equal(matched, isCancelled ? 0 : 1, number);
      assert.equal(standing?.state, isCancelled ? 'cancelled' : 'partly-used');
      assert.equal(standing.registration.lines[0]?.used, isCancelled ? 0 : 10_000);
    }
    assert.equal(decided.get(numbers[0] ?? ''), 'certificate-in-use');
    assert.equal((await register.store.verifyLedger()).kind, 'whole');
    await register.store.close();
  });

  for (const count of [1, 20, 50]) {
    it(`killed after ${count} lines: what was said is on file, once, and the same claims may come again`, async () => {
      const register = await openRegister();
      await register.send();
      const said = await run(['work', register.directory], count);
      for (const [how, entry = '', line] of said) {
        assert.equal(how, 'matched');
        const again = await makeClaim(claimOf({ entry, line: Number(line), quantity: 1 }), register);
        assert.ok(again.kind === 'matched' && again.repeated);
      }
      const claims = await register.store.listClaims({ limit: 1000 });
      const standing = await findStanding('6AU000123', register);
      assert.equal(standing?.registration.lines[0]?.used, claims.length);
      assert.equal((await register.store.verifyLedger()).kind, 'whole');
      await register.store.close();
    });
  }
});
