import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MimeError } from '../../src/mime/mime-error.ts';
import { fileNameOf, formatParameter, parseContentType } from '../../src/mime/parameters.ts';

const parameter = (value: string, name: string) => parseContentType(value).parameters.get(name);

describe('mime/parameters', () => {
  it('types and names are read in lower case, values as they are', () => {
    const { type, parameters } = parseContentType('Multipart/Signed; Boundary="AbC"; MICALG=SHA1');
    assert.equal(type, 'multipart/signed');
    assert.deepEqual([...parameters], [['boundary', 'AbC'], ['micalg', 'SHA1']]); // prettier-ignore
  });

  for (const boundary of ["=_'()+,-./:?", '----=_Part_1_2.3', 'a b', 'a;b', 'a"b', 'a\\b', 'x'.repeat(70)]) {
    it(`a quoted boundary may be ${boundary}`, () => {
      const quoted = boundary.replace(/["\\]/g, '\\$&');
      assert.equal(parameter(`multipart/signed; boundary="${quoted}"; micalg=sha1`, 'boundary'), boundary);
    });
  }

  for (const boundary of ["=_'()+,-./:?", '----=_Part_1_2.3', 'a{b}@c']) {
    it(`an unquoted boundary may be ${boundary}`, () => {
      assert.equal(parameter(`multipart/signed; micalg=sha1;boundary=${boundary}`, 'boundary'), boundary);
      assert.equal(parameter(`multipart/signed; boundary=${boundary} ; micalg=sha1`, 'boundary'), boundary);
    });
  }

  it('takes blanks around, empty parameters, no value, no end of quotes, a comment', () => {
    assert.equal(parameter('a/b ;; boundary = "x" ;', 'boundary'), 'x');
    assert.equal(parameter('a/b; flag; boundary=x', 'boundary'), 'x');
    assert.equal(parameter('a/b; boundary=\t"x', 'boundary'), 'x');
    assert.equal(parameter('text/plain; charset=us-ascii (Plain text)', 'charset'), 'us-ascii');
    assert.equal(parameter('a/b; name=', 'name'), '');
    assert.equal(parameter('a/b; name=""', 'name'), '');
  });

  it('RFC 2231 §3, §4: continuations and charsets', () => {
    assert.equal(parameter("a/b; name*=utf-8'en'%c3%a9t%C3%A9.edi", 'name'), 'été.edi');
    assert.equal(parameter("a/b; name*=iso-8859-1''%E9", 'name'), 'é');
    assert.equal(parameter('a/b; name*1=two; name*0="one "', 'name'), 'one two');
    assert.equal(parameter("a/b; name*0*=utf-8''%c3; name*1*=%a9; name*2=%41", 'name'), 'é%41');
    assert.equal(parameter("a/b; name=plain; name*=utf-8''full", 'name'), 'full');
  });

  for (const value of ['', 'text', 'text/', '/plain', 'te xt/plain', 'text/pl ain', ';a=b', 'text/plain/x,y']) {
    it(`'${value}' is no content type`, () => {
      assert.throws(() => parseContentType(value), { name: 'MimeError', code: 'MIME_PARAMETER' });
    });
  }

  it('refuses two boundaries, of which each reader could take another', () => {
    assert.throws(() => parseContentType('multipart/signed; boundary=a; boundary=b'), MimeError);
    assert.equal(parameter('multipart/signed; boundary=a; Boundary="a"', 'boundary'), 'a');
  });

  it('RFC 2045 §5.1: a quoted boundary ends at its quote, and no file name hides one', () => {
    const boundaryOf = (value: string) => parseContentType(`multipart/signed; ${value}`).parameters.get('boundary');
    assert.equal(boundaryOf('boundary="a"b"; micalg=sha-256'), 'a');
    assert.equal(boundaryOf('name="x"y; boundary="a"'), 'a');
    assert.throws(() => boundaryOf('name="x"y; boundary="a"; boundary="b"'), MimeError);
  });

  it('RFC 2045 §5.1: quotes what is no token', () => {
    assert.equal(formatParameter('micalg', 'sha-256'), 'micalg=sha-256');
    assert.equal(formatParameter('boundary', 'a=b'), 'boundary="a=b"');
    assert.equal(formatParameter('name', 'a "b" \\'), 'name="a \\"b\\" \\\\"');
    assert.equal(formatParameter('name', ''), 'name=""');
    assert.equal(formatParameter('name', 'é (1)'), "name*=UTF-8''%C3%A9%20%281%29");
  });

  it('refuses to write control characters', () => {
    for (const value of ['a\r\nb', 'a\0', 'a\x7f']) assert.throws(() => formatParameter('name', value), MimeError);
  });

  it('what is written reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ maxLength: 40 }), (one, two) => {
        // eslint-disable-next-line no-control-regex
        fc.pre(!/[\0-\x1f\x7f]/.test(one + two));
        const text = `a/b; ${formatParameter('one', one)}; ${formatParameter('two', two)}`;
        assert.equal(parameter(text, 'one'), one);
        assert.equal(parameter(text, 'two'), two);
      }),
    );
  });

  it('no text raises anything but MimeError', () => {
    const pieces = fc.constantFrom('a/b', ';', '=', '"', '\\', '*', '0', "'", '%', 'x', ' ', '=?utf-8?B?', '?=', 'é');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (text) => {
        fileNameOf([['Content-Disposition', text.join('')]]);
        try {
          parseContentType(`a/b;${text.join('')}`);
        } catch (error) {
          assert.ok(error instanceof MimeError, String(error));
        }
      }),
    );
  });

  it('long hostile values take no time to speak of', () => {
    const start = performance.now();
    for (const piece of ['"', '\\', ';', '=', 'a*0=', '=?', '=?a?b?', ' ', "'", '%', '(', '?= '])
      for (const prefix of ['a/b;x=', 'a/b;x="', "a/b;x*=utf-8''"]) {
        const text = prefix + piece.repeat(60_000 / piece.length);
        fileNameOf([['Content-Disposition', text]]);
        try {
          parseContentType(text);
        } catch (error) {
          assert.ok(error instanceof MimeError);
        }
      }
    assert.ok(performance.now() - start < 3000);
  });
});

