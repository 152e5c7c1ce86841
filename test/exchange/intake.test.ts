import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { createIntake } from '../../src/exchange/intake.ts';
import { LARGEST_BESIDE, MOST_PIECES } from '../../src/limits.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('a body that is taken in', () => {
  const folder = temporaryFolder('intake');

  const takeIn = createIntake(1 << 20);

  async function taken(bytes: Buffer, pieceSize: number) {
    async function* body() {
      for (let at = 0; at < bytes.length; at += pieceSize)
        yield await Promise.resolve(bytes.subarray(at, at + pieceSize));
    }
    const arrival = { body: body(), announced: undefined };
    const kept = await takeIn(arrival, 1 << 22, path.join(folder, `${bytes.length}-${pieceSize}`));
    assert.ok(kept !== undefined);
    return 'bytes' in kept ? { bytes: kept.bytes, isFile: false } : { bytes: readFileSync(kept.file), isFile: true };
  }

  it('is the same in whatever pieces it comes', async () => {
    for (const [size, pieceSize] of [
      [0, 1],
      [1, 1],
      [MOST_PIECES, 1],
      [MOST_PIECES + 1, 1],
      [10 * MOST_PIECES - 1, 1],
      [1 << 20, 1000],
      [(1 << 20) + 1, 1000],
      [(1 << 20) + 10 * MOST_PIECES, 7],
    ] as const) {
      const bytes = randomBytes(size);
      const { bytes: kept, isFile } = await taken(bytes, pieceSize);
      assert.ok(kept.equals(bytes), `${size} in pieces of ${pieceSize}`);
      assert.equal(isFile, size > 1 << 20);
    }
  });

  it('goes into a file while others that stall fill the memory, unless it is small', async () => {
    const stalled = Array.from({ length: 2 }, () => {
      let goOn = (): void => undefined;
      const release = new Promise<void>((resolve) => (goOn = resolve));
      async function* body() {
        yield Buffer.alloc(1 << 19);
        await release;
        throw new Error('It breaks off');
      }
      return { goOn, ended: takeIn({ body: body(), announced: undefined }, 1 << 22, path.join(folder, 'stalled')) };
    });
    const isFile = async (size: number) => (await taken(randomBytes(size), 1000)).isFile;
    assert.deepEqual([await isFile(LARGEST_BESIDE), await isFile(LARGEST_BESIDE + 1)], [false, true]);
    for (const { goOn, ended } of stalled) {
      goOn();
      await assert.rejects(ended);
    }
    assert.equal(await isFile(LARGEST_BESIDE + 2), false);
  });
});
