import assert from 'node:assert/strict';

import { isShortName } from '../../src/config/files.ts';

describe('the short name of a partner', () => {
  it('is made of small letters, digits and hyphens, so that it fits a path, a table and a command', () => {
    for (const name of ['acme', 'van-2', '3m']) assert.ok(isShortName(name), name);
    for (const name of ['', 'ACME', '-acme', 'a/b', '..', 'a b', 'a'.repeat(64)]) assert.ok(!isShortName(name), name);
  });

  it('is not `endpoint`, which is the ledger chain of our own', () => {
    assert.ok(!isShortName('endpoint'));
    assert.ok(isShortName('endpoint-2'));
  });
});
