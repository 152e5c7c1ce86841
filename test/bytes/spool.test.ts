import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { gather } from '../../src/bytes/source.ts';
import { fileSpool, memorySpool, spooled } from '../../src/bytes/spool.ts';
import { temporaryDirectories } from '../store/temporary.ts';
import { inPieces } from '../support/bytes.ts';

const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

describe('bytes/spool', () => {
  const { make } = temporaryDirectories();

  it('gives back what was written, again and again; in a file from the threshold on', () => {
    const directory = make();
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(30)), fc.nat(100), (whole, cuts, threshold) => {
        const { spool, clear } = fileSpool(directory, threshold);
        const pieces = inPieces(whole, ...cuts);
        for (const [kept, isFile] of [
          [spooled(pieces.pieces(), spool), whole.length > threshold],
          [spooled(pieces.pieces(), memorySpool), false],
        ] as const) {
          assert.equal(kept.size, whole.length);
          assert.equal(kept.file !== undefined, isFile);
          for (let time = 0; time < 2; time++) assert.deepEqual(gather(kept.pieces()), whole);
          const [start, end] = [whole.length >> 2, whole.length >> 1];
          assert.deepEqual(gather(kept.pieces(start, end)), whole.subarray(start, end));
        }
        clear();
        assert.deepEqual(readdirSync(directory), []);
      }),
    );
  });

  it('removes its files together, but for those that were taken over, and not those of another', () => {
    const directory = make();
    const [one, other] = [fileSpool(directory, 0), fileSpool(directory, 0)];
    const spoolOf = ({ spool }: typeof one, text: string) => spooled([Buffer.from(text)], spool);
    const [first, second, third] = [spoolOf(one, 'a'), spoolOf(one, 'b'), spoolOf(other, 'c')];
    one.clear([undefined, second.file]);
    assert.equal(existsSync(first.file ?? ''), false);
    assert.equal(String(gather(second.pieces())), 'b');
    one.clear();
    assert.equal(String(gather(second.pieces())), 'b', 'what was taken over is no longer its own');
    assert.equal(String(gather(third.pieces())), 'c');
  });

  it('what was begun and not ended is closed and removed too; a file that is gone is no fault', () => {
    const directory = make();
    const { spool, clear } = fileSpool(directory, 0);
    const before = openFiles();
    for (let count = 0; count < 5; count++) spool().write(Buffer.from('x'));
    rmSync(spooled([Buffer.from('y')], spool).file ?? '');
    assert.equal(readdirSync(directory).length, 5);
    clear();
    assert.deepEqual(readdirSync(directory), []);
    assert.equal(openFiles(), before);
    clear();
  });

  it('nothing is written after the end', () => {
    const { spool, clear } = fileSpool(make(), 0);
    const spooling = spool();
    spooling.write(Buffer.from('x'));
    spooling.end();
    assert.throws(() => spooling.write(Buffer.from('y')), /is closed/);
    clear();
  });

  it('nobody else may read what lies there', () => {
    const { spool, clear } = fileSpool(make(), 0);
    assert.equal(statSync(spooled([Buffer.from('x')], spool).file ?? '').mode & 0o777, 0o600);
    clear();
  });

  it('a place that cannot be written to is told', () => {
    const directory = make();
    const { spool } = fileSpool(path.join(directory, 'none'), 0);
    assert.throws(() => spooled([Buffer.from('x')], spool), { code: 'ENOENT' });
  });
});
