import assert from 'node:assert/strict';

import { createSharing } from '../../src/exchange/sharing.ts';

/** A task that ends when it is told to. */
function task(name: string, log: string[]) {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async () => {
    log.push(name);
    await ended;
    return name;
  };
  return { run, end };
}

/** All that is ready to go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('sharing', () => {
  it('runs side by side what fits together, and the rest later', async () => {
    const share = createSharing();
    const log: string[] = [];
    const [a, b, c] = [task('a', log), task('b', log), task('c', log)];
    const results = [share(0.5, a.run), share(0.5, b.run), share(0.5, c.run)];
    await settled();
    assert.deepEqual(log, ['a', 'b']);
    b.end();
    await settled();
    assert.deepEqual(log, ['a', 'b', 'c']);
    a.end();
    c.end();
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c']);
  });

  it('lets tasks wait in the order in which they came', async () => {
    const share = createSharing();
    const log: string[] = [];
    const [first, large, small] = [task('first', log), task('large', log), task('small', log)];
    const results = [share(0.5, first.run), share(0.9, large.run), share(0.1, small.run)];
    await settled();
    assert.deepEqual(log, ['first']);
    first.end();
    await settled();
    assert.deepEqual(log, ['first', 'large', 'small']);
    large.end();
    small.end();
    await Promise.all(results);
  });

  it('runs what is larger than the whole alone', async () => {
    const share = createSharing();
    const log: string[] = [];
    const [huge, small] = [task('huge', log), task('small', log)];
    const results = [share(3, huge.run), share(0.1, small.run)];
    await settled();
    assert.deepEqual(log, ['huge']);
    huge.end();
    await settled();
    assert.deepEqual(log, ['huge', 'small']);
    small.end();
    await Promise.all(results);
  });

  it('gives the share back when a task fails, and loses none to rounding', async () => {
    const share = createSharing();
    const thirds = Array.from({ length: 1_000 }, (_, at) =>
      share(1 / 3, () => (at % 2 === 0 ? Promise.reject(new Error('x')) : Promise.resolve())).catch(() => undefined),
    );
    await Promise.all(thirds);
    assert.equal(await share(1, () => Promise.resolve('all of it')), 'all of it');
  });
});
