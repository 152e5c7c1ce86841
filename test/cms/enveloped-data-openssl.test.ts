import assert from 'node:assert/strict';
import { CIPHERS, RSA_TRANSPORTS } from '../../src/cms/algorithms.ts';
import type { CipherName, RsaTransportName } from '../../src/cms/algorithms.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { hasOpenssl, openssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';
import { CONTENT, toBer, enveloped } from './support.ts';

// Its command line has no CCM.
const ciphers = (Object.keys(CIPHERS) as CipherName[]).filter((name) => CIPHERS[name].mode !== 'ccm');
const opensslCipher = (name: CipherName) => (name === '3des' ? '-des3' : `-${CIPHERS[name].node}`);

const oaep = (...options: readonly string[]) =>
  ['rsa_padding_mode:oaep', ...options].flatMap((option) => ['-keyopt', option]);
const transports: readonly { what: string; options: readonly string[]; name: RsaTransportName }[] = [
  { what: 'PKCS#1 v1.5', options: [], name: 'rsa-pkcs1' },
  { what: 'OAEP with its defaults', options: oaep(), name: 'rsa-oaep-sha1' },
  { what: 'OAEP with SHA-256', options: oaep('rsa_oaep_md:sha256'), name: 'rsa-oaep-sha256' },
  {
    what: 'OAEP with SHA-256, mask with SHA-1',
    options: oaep('rsa_oaep_md:sha256', 'rsa_mgf1_md:sha1'),
    name: 'rsa-oaep-sha256',
  },
  { what: 'OAEP with SHA-384', options: oaep('rsa_oaep_md:sha384'), name: 'rsa-oaep-sha384' },
  {
    what: 'OAEP with SHA-512, mask with SHA-256',
    options: oaep('rsa_oaep_md:sha512', 'rsa_mgf1_md:sha256'),
    name: 'rsa-oaep-sha512',
  },
  { what: 'OAEP with SHA-512', options: oaep('rsa_oaep_md:sha512'), name: 'rsa-oaep-sha512' },
  { what: 'OAEP with a label', options: oaep('rsa_oaep_md:sha1', 'rsa_oaep_label:0102'), name: 'rsa-oaep-sha1' },
];

/** `openssl cms -encrypt` in DER. */
function opensslEncrypt(cipher: CipherName, options: readonly string[] = [], content = CONTENT): Buffer {
  const recipient = ['-recip', testIdentity().certificateFile];
  return openssl(
    ['cms', '-encrypt', '-binary', '-outform', 'DER', opensslCipher(cipher), ...recipient, ...options],
    content,
  );
}

/** `openssl cms -decrypt` */
function opensslDecrypt(envelope: Buffer): Buffer {
  const { certificateFile, keyFile } = testIdentity();
  const input = ['-inform', 'DER', '-in', temporaryFile(envelope)];
  return openssl(['cms', '-decrypt', '-binary', ...input, '-recip', certificateFile, '-inkey', keyFile]);
}

function opened(envelope: Buffer, keys = [testIdentity()]) {
  const { facts, open } = readEnvelope(inPieces(envelope, 1, 0, 50), keys);
  const { content, intact } = open();
  return { facts, content: collect(content), intact: intact() };
}

describe('cms/enveloped-data: what OpenSSL encrypts', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const cipher of ciphers)
    for (const { what, options, name } of transports)
      it(`RFC 5652 §6, RFC 5083: opens ${cipher}, key by ${what}, DER or BER`, () => {
        const der = opensslEncrypt(cipher, options);
        const streamed = name === 'rsa-pkcs1' ? [opensslEncrypt(cipher, ['-stream', '-indef'])] : [];
        for (const envelope of [der, toBer(der, testIdentity().certificate.issuer), ...streamed]) {
          const { facts, content, intact } = opened(envelope);
          const structure = CIPHERS[cipher].mode === 'gcm' ? 'auth-enveloped-data' : 'enveloped-data';
          assert.deepEqual(facts, { structure, cipher, keyTransport: name, recipients: 1 });
          assert.deepEqual(content, CONTENT);
          assert.equal(intact, true);
        }
      });

  it('RFC 5652 §6.2.1: the recipient may be named by key identifier', () => {
    const { content, facts } = opened(opensslEncrypt('aes128-cbc', ['-keyid']));
    assert.deepEqual([content, facts.keyTransport], [CONTENT, 'rsa-pkcs1']);
  });

  it('of several recipients we find ourselves, whichever we are, and others by other means do no harm', () => {
    const bob = testIdentity('rsa', 'bob');
    const others = ['-recip', bob.certificateFile, '-recip', testIdentity('ec').certificateFile];
    const shared = ['-secretkey', '000102030405060708090a0b0c0d0e0f', '-secretkeyid', '01', '-pwri_password', 'x'];
    const envelope = opensslEncrypt('aes256-cbc', [...others, ...shared]);
    for (const keys of [
      [testIdentity()],
      [bob],
      [testIdentity('ec'), bob],
      [testIdentity('rsa', 'carol'), testIdentity()],
    ]) {
      const { content, facts } = opened(envelope, keys);
      assert.deepEqual([content, facts.recipients], [CONTENT, 5]);
    }
  });

  for (const cipher of ['aes128-cbc', 'aes256-gcm', '3des'] as const)
    it(`${cipher}: content of any length, and in streamed pieces`, () => {
      // OpenSSL 3.0 cannot stream nothing through GCM.
      for (const length of [cipher === 'aes256-gcm' ? 2 : 0, 1, 8, 15, 16, 3_000_000]) {
        const content = Buffer.alloc(length, 'abc');
        const result = opened(opensslEncrypt(cipher, ['-stream', '-indef'], content));
        assert.ok(result.content.equals(content) && result.intact, `${length}`);
      }
    });

  it('a cipher that does not exist here is named', () => {
    const { certificateFile } = testIdentity();
    const camellia = openssl(
      ['cms', '-encrypt', '-outform', 'DER', '-camellia128', '-recip', certificateFile],
      CONTENT,
    );
    assert.throws(() => readEnvelope(bytesOf(camellia), [testIdentity()]), {
      code: 'CMS_UNSUPPORTED',
      message: /1\.2\.392/,
    });
  });
});

describe('cms/enveloped-data: what we encrypt', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const cipher of ciphers)
    for (const keyTransport of Object.keys(RSA_TRANSPORTS) as RsaTransportName[])
      it(`OpenSSL decrypts ${cipher}, key by ${keyTransport}`, () => {
        const recipients = [testIdentity('rsa', 'bob').certificate, testIdentity().certificate];
        const envelope = enveloped(inPieces(CONTENT, 5, 0), recipients, { cipher, keyTransport });
        assert.deepEqual(opensslDecrypt(envelope), CONTENT);
      });

  it('OpenSSL finds DER', () => {
    for (const cipher of ['aes256-cbc', 'aes256-gcm'] as const) {
      const envelope = enveloped(bytesOf(CONTENT), [testIdentity().certificate], {
        cipher,
        keyTransport: 'rsa-oaep-sha256',
      });
      assert.deepEqual(openssl(['cms', '-cmsout', '-inform', 'DER', '-outform', 'DER'], envelope), envelope);
    }
  });

  it('a recipient whose key is not RSA is refused', () => {
    const made = () =>
      enveloped(bytesOf(CONTENT), [testIdentity('ec').certificate], {
        cipher: 'aes256-cbc',
        keyTransport: 'rsa-pkcs1',
      });
    assert.throws(made, { name: 'CmsError', code: 'CMS_KEY' });
  });
});
