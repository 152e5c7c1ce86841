import assert from 'node:assert/strict';
import { DIGESTS } from '../../src/cms/algorithms.ts';
import type { DigestName, SignatureScheme } from '../../src/cms/algorithms.ts';
import { readSignedData, undigested } from '../../src/cms/signed-data.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { hasOpenssl, openssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import type { TestKey } from '../support/openssl.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';
import { anything, CONTENT, toBer, verdictOf, signed } from './support.ts';

const all = Object.keys(DIGESTS) as DigestName[];

const schemes: readonly {
  scheme: SignatureScheme;
  key: TestKey;
  options: readonly string[];
  digests: readonly DigestName[];
}[] = [
  { scheme: 'rsa-pkcs1', key: 'rsa', options: [], digests: all },
  { scheme: 'rsa-pss', key: 'rsa', options: ['-keyopt', 'rsa_padding_mode:pss'], digests: all },
  { scheme: 'rsa-pss', key: 'rsa-pss', options: ['-keyopt', 'rsa_padding_mode:pss'], digests: ['sha384'] },
  { scheme: 'ecdsa', key: 'ec', options: [], digests: all },
  { scheme: 'ecdsa', key: 'ec-p384', options: [], digests: ['sha384'] },
  { scheme: 'ecdsa', key: 'ec-p521', options: [], digests: ['sha512'] },
];

/** `openssl cms -sign` in DER. */
function opensslSign(key: TestKey, options: readonly string[], content = CONTENT): Buffer {
  const { certificateFile, keyFile } = testIdentity(key);
  const signer = ['-signer', certificateFile, '-inkey', keyFile];
  return openssl(['cms', '-sign', '-binary', '-outform', 'DER', ...signer, ...options], content);
}

/** `openssl cms -verify`; the content that it found good. */
function opensslVerify(signedData: Buffer, key: TestKey, detached: boolean): Buffer {
  const content = detached ? ['-content', temporaryFile(CONTENT)] : [];
  const trust = ['-CAfile', testIdentity(key).certificateFile, '-purpose', 'any'];
  const input = ['-inform', 'DER', '-in', temporaryFile(signedData)];
  return openssl(['cms', '-verify', '-binary', ...input, ...content, ...trust]);
}

describe('cms/signed-data: what OpenSSL signs', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const { scheme, key, options, digests } of schemes)
    for (const digest of digests)
      it(`RFC 5652 §5: verifies by ${scheme} with ${digest}, key ${key}: detached or not, with attributes or not, DER or BER`, () => {
        const { certificate } = testIdentity(key);
        for (const form of [[], ['-nodetach']])
          for (const attributes of [[], ['-noattr']]) {
            const common = ['-md', digest, ...options, ...form, ...attributes];
            const der = opensslSign(key, common);
            assert.equal(readSignedData(bytesOf(der), memorySpool).content === undefined, form.length === 0);
            const ber = toBer(der, certificate.issuer);
            // OpenSSL 3.0 cannot stream PSS.
            const streamed = scheme === 'rsa-pss' ? [] : [opensslSign(key, [...common, '-stream', '-indef'])];
            for (const signedData of [der, ber, ...streamed]) {
              const { content, signatures, signers, trailing } = readSignedData(
                inPieces(signedData, 1, 0, 30),
                memorySpool,
              );
              assert.deepEqual(
                [signers, trailing, signatures[0]?.digest, signatures[0]?.scheme],
                [1, false, digest, scheme],
              );
              if (content) assert.deepEqual(collect(content), CONTENT);
              assert.equal(verdictOf(signedData, [certificate], CONTENT).kind, 'verified');
              assert.equal(verdictOf(signedData, [certificate], Buffer.from('other')).kind, 'content-changed');
            }
          }
      });

  for (const [what, options] of [
    ['another digest for the mask', ['-keyopt', 'rsa_mgf1_md:sha1']],
    ['no salt', ['-keyopt', 'rsa_pss_saltlen:0']],
    ['a salt of 17 octets', ['-keyopt', 'rsa_pss_saltlen:17']],
    ['the longest salt', ['-keyopt', 'rsa_pss_saltlen:max']],
    ['another mask and no salt', ['-keyopt', 'rsa_mgf1_md:sha512', '-keyopt', 'rsa_pss_saltlen:0']],
    ['the parameters that are the defaults', ['-md', 'sha1', '-keyopt', 'rsa_pss_saltlen:20']],
  ] as const) {
    it(`RFC 4056 §2.2: verifies PSS with ${what}`, () => {
      for (const key of ['rsa', 'rsa-1025'] as const) {
        const signedData = opensslSign(key, ['-md', 'sha256', '-keyopt', 'rsa_padding_mode:pss', ...options]);
        assert.equal(verdictOf(signedData, [testIdentity(key).certificate], CONTENT).kind, 'verified');
        const broken = Buffer.from(signedData);
        broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1);
        assert.equal(verdictOf(broken, [testIdentity(key).certificate], CONTENT).kind, 'bad-signature');
      }
    });
  }

  it('RFC 5652 §5.3: the signer may be named by key identifier', () => {
    const signedData = opensslSign('rsa', ['-keyid']);
    const verdict = verdictOf(signedData, [testIdentity('ec').certificate, testIdentity().certificate], CONTENT);
    assert.equal(verdict.kind, 'verified');
    assert.ok(verdict.signer.facts.signer.startsWith('key identifier '));
  });

  it('large content in streamed pieces', () => {
    const content = Buffer.alloc(1_000_000, 'large content ');
    const signedData = opensslSign('rsa', ['-nodetach', '-stream', '-indef'], content);
    const { content: found } = readSignedData(bytesOf(signedData), memorySpool);
    assert.deepEqual(found && collect(found), content);
    assert.equal(verdictOf(signedData, [testIdentity().certificate]).kind, 'verified');
  });

  it('several signers: one by a pinned certificate suffices', () => {
    const bob = testIdentity('rsa', 'bob');
    const second = ['-signer', bob.certificateFile, '-inkey', bob.keyFile];
    const signedData = opensslSign('rsa', second);
    const { signers, signatures } = readSignedData(bytesOf(signedData), memorySpool);
    assert.deepEqual([signers, signatures.length], [2, 2]);
    for (const { certificate } of [bob, testIdentity()]) {
      const verdict = verdictOf(signedData, [testIdentity('ec').certificate, certificate], CONTENT);
      assert.equal(verdict.kind === 'verified' && verdict.signer.certificate, certificate);
    }
    assert.equal(verdictOf(signedData, [testIdentity('ec').certificate], CONTENT).kind, 'unknown-signer');
  });

  it('an algorithm that does not exist here is named, not verified', () => {
    const signedData = opensslSign('rsa', ['-md', 'md5']);
    const { signers, signatures } = readSignedData(bytesOf(signedData), memorySpool);
    assert.deepEqual([signers, signatures.length], [1, 0]);
    const verdict = verdictOf(signedData, [testIdentity().certificate], CONTENT);
    assert.equal(verdict.kind === 'unsupported' && verdict.algorithm, '1.2.840.113549.1.1.1 with 1.2.840.113549.2.5');
  });

  it('certificates alone are no signature', () => {
    const certificates = ['crl2pkcs7', '-nocrl', '-certfile', testIdentity().certificateFile, '-outform', 'DER'];
    assert.deepEqual(verdictOf(openssl(certificates), [testIdentity().certificate], CONTENT), {
      kind: 'unsigned',
    });
  });

  it('RFC 8551 §2.4.1: content of another type than id-data is refused', () => {
    const signedData = opensslSign('rsa', ['-nodetach', '-econtent_type', '1.2.3.4']);
    assert.throws(() => readSignedData(bytesOf(signedData), memorySpool), { code: 'CMS_STRUCTURE' });
  });
});

