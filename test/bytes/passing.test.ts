import assert from 'node:assert/strict';

import { passing } from '../../src/bytes/passing.ts';

const MiB = 1024 * 1024;

describe('bytes/passing', () => {
  it('has the buffers that nobody needs any longer collected before there are many', () => {
    let most = 0;
    const begin = process.memoryUsage().arrayBuffers;
    for (let passed = 0; passed < 256; passed += 1) {
      Buffer.allocUnsafeSlow(MiB);
      passing(MiB);
      most = Math.max(most, process.memoryUsage().arrayBuffers - begin);
    }
    assert.ok(most <= 16 * MiB, `${Math.round(most / MiB)} MiB`);
  });
});
