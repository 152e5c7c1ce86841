import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { messageHeaders } from '../../src/as2/message-headers.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { parseAs2Request } from '../../src/as2/request.ts';
import { formatHeaders, header, parseHeaders } from '../../src/mime/headers.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { MimeError } from '../../src/mime/mime-error.ts';
import { formatParameter } from '../../src/mime/parameters.ts';
import { unwrap } from '../support/unwrap.ts';
import { wrap } from '../support/wrap.ts';
import type { Protection } from '../support/wrap.ts';
import { identity } from '../support/identities.ts';
import type { TestIdentity } from '../support/identities.ts';
import { collect, inPiecesOf } from '../support/bytes.ts';

let us: TestIdentity;
let partner: TestIdentity;
let ec: TestIdentity;
before(async () => {
  [us, partner, ec] = await Promise.all([identity('us'), identity('partner'), identity('us', 'ec')]);
});

const policy = { ...strictPolicy, allowUnsigned: true, allowUnencrypted: true };
const boundary = 'aBcDeF0123456789';
const headers: Headers = [['Content-Type', 'application/EDIFACT']];
const content = Buffer.from("UNB+UNOC:3'");
const plain: Protection = { compress: 'none', micDigest: 'sha256', boundary };
const hash = (digest: string, bytes: string | Buffer) => createHash(digest).update(bytes).digest('hex');

