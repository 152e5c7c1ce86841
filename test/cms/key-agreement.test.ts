import assert from 'node:assert/strict';
import { createPublicKey, randomBytes } from 'node:crypto';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { CIPHERS, ECDH_TRANSPORTS, KEY_WRAPS, OID, takesKeys } from '../../src/cms/algorithms.ts';
import type { CipherName, EcdhTransportName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { element, octetString, sequence, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { sendAgreedKey } from '../../src/cms/key-agreement.ts';
import { makeRecipient } from '../../src/cms/recipient-info.ts';
import { hasOpenssl, openssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import type { TestIdentity, TestKey } from '../support/openssl.ts';
import { bytesOf } from '../support/bytes.ts';
import { craftEnvelope, encryptGcm, opened } from './envelope-support.ts';
import { CONTENT, enveloped, toBer } from './support.ts';

const curves = ['ec', 'ec-p384', 'ec-p521'] as const satisfies readonly TestKey[];
// HKDF is for X25519.
const names = (Object.keys(ECDH_TRANSPORTS) as EcdhTransportName[]).filter((name) => takesKeys('ec', name));
const kdf = (name: EcdhTransportName) => ['-keyopt', `ecdh_kdf_md:${ECDH_TRANSPORTS[name].digest}`];

const opensslCipher = (name: CipherName) => (name === '3des' ? '-des3' : `-${CIPHERS[name].node}`);

/** `openssl cms -encrypt` in DER; `options` go with the recipient before them. */
function opensslEncrypt(cipher: CipherName, ...options: readonly string[]): Buffer {
  return openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', opensslCipher(cipher), ...options], CONTENT);
}

const to = ({ certificateFile }: TestIdentity) => ['-recip', certificateFile];

function opensslDecrypt(envelope: Buffer, { certificateFile, keyFile }: TestIdentity): Buffer {
  const input = ['-inform', 'DER', '-in', temporaryFile(envelope)];
  return openssl(['cms', '-decrypt', '-binary', ...input, '-recip', certificateFile, '-inkey', keyFile]);
}

describe('cms/key-agreement: ECDH, both ways with OpenSSL', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const curve of curves)
    for (const name of names) {
      it(`RFC 5753 §3.1: opens what OpenSSL encrypts to ${curve} by ${name}, DER or BER`, () => {
        const us = testIdentity(curve);
        for (const cipher of ['aes128-cbc', 'aes192-cbc', 'aes256-gcm'] as const) {
          const der = opensslEncrypt(cipher, ...to(us), ...kdf(name));
          for (const envelope of [der, toBer(der, us.certificate.issuer)]) {
            const { facts, content, intact } = opened(envelope, [testIdentity(), us]);
            assert.deepEqual([facts.keyTransport, facts.recipients, content, intact], [name, 1, CONTENT, true]);
          }
        }
      });

      it(`RFC 5753 §3.1: OpenSSL decrypts what we encrypt to ${curve} by ${name}`, () => {
        const us = testIdentity(curve);
        for (const cipher of ['aes128-cbc', 'aes192-gcm', 'aes256-cbc', '3des'] as const) {
          const envelope = enveloped(bytesOf(CONTENT), [us.certificate], { cipher, keyTransport: name });
          assert.deepEqual(opensslDecrypt(envelope, us), CONTENT);
          assert.deepEqual(opened(envelope, [us]).content, CONTENT);
        }
      });
    }

  it('RFC 3394: a key may be wrapped by a longer or a shorter one', () => {
    const us = testIdentity('ec');
    for (const bits of [128, 192, 256])
      for (const cipher of ['aes128-cbc', 'aes256-cbc', '3des'] as const) {
        const { content, intact } = opened(opensslEncrypt(cipher, ...to(us), `-aes${bits}-wrap`), [us]);
        assert.deepEqual([content, intact], [CONTENT, true]);
      }
  });

  it('RFC 5652 §6.2.2: the recipient may be named by a RecipientKeyIdentifier', () => {
    const us = testIdentity('ec');
    assert.deepEqual(opened(opensslEncrypt('aes128-cbc', '-keyid', ...to(us)), [us]).content, CONTENT);
  });

  it('several recipients, RSA and EC on any curve: each opens it, and so does OpenSSL for each', () => {
    const all = (['rsa', ...curves] as const).map((key) => testIdentity(key));
    const certificates = all.map(({ certificate }) => certificate);
    const ours = enveloped(bytesOf(CONTENT), certificates, { cipher: 'aes128-cbc' });
    const theirs = opensslEncrypt('aes128-cbc', ...all.flatMap(to));
    for (const us of all) {
      assert.deepEqual(opensslDecrypt(ours, us), CONTENT);
      for (const envelope of [ours, theirs]) {
        const { content, facts } = opened(envelope, [us]);
        assert.deepEqual([content, facts.recipients], [CONTENT, 4]);
      }
    }
  });

  it('OpenSSL finds DER, of version 2 (RFC 5652 §6.1)', () => {
    const envelope = enveloped(bytesOf(CONTENT), [testIdentity('ec').certificate], { cipher: 'aes256-cbc' });
    assert.deepEqual(openssl(['cms', '-cmsout', '-inform', 'DER', '-outform', 'DER'], envelope), envelope);
    assert.match(
      openssl(['cms', '-cmsout', '-noout', '-print', '-inform', 'DER'], envelope).toString(),
      /envelopedData:\s+version: 2\b/,
    );
  });

  it('a recipient whose key is not EC is refused', () => {
    for (const key of ['rsa', 'rsa-pss', 'ed25519'] as const)
      assert.throws(() => makeRecipient(testIdentity(key).certificate, 'ecdh-sha256', randomBytes(16)), {
        code: 'CMS_KEY',
      });
  });
});

describe('cms/key-agreement: nothing tells one fault from another', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const us = () => testIdentity('ec');

  interface Choice {
    readonly originator?: Der;
    readonly algorithm?: Der;
    readonly encryptedKey?: Buffer;
    readonly material?: Buffer;
  }

  /** A recipient that is us, with anything in its places. */
  function crafted(key: Buffer, choice: Choice = {}): Der {
    const sent = sendAgreedKey('ecdh-sha256', us().certificate.publicKey, key);
    const { originator, algorithm, encryptedKey } = { ...sent, ...choice };
    const keyFor = (identity: TestIdentity, encrypted: Buffer) =>
      sequence(issuerAndSerial(identity.certificate), octetString(encrypted));
    return element(
      context(1, true),
      smallInteger(3),
      element(context(0, true), originator),
      ...(choice.material ? [element(context(1, true), octetString(choice.material))] : []),
      algorithm,
      sequence(keyFor(testIdentity('ec', 'bob'), randomBytes(40)), keyFor(us(), encryptedKey)),
    );
  }

  const point = (bytes: Buffer): Der =>
    element(context(1, true), algorithm(OID.ecPublicKey), element(0x03, [Buffer.concat([Buffer.of(0), bytes])]));
  const pointOf = (identity: TestIdentity): Buffer =>
    createPublicKey(identity.certificatePem).export({ format: 'der', type: 'spki' });

  /** The error, or the content, of an envelope with authenticated content. */
  function outcome(recipient: Der, key: Buffer): string {
    const nonce = randomBytes(12);
    const { encrypted, tag } = encryptGcm(key, nonce);
    const parameters = sequence(octetString(nonce), smallInteger(16));
    const parts = { key, cipher: 'aes256-gcm', parameters, encrypted, recipients: [recipient] } as const;
    const envelope = craftEnvelope({ ...parts, type: OID.authEnvelopedData, after: [octetString(tag)] });
    try {
      return opened(envelope, [us()]).content.toString();
    } catch (error) {
      assert.ok(error instanceof Error);
      return `${error.name} ${error.message}`;
    }
  }

  const key = randomBytes(32);

  it('RFC 5652 §6.2.2: of several RecipientEncryptedKeys ours is found', () => {
    assert.equal(outcome(crafted(key), key), CONTENT.toString());
  });

  const wrapBy = (name: EcdhTransportName, oid: string) => algorithm(ECDH_TRANSPORTS[name].oid, algorithm(oid));
  const faults: Readonly<Record<string, () => Der>> = {
    'another key': () => crafted(randomBytes(32)),
    'a key of another length': () => crafted(randomBytes(16)),
    'a wrapped key that was changed': () => crafted(key, { encryptedKey: randomBytes(40) }),
    'a wrapped key that is too short': () => crafted(key, { encryptedKey: randomBytes(8) }),
    'a wrapped key of no whole blocks': () => crafted(key, { encryptedKey: randomBytes(39) }),
    'no wrapped key': () => crafted(key, { encryptedKey: Buffer.alloc(0) }),
    'a very long wrapped key': () => crafted(key, { encryptedKey: randomBytes(4096) }),
    'keying material that was not used': () => crafted(key, { material: Buffer.from('x') }),
    'another key derivation': () => crafted(key, { algorithm: wrapBy('ecdh-sha384', KEY_WRAPS[2]?.oid ?? '') }),
    'another wrapping': () => crafted(key, { algorithm: wrapBy('ecdh-sha256', KEY_WRAPS[0].oid) }),
    'an unknown wrapping': () => crafted(key, { algorithm: wrapBy('ecdh-sha256', '1.2.3') }),
    'an unknown agreement': () => crafted(key, { algorithm: algorithm('1.2.3') }),
    'a point off the curve': () => crafted(key, { originator: point(Buffer.of(4, ...randomBytes(64))) }),
    'the point at infinity': () => crafted(key, { originator: point(Buffer.of(0)) }),
    'a point of another curve': () =>
      crafted(key, { originator: point(pointOf(testIdentity('ec-p384')).subarray(-97)) }),
    'a point of another key': () => crafted(key, { originator: point(pointOf(us()).subarray(-65)) }),
    'no point': () => crafted(key, { originator: point(Buffer.alloc(0)) }),
    'a static key of the sender': () => crafted(key, { originator: issuerAndSerial(us().certificate) }),
  };
  for (const [what, make] of Object.entries(faults))
    it(`${what}: as if it were encrypted with another key`, () => {
      const nobody = outcome(makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key), key);
      assert.match(nobody, /^DecryptionFault/);
      assert.equal(outcome(make(), key), nobody);
    });
});
