import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeQuotedPrintable } from '../../src/mime/quoted-printable.ts';
import type { Pieces } from '../../src/bytes/source.ts';
import { canonicalLines, decoded, transferEncodingOf } from '../../src/mime/transfer-encoding.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';

const decodedPieces = (body: Pieces, encoding: string | undefined) =>
  decoded(body, transferEncodingOf(encoding === undefined ? [] : [['Content-Transfer-Encoding', encoding]]));
const decodedBytes = (bytes: Buffer, encoding: string) => collect(decodedPieces(bytesOf(bytes).pieces(), encoding));
const decode = (text: string, encoding: string) =>
  decodedBytes(Buffer.from(text, 'latin1'), encoding).toString('latin1');

/** Node knows where base64 ends, and steps over what it does not know. */
const byBuffer = (bytes: Buffer) => Buffer.from(bytes.toString('latin1'), 'base64');

describe('mime/transfer-encoding', () => {
  for (const encoding of [undefined, '', 'binary', '7bit', '8bit', ' Binary ', '8BIT']) {
    it(`RFC 4130 §5.2.1: '${encoding ?? 'none'}' leaves the body as it is`, () => {
      const body = [Buffer.from('a\r\nb\nc\0\xff')];
      assert.equal(decodedPieces(body, encoding), body);
    });
  }

  it('refuses an encoding that does not exist', () => {
    assert.throws(() => decode('', 'x-uuencode'), { name: 'MimeError', code: 'MIME_ENCODING' });
  });

  for (const [what, text] of [
    ['in lines of 76', 'aGVsbG8g\r\nd29ybGQ=\r\n'],
    ['in lines that end in LF', 'aGVsbG8g\nd29ybGQ=\n'],
    ['in one line', 'aGVsbG8gd29ybGQ='],
    ['with stray line ends and blanks', '\r\naGVs\rbG8\n\n gd2\t9y\r\nbGQ=\r\n\r\n'],
    ['without padding', 'aGVsbG8gd29ybGQ'],
    ['with what is not of the alphabet', 'aGVs!bG8g"d29y#bGQ='],
    ['with something after its end', 'aGVsbG8gd29ybGQ=\r\n-- \r\nbye'],
  ] as const) {
    it(`RFC 2045 §6.8: base64 ${what}`, () => {
      assert.equal(decode(text, 'BASE64'), 'hello world');
    });
  }

  for (const [what, text, expected] of [
    ['octets in hexadecimal, of either case', 'a=3D=C3=a9', 'a=\xc3\xa9'],
    ['soft line ends', 'one =\r\ntwo=\nthree', 'one twothree'],
    ['soft line ends with blanks added on the way', 'one=  \t\r\ntwo', 'onetwo'],
    ['blanks before a line end are none', 'one \t\r\ntwo  \nthree  ', 'one\r\ntwo\nthree'],
    ['encoded blanks before a line end stay', 'one=20\r\ntwo', 'one \r\ntwo'],
    ['line ends are kept', '\r\n\r\n\n', '\r\n\r\n\n'],
    ['an equals sign that encodes nothing stands for itself', 'a=b c=zz =', 'a=b c=zz '],
    ['a bare CR is a character', 'a\rb', 'a\rb'],
  ] as const) {
    it(`RFC 2045 §6.7: quoted-printable: ${what}`, () => {
      assert.equal(decode(text, 'quoted-printable'), expected);
    });
  }

  it('base64 gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: 1, max: 90 }), (bytes, width) => {
        const text = Buffer.from(bytes)
          .toString('base64')
          .replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\r\n');
        assert.deepEqual(decodedBytes(Buffer.from(text), 'base64'), Buffer.from(bytes));
      }),
    );
  });

  it('quoted-printable gives back any bytes, and takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodedBytes(Buffer.from(bytes), 'quoted-printable');
        const text = [...bytes].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join('=\r\n');
        assert.deepEqual(decodedBytes(Buffer.from(text), 'quoted-printable'), Buffer.from(bytes));
      }),
    );
  });

  it('any cuts give the same, and no piece is empty', () => {
    const text = fc.array(
      fc.oneof(
        fc.constantFrom(
          '=',
          '=\r\n',
          '=3D',
          '= \t\n',
          ' ',
          '\t',
          '\r',
          '\n',
          '\r\n',
          'aGVs',
          'Q',
          '+/',
          '-_',
          '!',
          '==',
        ),
        fc.constantFrom('aGVs'.repeat(40_000), 'x'.repeat(70_000), 'a b=20\r\n'.repeat(9_000)),
        fc.string({ unit: 'binary' }),
      ),
      { maxLength: 12 },
    );
    const cuts = fc.array(fc.oneof(fc.nat(5), fc.nat(80_000)), { maxLength: 20 });
    fc.assert(
      fc.property(text, cuts, fc.constantFrom('base64', 'quoted-printable'), (texts, lengths, encoding) => {
        const bytes = Buffer.from(texts.join(''), 'latin1');
        const whole = encoding === 'base64' ? byBuffer(bytes) : decodeQuotedPrintable(bytes);
        const pieces = [...decodedPieces(inPieces(bytes, ...lengths).pieces(), encoding)];
        assert.ok(pieces.every(({ length }) => length > 0));
        assert.ok(Buffer.concat(pieces).equals(whole));
      }),
    );
  });

  it('a line of quoted-printable without end is refused, before it takes memory', () => {
    let given = 0;
    function* endless() {
      for (;;) yield Buffer.alloc((given += 1) && 100_000, 'x');
    }
    assert.throws(() => collect(decodedPieces(endless(), 'quoted-printable')), {
      name: 'MimeError',
      code: 'MIME_LIMIT',
    });
    assert.ok(given < 30);
  });

  it('RFC 2046 §4.1.1: every line end becomes CRLF, once', () => {
    const canonical = (text: string) => canonicalLines(Buffer.from(text, 'latin1')).toString('latin1');
    assert.equal(canonical('\na\nb\r\nc\rd\n\n'), '\r\na\r\nb\r\nc\rd\r\n\r\n');
    const done = Buffer.from('a\r\nb\r\n');
    assert.equal(canonicalLines(done), done);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\r', '\n', 'a')), (text) => {
        const once = canonical(text.join(''));
        assert.equal(once, text.join('').replace(/(?<!\r)\n/g, '\r\n'));
        assert.equal(canonical(once), once);
      }),
    );
  });
});
