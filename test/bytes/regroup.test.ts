import assert from 'node:assert/strict';
import fc from 'fast-check';
import { regrouped, withoutTail } from '../../src/bytes/regroup.ts';
import { collect, inPieces } from '../support/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const cuts = fc.array(fc.nat(20), { maxLength: 30 });

describe('bytes/regroup', () => {
  it('the same bytes, in pieces that are large enough but for the last', () => {
    fc.assert(
      fc.property(bytes, cuts, fc.integer({ min: 1, max: 50 }), (whole, lengths, least) => {
        const pieces = [...regrouped(inPieces(whole, ...lengths).pieces(), least)];
        assert.deepEqual(Buffer.concat(pieces), whole);
        for (const piece of pieces.slice(0, -1)) assert.ok(piece.length >= least);
        for (const piece of pieces) assert.ok(piece.length > 0);
      }),
    );
  });

  it('what is large enough is not copied', () => {
    const large = Buffer.alloc(10);
    assert.equal([...regrouped([large], 10)][0], large);
    assert.equal([...regrouped([large], 11)][0], large);
  });

  it('the tail is kept back, whatever the cuts, and told at the end', () => {
    fc.assert(
      fc.property(bytes, cuts, fc.integer({ min: 1, max: 50 }), (whole, lengths, count) => {
        const tails: Buffer[] = [];
        const pieces: Buffer[] = [];
        for (const piece of withoutTail(inPieces(whole, ...lengths).pieces(), count, (tail) => tails.push(tail))) {
          assert.deepEqual(tails, []);
          assert.ok(piece.length > 0);
          pieces.push(piece);
        }
        const cut = Math.max(whole.length - count, 0);
        assert.deepEqual(Buffer.concat(pieces), whole.subarray(0, cut));
        assert.deepEqual(tails, [whole.subarray(cut)]);
      }),
    );
  });

  it('of nothing there is nothing, and no tail', () => {
    assert.deepEqual([...regrouped([], 5)], []);
    let tail: Buffer | undefined;
    assert.equal(collect(withoutTail([], 5, (bytes) => (tail = bytes))).length, 0);
    assert.equal(tail?.length, 0);
  });
});
