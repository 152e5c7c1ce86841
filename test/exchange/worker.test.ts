import assert from 'node:assert/strict';

import { startWorker } from '../../src/exchange/worker.ts';
import { createLog } from '../../src/telemetry/log.ts';

const log = createLog('silent');
const never = 2_000_000_000;

/** Resolves with what `done` was called with. */
function settled<T>(): { promise: Promise<T>; done: (value: T) => void } {
  let done: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (done = resolve));
  return { promise, done };
}

describe('a worker', () => {
  it('goes on without a rest while there is work', async () => {
    const idle = settled<number>();
    let turns = 0;
    const worker = startWorker(
      'test',
      () => {
        turns += 1;
        if (turns === 4) idle.done(turns);
        return Promise.resolve(turns < 4 ? 1 : 0);
      },
      never,
      log,
    );
    assert.equal(await idle.promise, 4);
    await worker.stop();
  });

  it('does not lose a wake that comes while it looks for work', async () => {
    const looking = settled<undefined>();
    const woken = settled<undefined>();
    const second = settled<undefined>();
    let turns = 0;
    const worker = startWorker(
      'test',
      async () => {
        turns += 1;
        if (turns === 2) second.done(undefined);
        if (turns > 1) return 0;
        looking.done(undefined);
        await woken.promise;
        return 0;
      },
      never,
      log,
    );
    await looking.promise;
    worker.wake();
    woken.done(undefined);
    await second.promise;
    await worker.stop();
  });

  it('goes on after its work threw', async () => {
    const again = settled<undefined>();
    let turns = 0;
    const worker = startWorker(
      'test',
      () => {
        turns += 1;
        if (turns > 1) again.done(undefined);
        return turns === 1 ? Promise.reject(new Error('once')) : Promise.resolve(0);
      },
      1,
      log,
    );
    await again.promise;
    await worker.stop();
  });

  it('stops only after the work in hand is done', async () => {
    const begun = settled<undefined>();
    const finish = settled<undefined>();
    let finished = false;
    const worker = startWorker(
      'test',
      async () => {
        begun.done(undefined);
        await finish.promise;
        finished = true;
        return 0;
      },
      never,
      log,
    );
    await begun.promise;
    const stopped = worker.stop();
    finish.done(undefined);
    await stopped;
    assert.ok(finished);
  });
});
