import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { createCipheriv } from 'node:crypto';
import { CIPHERS, OID } from '../../src/cms/algorithms.ts';
import type { CipherName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { makeEnvelope } from '../../src/cms/enveloped-data.ts';
import { LARGEST_CCM } from '../../src/limits.ts';
import { bytesOf } from '../support/bytes.ts';
import { hasOpenssl, identityOf, testIdentity } from '../support/openssl.ts';
import { craftEnvelope, opened } from './envelope-support.ts';
import { CCM, RSA_CERTIFICATE, RSA_KEY } from './foreign-vectors.ts';
import { attribute, CONTENT, enveloped, toBer } from './support.ts';

const ciphers = (Object.keys(CIPHERS) as CipherName[]).filter((name) => CIPHERS[name].mode === 'ccm');
const decryptionFault = { name: 'DecryptionFault', code: 'CMS_DECRYPTION' };

// The command line of OpenSSL has no CCM in CMS: the second opinion is a message of BouncyCastle's, made once.
describe('cms/content-cipher: CCM', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('RFC 5084 §3.1: opens what BouncyCastle encrypts, DER or BER', () => {
    const us = {
      certificate: identityOf(RSA_CERTIFICATE),
      privateKey: createPrivateKey({ key: RSA_KEY, format: 'der', type: 'pkcs8' }),
    };
    for (const [cipher, der] of Object.entries(CCM))
      for (const envelope of [der, toBer(der, us.certificate.issuer)]) {
        const { facts, content, intact } = opened(envelope, [us as ReturnType<typeof testIdentity>]);
        assert.deepEqual([facts.structure, facts.cipher], ['auth-enveloped-data', cipher]);
        assert.deepEqual([content, intact], [CONTENT, true]);
      }
  });

  it('what we encrypt by it we open, of any length up to the limit, in either form', () => {
    for (const cipher of ciphers)
      for (const form of ['auth-enveloped-data', 'enveloped-data'] as const)
        for (const length of cipher === 'aes128-ccm' ? [0, 1, 16, 70_000, LARGEST_CCM] : [1000]) {
          const sent = Buffer.alloc(length, 'content');
          const envelope = enveloped(bytesOf(sent), [testIdentity().certificate], { cipher, form });
          const { facts, content, intact } = opened(envelope);
          assert.deepEqual([facts.structure, facts.cipher, intact], [form, cipher, true]);
          assert.ok(content.equals(sent), `${length}`);
        }
  });

  it('RFC 5084 §3.1: more than it can count is refused, on sending before anything is read', () => {
    const content = Buffer.alloc(LARGEST_CCM + 1);
    const options = { cipher: 'aes128-ccm' } as const;
    assert.throws(() => makeEnvelope(bytesOf(content), [testIdentity().certificate], options), {
      code: 'CMS_LIMIT',
      message: /AES-GCM/,
    });
    const parameters = sequence(octetString(randomBytes(12)), smallInteger(16));
    const type = OID.authEnvelopedData;
    const parts = { key: randomBytes(16), cipher: 'aes128-ccm', parameters, encrypted: content, type } as const;
    assert.throws(() => opened(craftEnvelope({ ...parts, after: [octetString(randomBytes(16))] })), {
      code: 'CMS_LIMIT',
    });
  });

  /** By node:crypto itself. */
  function crafted(options: { readonly nonce?: number; readonly tag?: number; readonly told?: number } = {}) {
    const { nonce: nonceLength = 12, tag: tagLength = 16, told = tagLength } = options;
    const [key, nonce] = [randomBytes(32), randomBytes(nonceLength)];
    const attributes = [attribute(OID.contentType, oid(OID.data))];
    const cipher = createCipheriv('aes-256-ccm', key, nonce, { authTagLength: tagLength });
    cipher.setAAD(encode(setOf(attributes)), { plaintextLength: CONTENT.length });
    const encrypted = cipher.update(CONTENT);
    cipher.final();
    const parameters = sequence(octetString(nonce), ...(told === 12 ? [] : [smallInteger(told)]));
    const after = [setOf(attributes, context(1, true)), octetString(cipher.getAuthTag())];
    const parts = { key, cipher: 'aes256-ccm', parameters, type: OID.authEnvelopedData } as const;
    return { ...parts, encrypted, after };
  }

  it('RFC 5084 §3.1: nonces from 7 to 13 octets, tags of 12, 14 and 16; authenticated attributes', () => {
    for (const nonce of [7, 12, 13])
      for (const tag of [12, 14, 16]) assert.deepEqual(opened(craftEnvelope(crafted({ nonce, tag }))).content, CONTENT);
    for (const tag of [4, 8, 10])
      assert.throws(() => opened(craftEnvelope(crafted({ tag }))), { code: 'CMS_STRUCTURE' });
    for (const length of [1, 6, 14, 16, 64]) {
      const parameters = sequence(octetString(randomBytes(length)), smallInteger(16));
      assert.throws(() => opened(craftEnvelope({ ...crafted(), parameters })), decryptionFault);
    }
    assert.throws(() => opened(craftEnvelope({ ...crafted(), parameters: element(0x30) })), { code: 'CMS_STRUCTURE' });
  });

  it('nothing of altered content is handed out', () => {
    const good = crafted();
    const changed = Buffer.from(good.encrypted);
    changed.writeUInt8(changed.readUInt8(3) ^ 1, 3);
    const [attributes, tag] = good.after;
    for (const altered of [
      { encrypted: changed },
      { encrypted: good.encrypted.subarray(1) },
      { encrypted: Buffer.alloc(0) },
      { key: randomBytes(32) },
      { after: [octetString(randomBytes(16))] },
      { after: tag ? [tag] : [] },
      { after: [...(attributes ? [attributes] : []), octetString(randomBytes(13))] },
    ])
      assert.throws(() => opened(craftEnvelope({ ...good, ...altered })), decryptionFault);
  });
});
