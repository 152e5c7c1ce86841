import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MimeError } from '../../src/mime/mime-error.ts';
import { Reader } from '../../src/bytes/reader.ts';
import type { Sized } from '../../src/bytes/source.ts';
import { MULTIPART_LIMITS } from '../../src/limits.ts';
import { joinMultipart, readMultipart, splitMultipart } from '../../src/mime/multipart.ts';
import { bytesOf, collect, inPieces, inPiecesOf } from '../support/bytes.ts';

/** `before`: the preamble, and the line of the first delimiter. */
function read(body: Sized, boundary: string) {
  const reader = new Reader(body.pieces());
  const multipart = readMultipart(reader, boundary);
  const before = collect(body).subarray(0, reader.offset);
  const parts: Buffer[] = [];
  for (let part = multipart.next(); part !== undefined; part = multipart.next()) parts.push(collect(part));
  return { parts, before, epilogue: collect(reader.rest()), closed: multipart.closed() };
}

const split = (text: string, boundary = 'b') => {
  const { parts, before, epilogue, closed } = read(bytesOf(Buffer.from(text, 'latin1')), boundary);
  return { parts: parts.map(String), before: String(before), epilogue: String(epilogue), closed };
};

describe('mime/multipart', () => {
  it('RFC 2046 §5.1.1: the line end before a delimiter belongs to it', () => {
    assert.deepEqual(split('--b\r\nA: 1\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\r\n--b--\r\n'), {
      parts: ['A: 1\r\n\r\none\r\n', '\r\ntwo'],
      before: '--b\r\n',
      epilogue: '',
      closed: true,
    });
  });

  it('RFC 1847 §2.1: a part is exactly what was sent, not a byte more or less', () => {
    for (const part of ['', '\r\n', '\n', '\r', 'a\r', ' a ', 'a\0\xff', '\r\n\r\n', 'a\r\n'])
      assert.deepEqual(split(`--b\r\n${part}\r\n--b--`).parts, [String(Buffer.from(part, 'latin1'))]);
  });

  it('parts are slices of what came', () => {
    const body = Buffer.from('--b\r\none\r\n--b--');
    assert.equal(splitMultipart(body, 'b').parts[0]?.buffer, body.buffer);
  });

  it('takes line ends of LF alone', () => {
    assert.deepEqual(split('--b\none\n\n--b\ntwo\n--b--\n').parts, ['one\n', 'two']);
  });

  it('tells preamble and epilogue, in which boundaries count for nothing', () => {
    assert.deepEqual(split('pre\r\n--b\r\none\r\n--b--\r\npost\r\n--b\r\nthree\r\n'), {
      parts: ['one'],
      before: 'pre\r\n--b\r\n',
      epilogue: 'post\r\n--b\r\nthree\r\n',
      closed: true,
    });
    assert.equal(split('\r\n--b\r\none\r\n--b--').before, '\r\n--b\r\n');
  });

  it('takes padding after the boundary, and no line end after the last', () => {
    assert.deepEqual(split('--b \t\r\none\r\n--b-- \t').parts, ['one']);
    assert.equal(split('--b\r\none\r\n--b-- \t').closed, true);
  });

  it('a boundary may be the beginning of another, and may stand in the middle of a line', () => {
    const inner = '--bb\r\ninner\r\n--bb--\r\n';
    assert.deepEqual(split(`--b\r\n${inner}\r\n--b\r\nx--b\r\n --b\r\n--b-\r\n--b--x\r\n--b--`).parts, [
      inner,
      'x--b\r\n --b\r\n--b-\r\n--b--x',
    ]);
    assert.deepEqual(split('--b--\r\none\r\n--b----', 'b--').parts, ['one']);
  });

  it('two delimiters in a row make an empty part', () => {
    assert.deepEqual(split('--b\r\n--b\r\n\r\n--b--').parts, ['', '']);
  });

  it('without the closing delimiter the last part goes to the end, and that is told', () => {
    assert.deepEqual(split('--b\r\none\r\n--b\r\ntwo\r\n'), {
      parts: ['one', 'two\r\n'],
      before: '--b\r\n',
      epilogue: '',
      closed: false,
    });
    assert.deepEqual(split('--b\r\none\r\n--b').parts, ['one', '']);
  });

  it('a body may have no parts', () => {
    assert.deepEqual(split('--b--').parts, []);
  });

  it('refuses a boundary that is nowhere, empty or too long', () => {
    const wrong = { name: 'MimeError', code: 'MIME_BOUNDARY' };
    assert.throws(() => split('--c\r\none\r\n--c--'), wrong);
    assert.throws(() => split('', 'b'), wrong);
    assert.throws(() => split('--\r\n', ''), wrong);
    assert.throws(() => split('', 'x'.repeat(201)), wrong);
  });

  it('refuses too many parts, and too many lines that look like delimiters', () => {
    const many = { name: 'MimeError', code: 'MIME_LIMIT' };
    assert.throws(() => split('--b\r\n'.repeat(MULTIPART_LIMITS.parts + 2)), many);
    assert.throws(() => split(`--b\r\n${'--bx\r\n'.repeat(MULTIPART_LIMITS.parts + 1)}`), many);
  });

  it('what was joined is split into the same parts', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(fc.constantFrom('\r', '\n', '-', '--', 'b', '\r\n--bb')).map((pieces) => Buffer.from(pieces.join(''))),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const buffers = parts.map((bytes) => Buffer.from(bytes));
        // A sender takes a boundary that is nowhere in the parts.
        const joined = joinMultipart(buffers, 'boundary-1');
        const found = read(bytesOf(joined), 'boundary-1');
        assert.deepEqual(found.parts, buffers);
        assert.deepEqual([String(found.before), found.epilogue.length, found.closed], ['--boundary-1\r\n', 0, true]);
      }),
    );
  });

  it('RFC 2046 §5.1.1: any cuts give the same parts, and the same rest', () => {
    const line = fc.constantFrom(
      ...['--b\r\n', '--b\n', '--b--\r\n', '--b--', '--bb\r\n', '--b \t\r\n', '--b-\r\n', '\r\n', '\n', '\r', '-', 'b'],
      ...[`--b${' '.repeat(256)}\r\n`, `--b${' '.repeat(257)}\r\n`, `--b--${'\t'.repeat(256)}`, '--b\r', '\r\r\n'],
      ...['x'.repeat(300), 'x'.repeat(1200)],
    );
    const text = fc.array(line, { maxLength: 14 }).map((lines) => lines.join(''));
    const cuts = fc.array(fc.oneof(fc.nat(3), fc.nat(300)), { maxLength: 60 });
    fc.assert(
      fc.property(text, cuts, (body, lengths) => {
        const bytes = Buffer.from(body, 'latin1');
        const expected = outcome(() => read(bytesOf(bytes), 'b'));
        const model = partsByLine(body, 'b');
        assert.deepEqual(expected?.parts.map(String), model?.parts);
        assert.equal(expected?.epilogue.toString(), model?.epilogue);
        assert.deepEqual(
          outcome(() => read(inPieces(bytes, ...lengths), 'b')),
          expected,
        );
        assert.deepEqual(
          outcome(() => read(inPiecesOf(bytes, 1), 'b')),
          expected,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('a part is handed out while it is read, and none is held', () => {
    let given = 0;
    function* endless() {
      yield Buffer.from('--b\r\n');
      for (;;) {
        given += 100_000;
        yield Buffer.alloc(100_000, 'x\r\n--');
      }
    }
    const part = readMultipart(new Reader(endless()), 'b').next()!;
    let size = 0;
    for (const { length } of part) {
      size += length;
      assert.ok(length > 0 && given - size < 300_000);
      if (size > 5_000_000) break;
    }
  });

  it('no bytes raise anything but MimeError', () => {
    const pieces = fc.array(fc.constantFrom('\r', '\n', '-', '--b', '--b--', ' ', 'b'), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, (text) => {
        try {
          split(text.join(''));
        } catch (error) {
          assert.ok(error instanceof MimeError, String(error));
        }
      }),
    );
  });

  it('hostile bodies take no time to speak of', () => {
    const start = performance.now();
    for (const piece of ['-', '\n', '\n-', '\n--', '\r\n--a', '\n--aaa'])
      for (const boundary of ['-', 'a'.repeat(200), '-'.repeat(200)])
        try {
          splitMultipart(Buffer.alloc(8 << 20, piece), boundary);
        } catch (error) {
          assert.ok(error instanceof MimeError);
        }
    assert.ok(performance.now() - start < 5000);
  });
});

function outcome<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    assert.ok(error instanceof MimeError, String(error));
    return undefined;
  }
}

/** What RFC 2046 §5.1.1 says, by a regular expression. */
function partsByLine(body: string, boundary: string): { parts: string[]; epilogue: string } | undefined {
  const parts: string[] = [];
  // The line end that makes a delimiter is its own; but one line end cannot belong to two.
  const delimiter = new RegExp(`(^|\\r?\\n|(?<=\\n))--${boundary}(--)?[ \\t]{0,256}(?:\\r?\\n|$)`, 'y');
  let from: number | undefined;
  for (let at = 0; at <= body.length; at++) {
    delimiter.lastIndex = at;
    const found = delimiter.exec(body);
    if (found === null || (found[1] === '' && at !== 0 && at !== from)) continue;
    if (from !== undefined) parts.push(body.slice(from, at));
    from = delimiter.lastIndex;
    if (found[2] !== undefined) return { parts, epilogue: body.slice(from) };
    at = from - 1;
  }
  return from === undefined ? undefined : { parts: [...parts, body.slice(from)], epilogue: '' };
}