describe('cms/signed-data: what we sign', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const { scheme, key, digests } of schemes)
    for (const digest of digests)
      it(`OpenSSL verifies by ${scheme} with ${digest}, key ${key}`, () => {
        for (const detached of [true, false]) {
          const signingTime = detached ? new Date('2026-05-06T07:08:09Z') : undefined;
          const options = { digest, scheme, detached, ...(signingTime && { signingTime }) };
          const signedData = signed(CONTENT, testIdentity(key), options);
          assert.deepEqual(opensslVerify(signedData, key, detached), CONTENT);
          const verdict = verdictOf(signedData, [testIdentity(key).certificate], CONTENT);
          assert.ok(verdict.kind === 'verified');
          assert.deepEqual(verdict.signer.facts.signingTime, signingTime);
        }
      });

  it('the scheme is the plain one of the key', () => {
    for (const [key, scheme] of [
      ['rsa', 'rsa-pkcs1'],
      ['ec', 'ecdsa'],
      ['rsa-pss', 'rsa-pss'],
    ] as const) {
      // prettier-ignore
      const signedData = signed(CONTENT, testIdentity(key), { digest: 'sha256', detached: true });
      assert.equal(readSignedData(bytesOf(signedData), memorySpool).signatures[0]?.scheme, scheme);
    }
  });

  it('a key of another kind than the scheme is refused', () => {
    for (const [key, scheme] of [
      ['rsa', 'ecdsa'],
      ['ec', 'rsa-pss'],
      ['ec', 'rsa-pkcs1'],
      ['rsa-pss', 'rsa-pkcs1'],
    ] as const) {
      // prettier-ignore
      const made = () => signed(CONTENT, testIdentity(key), { digest: 'sha256', scheme, detached: true });
      assert.throws(made, { name: 'CmsError', code: 'CMS_KEY' });
    }
  });

  it('a key too short for the digest is refused', () => {
    const options = { digest: 'sha512', scheme: 'rsa-pss', detached: true } as const;
    const made = () => signed(CONTENT, testIdentity('rsa-1024'), options);
    assert.throws(made, { name: 'CmsError', code: 'CMS_KEY' });
  });

  it('the certificate is enclosed unless it is not wanted', () => {
    const { certificate } = testIdentity();
    for (const includeCertificate of [undefined, true, false]) {
      const options = {
        digest: 'sha256',
        detached: true,
        ...(includeCertificate !== undefined && { includeCertificate }),
      } as const;
      const signedData = signed(CONTENT, testIdentity(), options);
      assert.equal(signedData.includes(certificate.der), includeCertificate !== false);
      const read = readSignedData(bytesOf(signedData), memorySpool);
      assert.equal(read.verify(undigested(bytesOf(CONTENT)), [certificate], anything).kind, 'verified');
    }
  });

  it('OpenSSL finds attributes in DER: contentType, messageDigest, signingTime, and no others', () => {
    const options = { digest: 'sha256', detached: true, signingTime: new Date('2026-05-06T07:08:09Z') } as const;
    const signedData = signed(CONTENT, testIdentity(), options);
    const printed = openssl([
      'cms',
      '-cmsout',
      '-print',
      '-inform',
      'DER',
      '-in',
      temporaryFile(signedData),
    ]).toString();
    const objects = [...printed.slice(printed.indexOf('signedAttrs')).matchAll(/object: (\w+)/g)].map(
      ([, name]) => name,
    );
    assert.deepEqual(objects, ['contentType', 'signingTime', 'messageDigest']);
    assert.ok(printed.includes('UTCTIME:May  6 07:08:09 2026 GMT'));
  });
});
