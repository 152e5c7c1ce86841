import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { takeIn } from '../../src/exchange/intake.ts';
import { MOST_PIECES } from '../../src/limits.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('a body that is taken in', () => {
  const folder = temporaryFolder('intake');

  async function taken(bytes: Buffer, pieceSize: number) {
    async function* body() {
      for (let at = 0; at < bytes.length; at += pieceSize)
        yield await Promise.resolve(bytes.subarray(at, at + pieceSize));
    }
    const arrival = { headers: [], body: body(), announced: undefined, remoteAddress: '::1' };
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
});
