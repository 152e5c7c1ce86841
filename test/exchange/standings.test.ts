import assert from 'node:assert/strict';

import { standings } from '../../src/exchange/standings.ts';
import { openRegister, type TestRegister } from '../support/register.ts';

describe('certificates as they stand', () => {
  let register: TestRegister;
  const numbers = Array.from({ length: 250 }, (_, index) => `6AU${String(index).padStart(6, '0')}`);

  before(async () => {
    register = await openRegister();
    for (const number of numbers) await register.send({ number });
  });
  after(() => register.store.close());

  async function listed(filter: Parameters<typeof standings>[0]): Promise<string[]> {
    const found: string[] = [];
    for await (const { registration } of standings(filter, register)) found.push(registration.number);
    return found;
  }

  it('come by number, each once, however many there are', async () => {
    assert.deepEqual(await listed({}), numbers);
    assert.deepEqual(await listed({ country: 'AU', condition: 'cancelled' }), []);
  });

  it('come by number, each once, in whatever order and however often they are asked for', async () => {
    const asked = [...numbers.toReversed(), ...numbers, '6AU999999'];
    assert.deepEqual(await listed({ numbers: asked }), numbers);
    assert.deepEqual(await listed({ numbers: [] }), []);
  });

  it('let other work go on between two pages', async () => {
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await listed({});
    isDone = true;
    assert.ok(turns >= 2, `${turns}`);
  });
});
