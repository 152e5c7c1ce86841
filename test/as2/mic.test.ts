import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { formatMic, micalgAsAsked, micOf, parseMic, sameMic } from '../../src/as2/mic.ts';

const content = Buffer.from('UNA:+.?');
const sha256 = createHash('sha256').update(content).digest('base64');
const sha512 = createHash('sha512').update(content).digest('base64');

describe('Received-Content-MIC', () => {
  it('RFC 4130 §7.4.3: is the digest in base64, a comma, and the algorithm', () =>
    assert.equal(formatMic(micOf('sha256', [content])), `${sha256}, sha-256`));

  const readings: [text: string, digest: string | undefined][] = [
    [`${sha256}, sha-256`, 'sha256'],
    [`${sha256},sha256`, 'sha256'],
    [`${sha256} \t,\t SHA2_256 `, 'sha256'],
    [`${sha512.slice(0, 60)} ${sha512.slice(60)}, rsa-sha512`, 'sha512'],
    [`${sha512.slice(0, 60)}\t ${sha512.slice(60)},sha512`, 'sha512'],
    [sha256, undefined],
    [`${sha256}, md5`, undefined],
    [', sha-256', undefined],
    [`<${sha256}>, sha-256`, undefined],
    ['', undefined],
  ];
  for (const [text, digest] of readings)
    it(`reads ${JSON.stringify(text.slice(-24))} as ${digest ?? 'nothing'}`, () => {
      const mic = parseMic(text);
      assert.equal(mic?.digest, digest);
      if (mic?.digest === 'sha256') assert.ok(sameMic(mic, micOf('sha256', [content])));
      if (mic?.digest === 'sha512') assert.ok(sameMic(mic, micOf('sha512', [content])));
    });

  it('is the same only with the same algorithm and every octet', () => {
    const mic = micOf('sha256', [content]);
    assert.ok(!sameMic(mic, micOf('sha384', [content])));
    assert.ok(!sameMic(mic, micOf('sha256', [Buffer.from('UNA:+.!')])));
    assert.ok(!sameMic(mic, { digest: 'sha256', value: mic.value.subarray(0, 31) }));
    assert.ok(!sameMic(mic, { digest: 'sha512', value: mic.value }));
  });

  it('what is formatted is read as the same', () => {
    const any = fc.tuple(
      fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512'),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, ([digest, bytes]) =>
        assert.ok(sameMic(parseMic(formatMic(micOf(digest, [bytes])))!, micOf(digest, [bytes]))),
      ),
    );
  });

  it('hostile text gives a MIC or nothing', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseMic(text))));

  it('is spelled as the sender spells it', () => {
    assert.equal(micalgAsAsked('sha256', ['sha1', 'SHA256']), 'SHA256');
    assert.equal(micalgAsAsked('sha1', ['sha1', 'sha-256']), 'sha1');
    assert.equal(micalgAsAsked('sha256', ['sha1']), 'sha256');
    assert.equal(micalgAsAsked('sha256', ['sha-512']), 'sha-256');
    assert.equal(micalgAsAsked('sha256', ['md5']), 'sha-256');
    assert.equal(micalgAsAsked('sha256'), 'sha-256');
  });
});
