import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerSyntax, makeContrl } from '../../src/edifact/contrl.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { EdifactError } from '../../src/edifact/errors.ts';
import { allFindings } from '../../src/edifact/interchange.ts';
import { readInterchanges } from '../../src/edifact/reader.ts';
import { interchange, message, read, unb } from './samples.ts';

const validating = { ...EDIFACT_LIMITS, directories: loadDirectory, groups: true };

/** Reads to the last component, and answers; anything thrown must be a typed error. */
function exercise(bytes: Buffer): void {
  try {
    for (const each of [...readInterchanges(bytes).interchanges, ...readInterchanges(bytes, validating).interchanges]) {
      for (const { segments } of each.messages) for (const { elements } of segments) assert.ok(Array.isArray(elements));
      makeContrl(each);
      answerSyntax(each);
    }
  } catch (error) {
    if (!(error instanceof EdifactError)) throw error;
  }
}

describe('hostile bytes', () => {
  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => exercise(Buffer.from(bytes))),
      { numRuns: 500 },
    );
  });

  it('random bytes behind UNA and UNB, in any character set', () => {
    const starts = ['UNA:+.? \'', 'UNB', unb + "'", ...['UNOY:4', 'UNOE:3', 'constructor:3', 'UNOC:__proto__'].map((syntax) => unb.replace('UNOC:3', syntax) + "'")]; // prettier-ignore
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, bytes) =>
        exercise(Buffer.concat([Buffer.from(start), bytes])),
      ),
      { numRuns: 500 },
    );
  });

  it('every byte of an interchange removed, doubled or replaced', () => {
    const good = Buffer.from(interchange([message('1'), message('2')]));
    for (let at = 0; at < good.length; at++) {
      exercise(Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]));
      exercise(Buffer.concat([good.subarray(0, at + 1), good.subarray(at)]));
      for (const byte of [0x00, 0x27, 0x2b, 0x3f, 0xff]) {
        const changed = Buffer.from(good);
        changed[at] = byte;
        exercise(changed);
      }
      exercise(good.subarray(0, at));
    }
  });

  const large: readonly (readonly [what: string, make: () => string])[] = [
    ['nothing but terminators', () => `${unb}${"'".repeat(100_000)}`],
    ['nothing but released terminators', () => `${unb}'UNH+1+A:B:C:D'FTX+${"?'".repeat(1_000_000)}`],
    ['nothing but release characters', () => `${unb}'UNH+1+A:B:C:D'FTX+${'?'.repeat(1_000_000)}`],
    ['messages that are nothing but UNH', () => `${unb}'${"UNH+1+A:B:C:D'".repeat(20_000)}`],
    ['faults in every segment', () => `${unb}'UNH+1+A:B:C:D'${"bgm+\x07:\x07+\x07'".repeat(30_000)}`],
    ['one segment of separators', () => `${unb}'UNH+1+A:B:C:D'FTX${'+'.repeat(60_000)}'UNT+3+1'UNZ+1+AU0000000417'`],
    ['interchanges that are nothing but UNB', () => `${unb}'`.repeat(5_000)],
    ['UNB without end, line by line', () => 'UNB+\n'.repeat(1_000_000)],
    ['UNB without a sender, line by line', () => "UNB+UNOC:3'\n".repeat(500_000)],
    ['UNB that is none, behind blanks', () => `\n${' '.repeat(1_000)}UNBx`.repeat(5_000)],
    ['UN without end', () => 'UN'.repeat(3_000_000)],
    ['release characters before what is no UNB', () => `${'?'.repeat(1_000)}'UNB`.repeat(5_000)],
  ];
  for (const [what, make] of large) {
    it(`${what}: read, or refused by a typed error, in time and memory`, () => exercise(Buffer.from(make(), 'latin1')));
  }

  it('findings are kept up to a limit, and a message at fault always keeps one', () => {
    const body = Array.from({ length: 5000 }, () => 'FTX+\x07');
    const [first, second] = read(
      interchange([message('1', undefined, body), message('2', undefined, ['FTX+\x07'])]),
    ).messages;
    assert.ok(first!.findings.length <= 501, String(first!.findings.length));
    assert.equal(second!.findings.length, 1);
  });

  it('3000 messages are read', () => {
    const many = read(interchange(Array.from({ length: 3000 }, (_, index) => message(String(index + 1)))));
    assert.equal(many.messages.length, 3000);
    assert.deepEqual(allFindings(many), []);
  });
});
