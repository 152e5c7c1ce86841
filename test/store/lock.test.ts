import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { HomeInUse, holdLock } from '../../src/store/lock.ts';
import { temporaryDirectories } from './temporary.ts';

describe('the lock of a serving process', () => {
  const directories = temporaryDirectories();

  it('is held by one at a time, and free again when it lets go', () => {
    const directory = directories.make();
    const letGo = holdLock(directory);
    assert.throws(() => holdLock(directory), HomeInUse);
    letGo();
    holdLock(directory)();
  });

  it('is held against other processes, and falls when its process is killed', async () => {
    const directory = directories.make();
    const lock = path.resolve(import.meta.dirname, '../../src/store/lock.ts');
    const script = `
      const { holdLock } = await import(${JSON.stringify(lock)});
      holdLock(${JSON.stringify(directory)});
      console.log('held');
      process.stdin.resume();`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const holder = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
    assert.equal(line, 'held');
    assert.throws(() => holdLock(directory), HomeInUse);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    holdLock(directory)();
  });
});