describe('wrap', () => {
  it('RFC 4130 §7.3.1: plain content keeps its headers in HTTP, and its MIC covers the body alone', async () => {
    const made = await wrap({ headers, content }, plain);
    assert.deepEqual(made.headers, headers);
    assert.deepEqual(made.body, content);
    assert.equal(made.mic.value.toString('hex'), hash('sha256', content));
  });

  it('RFC 1847 §2.1: multipart/signed holds the entity as it was signed, protocol and micalg', async () => {
    const sign = { identity: us, digest: 'sha384' as const };
    const made = await wrap({ headers, content }, { ...plain, sign });
    const entity = "Content-Type: application/EDIFACT\r\nContent-Transfer-Encoding: binary\r\n\r\nUNB+UNOC:3'";
    assert.equal(
      header(made.headers, 'Content-Type'),
      'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-384; boundary="aBcDeF0123456789"',
    );
    assert.ok(made.body.toString('latin1').startsWith(`--${boundary}\r\n${entity}\r\n--${boundary}\r\n`));
    assert.ok(made.body.toString('latin1').endsWith(`\r\n--${boundary}--\r\n`));
    assert.equal(made.mic.digest, 'sha384');
    assert.equal(made.mic.value.toString('hex'), hash('sha384', entity));
    const old = await wrap({ headers, content }, { ...plain, sign: { ...sign, micalg: 'sha384' } });
    assert.match(header(old.headers, 'Content-Type')!, /; micalg=sha384;/);
  });

  it('RFC 2045 §6.8: what is encrypted or compressed may cross HTTP in base64, for systems that lose bytes of binary', async () => {
    const encrypt = { recipient: partner.certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' } as const;
    for (const more of [{ encrypt }, { compress: 'after-signing' as const }]) {
      const options = { ...plain, sign: { identity: us, digest: 'sha256' as const }, ...more };
      const made = await wrap({ headers, content }, { ...options, transferEncoding: 'base64' });
      assert.equal(header(made.headers, 'Content-Transfer-Encoding'), 'base64');
      assert.match(made.body.toString('latin1'), /^(?:[A-Za-z0-9+/=]{1,76}\r\n)+$/);
      const opened = await unwrap(
        { headers: made.headers, body: inPiecesOf(made.body, 100) },
        { keys: [partner], pinned: [us.certificate], policy, micDigest: 'sha256' },
      );
      assert.deepEqual(collect(opened.payload.content), content);
    }
  });

  it('RFC 5402 §4.2, §4.3: what is compressed or encrypted and not signed has the MIC of the entity with its headers', async () => {
    const entity = "Content-Type: application/EDIFACT\r\nContent-Transfer-Encoding: binary\r\n\r\nUNB+UNOC:3'";
    const encrypt = { recipient: partner.certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' } as const;
    const variants: Partial<Protection>[] = [
      { compress: 'before-signing' },
      { compress: 'after-signing' },
      { encrypt },
      { encrypt, compress: 'before-signing' },
    ];
    for (const more of variants) {
      const made = await wrap({ headers, content }, { ...plain, micDigest: 'sha512', ...more });
      assert.equal(made.mic.value.toString('hex'), hash('sha512', entity));
    }
  });

  it('RFC 8551 §3.2, RFC 5402 §3: CMS layers are named by smime-type', async () => {
    const recipient = partner.certificate;
    const typeOf = async (more: Partial<Protection>) =>
      header((await wrap({ headers, content }, { ...plain, ...more })).headers, 'Content-Type');
    const mime = 'application/pkcs7-mime; smime-type=';
    const keyTransport = 'rsa-oaep-sha256';
    assert.equal(await typeOf({ compress: 'before-signing' }), `${mime}compressed-data; name=smime.p7z`);
    assert.equal(
      await typeOf({ encrypt: { recipient, cipher: 'aes128-cbc', keyTransport } }),
      `${mime}enveloped-data; name=smime.p7m`,
    );
    assert.equal(
      await typeOf({ encrypt: { recipient, cipher: 'aes128-gcm', keyTransport } }),
      `${mime}authEnveloped-data; name=smime.p7m`,
    );
    assert.equal(
      await typeOf({ encrypt: { recipient, cipher: 'aes128-gcm', keyTransport, form: 'enveloped-data' } }),
      `${mime}enveloped-data; name=smime.p7m`,
    );
  });

  it('a Content-Transfer-Encoding that the content has already stays', async () => {
    const encoded: Headers = [...headers, ['content-transfer-encoding', 'base64']];
    const made = await wrap({ headers: encoded, content }, { ...plain, sign: { identity: us, digest: 'sha256' } });
    assert.equal(made.body.toString('latin1').match(/content-transfer-encoding/gi)?.length, 2);
  });

  it('header injection: a line break in a header is refused', async () => {
    const evil: Headers = [['Content-Type', 'a/b\r\nX: y']];
    const options = { ...plain, sign: { identity: us, digest: 'sha256' as const } };
    await assert.rejects(wrap({ headers: evil, content }, options), MimeError);
  });
});

describe('the headers of a message', () => {
  const base = {
    from: 'US Customs',
    to: 'VAN',
    messageId: '<1@us.example>',
    subject: 'CONTRL for 1',
    date: new Date('2026-11-22T12:00:00Z'),
  };

  it('are read again as what they say, and none is folded', () => {
    const asked = { micalgs: ['sha-256', 'sha-512'], asyncUrl: 'https://us.example/as2' };
    const made = messageHeaders({ ...base, subject: 'a\r\nb\u00e9', receipt: asked });
    const request = parseAs2Request(parseHeaders(formatHeaders(made)).headers);
    assert.equal(request.from, 'US Customs');
    assert.equal(request.to, 'VAN');
    assert.equal(request.messageId, '<1@us.example>');
    assert.equal(request.subject, 'a?b?');
    assert.equal(request.version, '1.2');
    assert.equal(request.fault, undefined);
    assert.equal(request.receipt?.protocol, 'pkcs7-signature');
    assert.deepEqual(request.receipt.micalgs, asked.micalgs);
    assert.equal(request.receipt.asyncUrl, asked.asyncUrl);
  });

  it('RFC 6017 §3: AS2-Version is 1.2 and EDIINT-Features names what we do, in every message', () => {
    const made = messageHeaders(base);
    assert.equal(header(made, 'AS2-Version'), '1.2');
    assert.deepEqual(parseAs2Request(made).features, ['AS2-Reliability']);
  });

  it('RFC 4130 §7.3: ask for an unsigned receipt, or none', () => {
    const { receipt } = parseAs2Request(messageHeaders({ ...base, receipt: { micalgs: [] } }));
    assert.notEqual(receipt, undefined);
    assert.equal(receipt?.protocol, undefined);
    assert.equal(parseAs2Request(messageHeaders(base)).receipt, undefined);
  });
});

describe('wrap and unwrap', () => {
  it('are inverse to each other for any content, name and way, and agree on the MIC', async () => {
    const ways = fc.record({
      sign: fc.constantFrom(undefined, 'rsa-pkcs1', 'rsa-pss', 'ecdsa'),
      digest: fc.constantFrom('sha256', 'sha384', 'sha512'),
      compress: fc.constantFrom('none', 'before-signing', 'after-signing'),
      cipher: fc.constantFrom(undefined, 'aes128-cbc', 'aes256-cbc', 'aes256-gcm'),
      keyTransport: fc.constantFrom('rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256'),
      form: fc.constantFrom('auth-enveloped-data', 'enveloped-data'),
    });
    // Content that looks like the structure around it, and any other.
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r\n', '--', '--aBcDeF', '\r\n--', 'Content-Type: a/b', '\0'),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }).map((array) => Buffer.from(array)),
      fc.array(line).map((lines) => Buffer.from(lines.join('\r\n'))),
    );
    const fileNames = fc
      .oneof(fc.stringMatching(/^[ -~]{1,40}$/), fc.string({ unit: 'grapheme', minLength: 1 }))
      .filter((name) => !/\p{Cc}|\p{Cs}/u.test(name));
    await fc.assert(
      fc.asyncProperty(ways, bytes, fileNames, fc.integer({ min: 1, max: 700 }), async (way, given, fileName, size) => {
        const named: Headers = [
          ...headers,
          ['Content-Disposition', `attachment; ${formatParameter('filename', fileName)}`],
        ];
        const made = await wrap(
          { headers: named, content: given },
          {
            compress: way.compress,
            micDigest: way.digest,
            boundary,
            ...(way.sign && {
              sign: { identity: way.sign === 'ecdsa' ? ec : us, digest: way.digest, scheme: way.sign },
            }),
            ...(way.cipher && {
              encrypt: {
                recipient: partner.certificate,
                cipher: way.cipher,
                keyTransport: way.keyTransport,
                form: way.form,
              },
            }),
          },
        );
        const found = await unwrap(
          { headers: parseHeaders(formatHeaders(made.headers)).headers, body: inPiecesOf(made.body, size) },
          { keys: [partner], pinned: [us.certificate, ec.certificate], policy, micDigest: way.digest },
        );
        assert.deepEqual(collect(found.payload.content), given);
        assert.equal(found.payload.fileName, fileName);
        assert.deepEqual(found.mic, made.mic);
        assert.equal(found.signer !== undefined, way.sign !== undefined);
      }),
      { numRuns: 150 },
    );
  });
});
