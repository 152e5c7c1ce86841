import assert from 'node:assert/strict';

import { newControlReference, newId, newMessageId } from '../../src/exchange/ids.ts';

describe('identifiers of our own', () => {
  const at = new Date('2026-11-02T09:31:00Z');

  it('RFC 9562 §5.7: ids are UUIDs of version 7, in the order of time', () => {
    assert.match(newId(at), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(newId(at) < newId(new Date(at.getTime() + 1)));
  });

  it('RFC 4130 §5.3.3: a Message-ID stands in angle brackets, has a host part, is below 255 characters and unique', () => {
    const id = newMessageId(at, 'as2.example.org');
    assert.match(id, /^<[^\s<>@]+@as2\.example\.org>$/);
    assert.ok(id.length <= 255);
    assert.notEqual(id, newMessageId(at, 'as2.example.org'));
  });

  it('UNB 0020: an interchange reference has at most 14 capital letters and digits', () => {
    const references = new Set(Array.from({ length: 100 }, () => newControlReference(at)));
    assert.equal(references.size, 100);
    for (const reference of references) assert.match(reference, /^[0-9A-Z]{14}$/);
  });
});
