import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contentTypeOf, parseEntity, wholeOf } from '../../src/mime/entity.ts';
import { HEADER_LIMITS } from '../../src/limits.ts';
import { formatHeaders, header, parseHeaders } from '../../src/mime/headers.ts';
import { MimeError } from '../../src/mime/mime-error.ts';
import { collect } from '../support/bytes.ts';

const parse = (text: string) => parseHeaders(Buffer.from(text, 'latin1'));

describe('mime/headers', () => {
  it('reads fields up to the empty line, and tells where the body begins', () => {
    const { headers, bodyOffset } = parse('A: 1\r\nB:2\r\n\r\nbody');
    assert.deepEqual(headers, [['A', '1'], ['B', '2']]); // prettier-ignore
    assert.equal(bodyOffset, 13);
  });

  it('RFC 5322 §2.2.3: unfolds by taking away line ends alone', () => {
    assert.deepEqual(parse('A: one\r\n two\r\n\tthree\r\n\r\n').headers, [['A', 'one two\tthree']]);
    assert.deepEqual(parse('A:\r\n one \r\n\r\n').headers, [['A', 'one']]);
  });

  it('takes lines that end in LF alone', () => {
    const { headers, bodyOffset } = parse('A: 1\n two\nB: 2\n\nbody');
    assert.deepEqual(headers, [['A', '1 two'], ['B', '2']]); // prettier-ignore
    assert.equal(bodyOffset, 16);
  });

  it('an entity may begin with the empty line, have no body, or lack the empty line', () => {
    assert.deepEqual(parse('\r\nbody'), { headers: [], bodyOffset: 2 });
    assert.deepEqual(parse('\nbody'), { headers: [], bodyOffset: 1 });
    assert.deepEqual(parse('A: 1\r\n\r\n'), { headers: [['A', '1']], bodyOffset: 8 });
    assert.deepEqual(parse('A: 1'), { headers: [['A', '1']], bodyOffset: 4 });
    assert.deepEqual(parse(''), { headers: [], bodyOffset: 0 });
  });

  it('keeps each byte of a value as one character', () => {
    const value = String.fromCharCode(...Array.from({ length: 160 }, (_, index) => 0x60 + index));
    assert.equal(header(parse(`Subject: ${value}\r\n\r\n`).headers, 'subject'), value);
  });

  it('finds a field whatever the case of its name, the first of several', () => {
    const { headers } = parse('report-type: a\r\nREPORT-TYPE: b\r\n\r\n');
    assert.equal(header(headers, 'Report-Type'), 'a');
    assert.equal(header(headers, 'Other'), undefined);
  });

  it('takes blanks before the colon (RFC 5322 §4.5.8)', () => {
    assert.deepEqual(parse('A : 1\r\n\r\n').headers, [['A', '1']]);
  });

  for (const [what, text] of [
    ['a line without a colon', 'A: 1\r\nnothing\r\n\r\n'],
    ['an empty name', ': 1\r\n\r\n'],
    ['a name with a blank', 'A B: 1\r\n\r\n'],
    ['a continuation of nothing', ' A: 1\r\n\r\n'],
    ['a bare CR', 'A: 1\rB: 2\r\n\r\n'],
    ['NUL', 'A: 1\0\r\n\r\n'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parse(text), { name: 'MimeError', code: 'MIME_HEADER' });
    });
  }

  it('refuses a header that is too long, or has too many fields', () => {
    const long = { name: 'MimeError', code: 'MIME_LIMIT' };
    assert.throws(() => parse(`A: ${'x'.repeat(HEADER_LIMITS.bytes)}\r\n\r\n`), long);
    assert.throws(() => parse('x'.repeat(HEADER_LIMITS.bytes + 1)), long);
    assert.throws(() => parse(`${'A: 1\r\n'.repeat(HEADER_LIMITS.fields + 1)}\r\n`), long);
    assert.equal(parse(`${'A: 1\r\n'.repeat(HEADER_LIMITS.fields)}\r\n`).headers.length, HEADER_LIMITS.fields);
  });

  it('refuses to write a value that would make another field', () => {
    for (const value of ['a\r\nB: 2', 'a\nB: 2', 'a\rb', 'a\0', 'ł'])
      assert.throws(() => formatHeaders([['A', value]]), { code: 'MIME_HEADER' });
    for (const name of ['', 'A B', 'A:', 'A\r\nB', 'Ä']) assert.throws(() => formatHeaders([[name, '1']]), MimeError);
  });

  it('RFC 4130 §6.2: never folds', () => {
    const text = formatHeaders([['AS2-From', 'x'.repeat(500)]]).toString();
    assert.equal(text, `AS2-From: ${'x'.repeat(500)}\r\n\r\n`);
  });

  it('what is written reads back', () => {
    const name = fc.stringMatching(/^[!-9;-~]{1,20}$/);
    const value = fc.stringMatching(/^(?:[\x21-\xff](?:[\x20-\xff\t]*[\x21-\xff])?)?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
        const bytes = formatHeaders(fields);
        assert.deepEqual(parseHeaders(bytes), { headers: fields, bodyOffset: bytes.length });
      }),
    );
  });

  it('no bytes raise anything but MimeError', () => {
    const text = fc.array(fc.constantFrom('A', ':', ' ', '\t', '\r', '\n', '\0', 'é', 'name: v\r\n'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
          fc.uint8Array(),
        ),
        (bytes) => {
          try {
            const { bodyOffset } = parseHeaders(Buffer.from(bytes));
            assert.ok(bodyOffset <= bytes.length);
          } catch (error) {
            assert.ok(error instanceof MimeError, String(error));
          }
        },
      ),
    );
  });
});

describe('mime/entity', () => {
  it('gives the whole and the body as slices of what came', () => {
    const bytes = Buffer.from('Content-Type: text/plain\r\n\r\nbody\r\n');
    const entity = parseEntity(bytes);
    assert.deepEqual(collect(wholeOf(entity)), bytes);
    assert.equal(entity.head.buffer, bytes.buffer);
    const [body, ...more] = entity.body.pieces();
    assert.equal(String(body), 'body\r\n');
    assert.equal(body?.buffer, bytes.buffer);
    assert.deepEqual(more, []);
  });

  it('RFC 4130 §5.2.1: without Content-Type it is bytes', () => {
    assert.equal(contentTypeOf([]).type, 'application/octet-stream');
    assert.equal(contentTypeOf([['content-type', '']]).type, 'application/octet-stream');
    assert.equal(contentTypeOf([['content-type', 'Application/EDIFACT']]).type, 'application/edifact');
  });
});
