import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Reader } from '../../src/bytes/reader.ts';
import { after as from, concatenated, drain, fileSource, gather, gathered, joined } from '../../src/bytes/source.ts';
import { PIECE, sourceOf, type Source } from '../../src/bytes/source.ts';
import { temporaryDirectories } from '../store/temporary.ts';
import { bytesOf } from '../support/bytes.ts';

const large = randomBytes(2 * PIECE + 1000);

describe('bytes/source', () => {
  const { make } = temporaryDirectories();
  let written = 0;
  let directory: string;
  before(() => {
    directory = make();
  });
  function inFile(bytes: Buffer): Source {
    const file = path.join(directory, String((written += 1)));
    writeFileSync(file, bytes);
    return fileSource(file, bytes.length);
  }

  const kinds: [string, (bytes: Buffer, cut: number) => Source][] = [
    ['in memory', (bytes) => sourceOf(bytes)],
    ['in a file', (bytes) => inFile(bytes)],
    ['joined', (bytes, cut) => joined(bytes.subarray(0, cut), sourceOf(bytes.subarray(cut)))],
    ['from an offset on', (bytes, cut) => from(sourceOf(Buffer.concat([Buffer.alloc(cut, 'x'), bytes])), cut)],
    ['joined to a file', (bytes, cut) => joined(bytes.subarray(0, cut), inFile(bytes.subarray(cut)))],
    ['a file from an offset on', (bytes, cut) => from(inFile(Buffer.concat([Buffer.alloc(cut, 'x'), bytes])), cut)],
  ];
  for (const [kind, make] of kinds)
    it(`${kind}: any part of it can be read, again and again, in pieces that are neither empty nor large`, () => {
      const place = fc.double({ min: 0, max: 1, noNaN: true });
      const whole = fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
        fc.constantFrom(large, large.subarray(0, PIECE), large.subarray(0, PIECE + 1)),
      );
      fc.assert(
        fc.property(whole, place, fc.array(fc.tuple(place, place), { maxLength: 4 }), (bytes, cut, parts) => {
          const source = make(bytes, Math.floor(cut * Math.min(bytes.length, PIECE)));
          assert.equal(source.size, bytes.length);
          assert.deepEqual(gather(source.pieces()), bytes);
          for (const [one, other] of parts) {
            const [start, end] = [one, other].map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
            const pieces = [...source.pieces(start, end)];
            assert.ok(pieces.every(({ length }) => length > 0 && length <= PIECE));
            assert.ok(Buffer.concat(pieces).equals(bytes.subarray(start, end)));
            assert.ok(gather(source.pieces(start)).equals(bytes.subarray(start)));
            assert.ok(gather(source.pieces(start, bytes.length + 5)).equals(bytes.subarray(start)));
            assert.deepEqual([...source.pieces(bytes.length + 1, bytes.length + 5)], []);
          }
        }),
        { numRuns: 60 },
      );
    });

  it('tells its file, if it is one and no more than that', () => {
    assert.equal(sourceOf(large).file, undefined);
    const source = inFile(large);
    assert.ok(existsSync(source.file ?? ''));
    assert.equal(joined(Buffer.from('x'), source).file, undefined);
    assert.equal(from(source, 1).file, undefined);
    assert.equal(from(source, 0), source);
  });

  it('a file that is shorter than it was is a fault, not an end', () => {
    const source = inFile(large);
    truncateSync(source.file ?? '', PIECE + 10);
    assert.throws(() => drain(source.pieces()), /shorter than it was/);
    assert.throws(() => drain(fileSource(path.join(directory, 'none'), 1).pieces()), { code: 'ENOENT' });
    assert.deepEqual([...fileSource(path.join(directory, 'none'), 0).pieces()], []);
  });

  it('a file is not held open by whoever stops reading it', function () {
    if (!existsSync('/proc/self/fd')) this.skip();
    const source = inFile(large);
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const readers = Array.from({ length: 50 }, () => {
      const reader = new Reader(source.pieces());
      reader.peek(1);
      return reader;
    });
    assert.equal(open(), before);
    assert.ok(readers.every((reader) => gather(reader.rest()).equals(large)));
  });

  it('one after the other, made while they are read', () => {
    let made = 0;
    const counted = {
      size: 2,
      pieces() {
        made += 1;
        return [Buffer.from('cd')];
      },
    };
    const all = concatenated(bytesOf(Buffer.from('ab')), counted, bytesOf(), sourceOf(Buffer.from('e')));
    assert.equal(all.size, 5);
    const pieces = all.pieces()[Symbol.iterator]();
    pieces.next();
    assert.equal(made, 0);
    assert.equal(String(gather(all.pieces())), 'abcde');
  });

  it('what comes in one piece is not copied when it is gathered', () => {
    assert.equal(gather([large]), large);
    assert.equal(gather([]).length, 0);
  });

  it('what lies in a file is gathered into as much memory as it has bytes', async () => {
    const all = await gathered(inFile(large));
    assert.ok(all.equals(large));
    assert.equal(all.buffer.byteLength, large.length);
  });
});
