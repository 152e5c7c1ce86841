import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { OID } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { bytesOf } from '../support/bytes.ts';
import { attribute, CONTENT, enveloped } from './support.ts';
import { craftEnvelope, encryptGcm, opened } from './envelope-support.ts';

describe('cms/enveloped-data: forms of GCM', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('RFC 5083 is what we make, and EnvelopedData with the tag behind the content when it is asked for', () => {
    for (const cipher of ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] as const)
      for (const form of ['auth-enveloped-data', 'enveloped-data'] as const) {
        const options = { cipher, keyTransport: 'rsa-oaep-sha256', form } as const;
        const { facts, content, intact } = opened(enveloped(bytesOf(CONTENT), [testIdentity().certificate], options));
        assert.deepEqual([facts.structure, facts.cipher, content, intact], [form, cipher, CONTENT, true]);
      }
  });

  for (const [what, nonceLength, tagLength, parameters] of [
    ['GCMParameters', 12, 16, (nonce: Buffer) => sequence(octetString(nonce), smallInteger(16))],
    [
      'GCMParameters without the length of the tag, which then is 12',
      12,
      12,
      (nonce: Buffer) => sequence(octetString(nonce)),
    ],
    ['a tag of 13 octets', 12, 13, (nonce: Buffer) => sequence(octetString(nonce), smallInteger(13))],
    ['a bare nonce of 12 octets', 12, 16, octetString],
    ['a bare nonce of 16 octets', 16, 16, octetString],
  ] as const) {
    it(`EnvelopedData with ${what}`, () => {
      const [key, nonce] = [randomBytes(32), randomBytes(nonceLength)];
      const { encrypted, tag } = encryptGcm(key, nonce, { tag: tagLength });
      const parts = { key, cipher: 'aes256-gcm', parameters: parameters(nonce) } as const;
      const { content, facts } = opened(craftEnvelope({ ...parts, encrypted: Buffer.concat([encrypted, tag]) }));
      assert.deepEqual([content, facts.structure], [CONTENT, 'enveloped-data']);
      const broken = Buffer.concat([encrypted, tag]);
      broken.writeUInt8(broken.readUInt8(0) ^ 1, 0);
      for (const bytes of [broken, encrypted, Buffer.alloc(0), tag.subarray(1)])
        assert.throws(() => opened(craftEnvelope({ ...parts, encrypted: bytes })), {
          name: 'DecryptionFault',
          code: 'CMS_DECRYPTION',
        });
    });
  }

  it('RFC 5083 §2.2: authenticated attributes are authenticated as DER, whatever their order in the message', () => {
    const [key, nonce] = [randomBytes(32), randomBytes(12)];
    const attributes = [
      attribute(OID.contentType, oid(OID.data)),
      attribute('1.2.3.4', octetString(Buffer.from('short'))),
    ];
    const field = element(context(1, true), ...attributes);
    assert.notDeepEqual(encode(field), encode(setOf(attributes, context(1, true))));
    const { encrypted, tag } = encryptGcm(key, nonce, { authenticated: encode(setOf(attributes)) });
    const parameters = sequence(octetString(nonce), smallInteger(16));
    const type = OID.authEnvelopedData;
    const envelope = craftEnvelope({
      key,
      cipher: 'aes256-gcm',
      parameters,
      encrypted,
      type,
      after: [field, octetString(tag)],
    });
    assert.deepEqual(opened(envelope).content, CONTENT);
    const without = craftEnvelope({
      key,
      cipher: 'aes256-gcm',
      parameters,
      encrypted,
      type,
      after: [octetString(tag)],
    });
    assert.throws(() => opened(without), { name: 'DecryptionFault' });
  });

  it('RFC 5084 §3.2: tags from 12 to 16 octets, no others', () => {
    for (const length of [4, 8, 11, 12, 13, 14, 15, 16, 17]) {
      const [key, nonce] = [randomBytes(32), randomBytes(12)];
      const { encrypted, tag } = encryptGcm(key, nonce);
      const after = [octetString(Buffer.concat([tag, tag]).subarray(0, length))];
      const parameters = sequence(octetString(nonce), smallInteger(16));
      const envelope = craftEnvelope({
        key,
        cipher: 'aes256-gcm',
        parameters,
        encrypted,
        type: OID.authEnvelopedData,
        after,
      });
      if (length >= 12 && length <= 16) assert.deepEqual(opened(envelope).content, CONTENT);
      else assert.throws(() => opened(envelope), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    }
  });

  it('nothing of altered content is handed out', () => {
    const options = { cipher: 'aes128-gcm', keyTransport: 'rsa-pkcs1' } as const;
    const envelope = enveloped(bytesOf(CONTENT), [testIdentity().certificate], options);
    for (const back of [1, 10, 16, 20, 60]) {
      const broken = Buffer.from(envelope);
      broken.writeUInt8(broken.readUInt8(broken.length - back) ^ 1, broken.length - back);
      assert.throws(() => opened(broken), { name: 'DecryptionFault' });
    }
  });

  it('authenticated content by a cipher that does not authenticate is refused', () => {
    const key = randomBytes(32);
    const after = [octetString(randomBytes(16))];
    const parts = {
      key,
      cipher: 'aes256-cbc',
      parameters: octetString(randomBytes(16)),
      encrypted: randomBytes(32),
    } as const;
    assert.throws(() => opened(craftEnvelope({ ...parts, type: OID.authEnvelopedData, after })), {
      code: 'CMS_STRUCTURE',
    });
  });
});
