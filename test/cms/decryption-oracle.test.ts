import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';

import { OID } from '../../src/cms/algorithms.ts';
import { octetString, sequence, smallInteger } from '../../src/cms/der.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { makeRecipient } from '../../src/cms/recipient-info.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { bytesOf } from '../support/bytes.ts';
import { CONTENT } from './support.ts';
import { craftCbc, craftEnvelope, encryptGcm, keys, opened } from './envelope-support.ts';

describe('cms/enveloped-data: nothing tells one fault of decryption from another', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const [what, padding] of [
    ['of value zero', [0]],
    ['longer than a block', [17]],
    ['of differing octets', [2, 3, 3]],
    ['of 255', [255]],
  ] as const) {
    it(`bad padding ${what} strips nothing and is told only when asked`, () => {
      const plain = Buffer.concat([Buffer.alloc(48 - padding.length, 'x'), Buffer.from(padding)]);
      const { content, intact } = opened(craftCbc(plain));
      assert.deepEqual([content, intact], [plain, false]);
    });
  }

  it('RFC 5652 §6.3: padding of any right length is taken away', () => {
    for (let length = 1; length <= 16; length++) {
      const plain = Buffer.concat([Buffer.alloc(48 - length, 'x'), Buffer.alloc(length, length)]);
      const { content, intact } = opened(craftCbc(plain));
      assert.deepEqual([content, intact], [plain.subarray(0, 48 - length), true]);
    }
  });

  it('before the content is read, nothing is known of the padding', () => {
    const envelope = readEnvelope(bytesOf(craftCbc(Buffer.alloc(16, 16))), keys());
    assert.equal(envelope.open().intact(), false);
  });

  it('content that is missing, empty or no whole number of blocks goes the same way', () => {
    const parts = { key: randomBytes(32), cipher: 'aes256-cbc', parameters: octetString(randomBytes(16)) } as const;
    for (const length of [undefined, 0, 1, 15, 17, 33]) {
      const encrypted = length === undefined ? undefined : randomBytes(length);
      const { content, intact } = opened(craftEnvelope({ ...parts, encrypted }));
      assert.equal(content.length, Math.floor((length ?? 0) / 16) * 16);
      assert.equal(intact, false);
    }
  });

  it('bytes after the structure are told at the end, but for line ends', () => {
    const envelope = craftCbc(Buffer.alloc(16, 16));
    for (const [after, expected] of [
      ['', true],
      ['\r\n', true],
      ['x', false],
      ['\0\0', false],
    ] as const)
      // prettier-ignore
      assert.equal((opened(Buffer.concat([envelope, Buffer.from(after)]))).intact, expected);
  });

  /** What a message looks like to one who has not the key: whether it opens, and how long the content is. */
  const rubbish = (envelope: Buffer, identities = keys()) => {
    const { content } = opened(envelope, identities);
    assert.ok(content.length <= 96 && content.length >= 80, `${content.length}`);
    assert.ok(!content.includes('UNA'));
  };
  const parts = (key: Buffer) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const plain = Buffer.alloc(95, CONTENT);
    return {
      cipher: 'aes256-cbc',
      parameters: octetString(iv),
      encrypted: Buffer.concat([cipher.update(plain), cipher.final()]),
    } as const;
  };

  it('a wrong key, a key of wrong length, a broken key, no key for us: all open, to rubbish', () => {
    const { certificate } = testIdentity();
    const key = randomBytes(32);
    for (const [name, sent] of [
      ['rsa-pkcs1', randomBytes(32)],
      ['rsa-pkcs1', key.subarray(0, 16)],
      ['rsa-pkcs1', Buffer.alloc(0)],
      ['rsa-oaep-sha256', randomBytes(32)],
      ['rsa-oaep-sha1', key.subarray(0, 24)],
    ] as const)
      rubbish(craftEnvelope({ ...parts(key), key, recipients: [makeRecipient(certificate, name, sent)] }));
    rubbish(craftEnvelope({ ...parts(key), key, recipients: [] }));
    rubbish(craftEnvelope({ ...parts(key), key }), [testIdentity('rsa', 'bob')]);
    rubbish(craftEnvelope({ ...parts(key), key }), [testIdentity('ec')]);
    rubbish(craftEnvelope({ ...parts(key), key }), []);
  });

  it('when a recipient that is us has a broken key, no other is tried', () => {
    const key = randomBytes(32);
    const [alice, bob] = [testIdentity(), testIdentity('rsa', 'bob')];
    const recipients = [
      makeRecipient(alice.certificate, 'rsa-pkcs1', randomBytes(16)),
      makeRecipient(bob.certificate, 'rsa-pkcs1', key),
    ];
    // A SET OF is in order of its encodings, so that which is first is left to chance: one of the two opens to rubbish.
    const envelope = craftEnvelope({ ...parts(key), key, recipients });
    const first = envelope.indexOf(alice.certificate.serialNumber) < envelope.indexOf(bob.certificate.serialNumber);
    if (first) rubbish(envelope, [bob, alice]);
    else assert.ok(opened(envelope, [alice, bob]).content.includes('UNA'));
    rubbish(envelope, [alice]);
  });

  it('a message without a key for us costs the same private-key operation', () => {
    const envelope = readEnvelope(
      bytesOf(craftEnvelope({ ...parts(randomBytes(32)), key: randomBytes(32), recipients: [] })),
      keys(),
    );
    assert.equal(envelope.facts.keyTransport, undefined);
    assert.equal(envelope.facts.recipients, 0);
    envelope.open();
  });

  it('authenticated content faults in one way, whatever is wrong', () => {
    const key = randomBytes(32);
    const nonce = randomBytes(12);
    const { encrypted, tag } = encryptGcm(key, nonce);
    const common = {
      key,
      cipher: 'aes256-gcm',
      parameters: sequence(octetString(nonce), smallInteger(16)),
      encrypted,
    } as const;
    const { certificate } = testIdentity();
    const recipients = [
      [],
      [makeRecipient(certificate, 'rsa-pkcs1', randomBytes(32))],
      [makeRecipient(certificate, 'rsa-pkcs1', randomBytes(16))],
      [makeRecipient(certificate, 'rsa-oaep-sha1', randomBytes(33))],
    ];
    const messages = new Set<string>();
    for (const list of recipients) {
      const envelope = craftEnvelope({
        ...common,
        type: OID.authEnvelopedData,
        after: [octetString(tag)],
        recipients: list,
      });
      assert.throws(
        () => opened(envelope),
        (error: Error) => messages.add(`${error.name} ${error.message}`).size === 1,
      );
    }
  });
});
