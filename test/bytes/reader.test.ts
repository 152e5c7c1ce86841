import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Reader } from '../../src/bytes/reader.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';

const abc = Buffer.from('abcdefghij');
const readerOf = (...pieces: readonly string[]) => new Reader(pieces.map((piece) => Buffer.from(piece)));

describe('bytes/reader', () => {
  it('reads the same, however the bytes are cut and whatever is asked for', () => {
    const step = fc.record({
      kind: fc.constantFrom('peek', 'take', 'skip', 'upTo', 'peekPiece'),
      count: fc.oneof(fc.nat(40), fc.nat(5)),
    });
    const cuts = fc.array(fc.nat(12), { maxLength: 30 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), cuts, fc.array(step), (bytes, lengths, steps) => {
        const whole = Buffer.from(bytes);
        const reader = new Reader(inPieces(whole, ...lengths).pieces());
        let at = 0;
        for (const { kind, count } of steps) {
          const expected = whole.subarray(at, at + count);
          if (kind === 'peek') assert.deepEqual(reader.peek(count), expected);
          else if (kind === 'take') assert.deepEqual(reader.take(count), expected);
          else if (kind === 'skip') reader.skip(count);
          else if (kind === 'upTo') assert.deepEqual(collect(reader.upTo(count)), expected);
          else {
            const piece = reader.peekPiece();
            assert.equal(piece === undefined, at === whole.length);
            assert.ok(piece === undefined || (piece.length > 0 && whole.indexOf(piece, at) >= at));
            continue;
          }
          if (kind !== 'peek') at += expected.length;
          assert.equal(reader.offset, at);
        }
        assert.deepEqual(collect(reader.rest()), whole.subarray(at));
        assert.equal(reader.offset, whole.length);
        assert.equal(reader.peekPiece(), undefined);
        assert.equal(reader.take(1).length, 0);
      }),
    );
  });

  it('copies nothing that lies in one piece', () => {
    const reader = new Reader([abc]);
    assert.equal(reader.peek(3).buffer, abc.buffer);
    assert.equal(reader.take(3).buffer, abc.buffer);
    for (const piece of reader.rest()) assert.equal(piece.buffer, abc.buffer);
  });

  it('pulls no more than what is asked for, and each piece when it is asked for', () => {
    let pulled = 0;
    function* counted() {
      for (;;) {
        pulled += 1;
        yield Buffer.from('ab');
      }
    }
    const reader = new Reader(counted());
    assert.equal(pulled, 0);
    reader.peek(2);
    assert.equal(pulled, 1);
    reader.peek(3);
    assert.equal(pulled, 2);
    const pieces = reader.upTo(9);
    assert.equal(pulled, 2);
    for (const expected of [2, 4, 6]) {
      pieces.next();
      assert.equal(reader.offset, expected);
      assert.equal(pulled, Math.max(2, expected / 2));
    }
  });

  it('what was begun and not read to its end is left for the next', () => {
    const reader = readerOf('ab', 'cd', 'ef');
    assert.equal(String(reader.upTo(5).next().value), 'ab');
    assert.equal(String(reader.take(3)), 'cde');
    const [, ...more] = reader.upTo(0);
    assert.deepEqual(more, []);
    assert.equal(String(collect(reader.rest())), 'f');
  });

  it('what is beyond the end is not there', () => {
    const reader = readerOf('ab', '', 'c');
    assert.equal(String(reader.peek(10)), 'abc');
    reader.skip(100);
    assert.equal(reader.offset, 3);
    assert.equal(reader.peek(1).length, 0);
  });

  it('a fault of the source is told where it is met', () => {
    function* breaking() {
      yield Buffer.from('ab');
      throw new RangeError('broken');
    }
    const reader = new Reader(breaking());
    assert.equal(String(reader.take(2)), 'ab');
    assert.throws(() => reader.peek(1), RangeError);
    assert.equal(new Reader(bytesOf().pieces()).peekPiece(), undefined);
  });
});
