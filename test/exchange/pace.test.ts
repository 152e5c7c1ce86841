import assert from 'node:assert/strict';

import { paced } from '../../src/exchange/pace.ts';

const piece = Buffer.from('x');
const never = new Promise<never>(() => undefined);
const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

async function count(body: AsyncIterable<Uint8Array>): Promise<number> {
  let pieces = 0;
  for await (const each of body) pieces += each.length;
  return pieces;
}

describe('the pace of a body', () => {
  it('one that comes is passed on as it is', async () => {
    async function* body() {
      for (let pieces = 0; pieces < 10; pieces += 1) {
        await soon();
        yield piece;
      }
    }
    assert.equal(await count(paced(body(), { silence: 5_000, whole: 60_000 })), 10);
  });

  it('one that stops is given up', async () => {
    async function* body() {
      yield piece;
      await never;
    }
    await assert.rejects(count(paced(body(), { silence: 20, whole: 60_000 })), { code: 'BODY_TOO_SLOW' });
  });

  it('one that drips is given up, though it is never silent for long', async () => {
    let dripped = 0;
    async function* body() {
      for (;;) {
        await soon();
        dripped += 1;
        yield piece;
      }
    }
    await assert.rejects(count(paced(body(), { silence: 5_000, whole: 40 })), { code: 'BODY_TOO_SLOW' });
    assert.ok(dripped > 1);
  });

  it('what its reader takes is not the fault of the sender', async () => {
    async function* body() {
      yield piece;
      await soon();
      yield piece;
    }
    for await (const each of paced(body(), { silence: 5_000, whole: 40 })) {
      assert.equal(each, piece);
      const until = performance.now() + 50;
      while (performance.now() < until) await soon();
    }
  });

  it('what fails, fails; and whoever stops reading ends it', async () => {
    async function* broken() {
      yield piece;
      await soon();
      throw new Error('cut off');
    }
    await assert.rejects(count(paced(broken(), { silence: 5_000, whole: 60_000 })), /cut off/);
    let ended = false;
    async function* body() {
      try {
        for (;;) {
          await soon();
          yield piece;
        }
      } finally {
        ended = true;
      }
    }
    for await (const each of paced(body(), { silence: 5_000, whole: 60_000 })) if (each === piece) break;
    assert.equal(ended, true);
  });
});