describe('mime/parameters: file names', () => {
  const named = (value: string) => fileNameOf([['Content-Disposition', value]]);

  it('come from Content-Disposition, else from Content-Type', () => {
    assert.equal(named('attachment; filename="a b.edi"'), 'a b.edi');
    assert.equal(named('attachment; filename=a.edi'), 'a.edi');
    assert.equal(fileNameOf([['Content-Type', 'application/edifact; name="c.edi"']]), 'c.edi');
    assert.equal(fileNameOf([['Content-Type', 'application/edifact']]), undefined);
    assert.equal(named('attachment'), undefined);
  });

  it('are what the sender gave, also when that is no name of a file', () => {
    assert.equal(named('attachment; filename="C:\\temp\\a.edi"'), 'C:\\temp\\a.edi');
    assert.equal(named('attachment; filename="2026 "beef".edi"; size=1'), '2026 "beef".edi');
    assert.equal(named('attachment; filename="../../etc/passwd"'), '../../etc/passwd');
    assert.equal(named('attachment; filename="CON"'), 'CON');
  });

  it('RFC 2231 and RFC 2047, which does not belong there but is found', () => {
    assert.equal(named("attachment; filename=a.edi; filename*=UTF-8''%e2%82%ac.edi"), '€.edi');
    assert.equal(named('attachment; filename="=?utf-8?B?4oKsLmVkaQ==?="'), '€.edi');
    assert.equal(named('attachment; filename="=?iso-8859-1?Q?caf=E9_1?= =?utf-8?Q?.edi?="'), 'café 1.edi');
    assert.equal(named('attachment; filename="=?no-such-charset?Q?a=C3=A9?="'), 'aé');
  });

  it('bytes beyond ASCII are UTF-8 if they can be, else ISO 8859-1', () => {
    assert.equal(named(`attachment; filename="${Buffer.from('é.edi').toString('latin1')}"`), 'é.edi');
    assert.equal(named('attachment; filename="\xe9.edi"'), 'é.edi');
  });
});
