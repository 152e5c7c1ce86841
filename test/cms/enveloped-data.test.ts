import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { CIPHERS, OID } from '../../src/cms/algorithms.ts';
import type { CipherName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { contentInfo } from '../../src/cms/content-info.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { makeEnvelope, readEnvelope } from '../../src/cms/enveloped-data.ts';
import { makeRecipient } from '../../src/cms/recipient-info.ts';
import { bytesOf, collect } from '../../src/mime/bytes.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { attribute, CONTENT, inPieces } from './support.ts';

const ciphers = Object.keys(CIPHERS) as CipherName[];
const keys = () => [testIdentity()];

async function opened(envelope: Buffer, identities = keys()) {
  const { facts, open } = await readEnvelope(bytesOf(envelope), identities);
  const { content, intact } = await open();
  return { facts, content: await collect(content), intact: intact() };
}

/** EnvelopedData or AuthEnvelopedData with anything in its places. */
function craft(options: {
  readonly key: Buffer;
  readonly parameters: Der;
  readonly cipher: CipherName;
  readonly encrypted: Buffer | undefined;
  readonly after?: readonly Der[];
  readonly type?: string;
  readonly recipients?: readonly Der[];
}): Buffer {
  const { key, cipher, parameters, encrypted, after = [], type = OID.envelopedData } = options;
  const recipients = options.recipients ?? [makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key)];
  const content = encrypted ? [element(context(0, false), [encrypted])] : [];
  const info = sequence(oid(OID.data), algorithm(CIPHERS[cipher].oid, parameters), ...content);
  return encode(contentInfo(type, sequence(smallInteger(0), setOf(recipients), info, ...after)));
}

/** AES-256-CBC without OpenSSL's padding. */
function craftCbc(plain: Buffer, key = randomBytes(32)): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return craft({ key, cipher: 'aes256-cbc', parameters: octetString(iv), encrypted });
}

function encryptGcm(key: Buffer, nonce: Buffer, options: { tag?: number; authenticated?: Buffer } = {}) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: options.tag ?? 16 });
  if (options.authenticated) cipher.setAAD(options.authenticated);
  const encrypted = Buffer.concat([cipher.update(CONTENT), cipher.final()]);
  return { encrypted, tag: cipher.getAuthTag() };
}

describe('cms/enveloped-data: forms of GCM', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('RFC 5083 is what we make, and EnvelopedData with the tag behind the content when it is asked for', async () => {
    for (const cipher of ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'] as const)
      for (const form of ['auth-enveloped-data', 'enveloped-data'] as const) {
        const options = { cipher, keyTransport: 'rsa-oaep-sha256', form } as const;
        const { facts, content, intact } = await opened(
          await makeEnvelope(bytesOf(CONTENT), [testIdentity().certificate], options),
        );
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
    it(`EnvelopedData with ${what}`, async () => {
      const [key, nonce] = [randomBytes(32), randomBytes(nonceLength)];
      const { encrypted, tag } = encryptGcm(key, nonce, { tag: tagLength });
      const parts = { key, cipher: 'aes256-gcm', parameters: parameters(nonce) } as const;
      const { content, facts } = await opened(craft({ ...parts, encrypted: Buffer.concat([encrypted, tag]) }));
      assert.deepEqual([content, facts.structure], [CONTENT, 'enveloped-data']);
      const broken = Buffer.concat([encrypted, tag]);
      broken.writeUInt8(broken.readUInt8(0) ^ 1, 0);
      for (const bytes of [broken, encrypted, Buffer.alloc(0), tag.subarray(1)])
        await assert.rejects(opened(craft({ ...parts, encrypted: bytes })), {
          name: 'DecryptionFault',
          code: 'CMS_DECRYPTION',
        });
    });
  }

  it('RFC 5083 §2.2: authenticated attributes are authenticated as DER, whatever their order in the message', async () => {
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
    const envelope = craft({
      key,
      cipher: 'aes256-gcm',
      parameters,
      encrypted,
      type,
      after: [field, octetString(tag)],
    });
    assert.deepEqual((await opened(envelope)).content, CONTENT);
    const without = craft({ key, cipher: 'aes256-gcm', parameters, encrypted, type, after: [octetString(tag)] });
    await assert.rejects(opened(without), { name: 'DecryptionFault' });
  });

  it('RFC 5084 §3.2: tags from 12 to 16 octets, no others', async () => {
    for (const length of [4, 8, 11, 12, 13, 14, 15, 16, 17]) {
      const [key, nonce] = [randomBytes(32), randomBytes(12)];
      const { encrypted, tag } = encryptGcm(key, nonce);
      const after = [octetString(Buffer.concat([tag, tag]).subarray(0, length))];
      const parameters = sequence(octetString(nonce), smallInteger(16));
      const envelope = craft({ key, cipher: 'aes256-gcm', parameters, encrypted, type: OID.authEnvelopedData, after });
      if (length >= 12 && length <= 16) assert.deepEqual((await opened(envelope)).content, CONTENT);
      else await assert.rejects(opened(envelope), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    }
  });

  it('nothing of altered content is handed out', async () => {
    const options = { cipher: 'aes128-gcm', keyTransport: 'rsa-pkcs1' } as const;
    const envelope = await makeEnvelope(bytesOf(CONTENT), [testIdentity().certificate], options);
    for (const back of [1, 10, 16, 20, 60]) {
      const broken = Buffer.from(envelope);
      broken.writeUInt8(broken.readUInt8(broken.length - back) ^ 1, broken.length - back);
      await assert.rejects(opened(broken), { name: 'DecryptionFault' });
    }
  });

  it('authenticated content by a cipher that does not authenticate is refused', async () => {
    const key = randomBytes(32);
    const after = [octetString(randomBytes(16))];
    const parts = {
      key,
      cipher: 'aes256-cbc',
      parameters: octetString(randomBytes(16)),
      encrypted: randomBytes(32),
    } as const;
    await assert.rejects(opened(craft({ ...parts, type: OID.authEnvelopedData, after })), { code: 'CMS_STRUCTURE' });
  });
});

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
    it(`bad padding ${what} strips nothing and is told only when asked`, async () => {
      const plain = Buffer.concat([Buffer.alloc(48 - padding.length, 'x'), Buffer.from(padding)]);
      const { content, intact } = await opened(craftCbc(plain));
      assert.deepEqual([content, intact], [plain, false]);
    });
  }

  it('RFC 5652 §6.3: padding of any right length is taken away', async () => {
    for (let length = 1; length <= 16; length++) {
      const plain = Buffer.concat([Buffer.alloc(48 - length, 'x'), Buffer.alloc(length, length)]);
      const { content, intact } = await opened(craftCbc(plain));
      assert.deepEqual([content, intact], [plain.subarray(0, 48 - length), true]);
    }
  });

  it('before the content is read, nothing is known of the padding', async () => {
    const envelope = await readEnvelope(bytesOf(craftCbc(Buffer.alloc(16, 16))), keys());
    assert.equal((await envelope.open()).intact(), false);
  });

  it('content that is missing, empty or no whole number of blocks goes the same way', async () => {
    const parts = { key: randomBytes(32), cipher: 'aes256-cbc', parameters: octetString(randomBytes(16)) } as const;
    for (const length of [undefined, 0, 1, 15, 17, 33]) {
      const encrypted = length === undefined ? undefined : randomBytes(length);
      const { content, intact } = await opened(craft({ ...parts, encrypted }));
      assert.equal(content.length, Math.floor((length ?? 0) / 16) * 16);
      assert.equal(intact, false);
    }
  });

  it('bytes after the structure are told at the end, but for line ends', async () => {
    const envelope = craftCbc(Buffer.alloc(16, 16));
    for (const [after, expected] of [
      ['', true],
      ['\r\n', true],
      ['x', false],
      ['\0\0', false],
    ] as const)
      // prettier-ignore
      assert.equal((await opened(Buffer.concat([envelope, Buffer.from(after)]))).intact, expected);
  });

  /** What a message looks like to one who has not the key: whether it opens, and how long the content is. */
  const rubbish = async (envelope: Buffer, identities = keys()) => {
    const { content } = await opened(envelope, identities);
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

  it('a wrong key, a key of wrong length, a broken key, no key for us: all open, to rubbish', async () => {
    const { certificate } = testIdentity();
    const key = randomBytes(32);
    for (const [name, sent] of [
      ['rsa-pkcs1', randomBytes(32)],
      ['rsa-pkcs1', key.subarray(0, 16)],
      ['rsa-pkcs1', Buffer.alloc(0)],
      ['rsa-oaep-sha256', randomBytes(32)],
      ['rsa-oaep-sha1', key.subarray(0, 24)],
    ] as const)
      await rubbish(craft({ ...parts(key), key, recipients: [makeRecipient(certificate, name, sent)] }));
    await rubbish(craft({ ...parts(key), key, recipients: [] }));
    await rubbish(craft({ ...parts(key), key }), [testIdentity('rsa', 'bob')]);
    await rubbish(craft({ ...parts(key), key }), [testIdentity('ec')]);
    await rubbish(craft({ ...parts(key), key }), []);
  });

  it('when a recipient that is us has a broken key, no other is tried', async () => {
    const key = randomBytes(32);
    const [alice, bob] = [testIdentity(), testIdentity('rsa', 'bob')];
    const recipients = [
      makeRecipient(alice.certificate, 'rsa-pkcs1', randomBytes(16)),
      makeRecipient(bob.certificate, 'rsa-pkcs1', key),
    ];
    // A SET OF is in order of its encodings, so that which is first is left to chance: one of the two opens to rubbish.
    const envelope = craft({ ...parts(key), key, recipients });
    const first = envelope.indexOf(alice.certificate.serialNumber) < envelope.indexOf(bob.certificate.serialNumber);
    if (first) await rubbish(envelope, [bob, alice]);
    else assert.ok((await opened(envelope, [alice, bob])).content.includes('UNA'));
    await rubbish(envelope, [alice]);
  });

  it('a message without a key for us costs the same private-key operation', async () => {
    const envelope = await readEnvelope(
      bytesOf(craft({ ...parts(randomBytes(32)), key: randomBytes(32), recipients: [] })),
      keys(),
    );
    assert.equal(envelope.facts.keyTransport, undefined);
    assert.equal(envelope.facts.recipients, 0);
    await envelope.open();
  });

  it('authenticated content faults in one way, whatever is wrong', async () => {
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
      const envelope = craft({ ...common, type: OID.authEnvelopedData, after: [octetString(tag)], recipients: list });
      await assert.rejects(
        opened(envelope),
        (error: Error) => messages.add(`${error.name} ${error.message}`).size === 1,
      );
    }
  });
});

describe('cms/enveloped-data: the structure', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const [what, parameters] of [
    ['an IV that is too short', octetString(Buffer.alloc(15))],
    ['an IV that is too long', octetString(Buffer.alloc(17))],
    ['no IV', []],
    ['an IV that is none', smallInteger(1)],
  ] as const) {
    it(`refuses CBC with ${what}`, async () => {
      const envelope = craft({ key: randomBytes(32), cipher: 'aes256-cbc', parameters, encrypted: randomBytes(16) });
      await assert.rejects(readEnvelope(bytesOf(envelope), keys()), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    });
  }

  it('refuses GCM with an empty or huge nonce, or a tag that is too short', async () => {
    for (const parameters of [
      octetString(Buffer.alloc(0)),
      octetString(Buffer.alloc(1000)),
      sequence(octetString(Buffer.alloc(12)), smallInteger(4)),
    ]) {
      const envelope = craft({ key: randomBytes(32), cipher: 'aes256-gcm', parameters, encrypted: randomBytes(32) });
      await assert.rejects(readEnvelope(bytesOf(envelope), keys()), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    }
  });

  it('what is made opens to the same, for any content in any pieces, by any cipher', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.constantFrom(...ciphers), fc.array(fc.nat(300)), async (chunks, cipher, cuts) => {
        const envelope = await makeEnvelope(bytesOf(...chunks), [testIdentity().certificate], {
          cipher,
          keyTransport: 'rsa-pkcs1',
        });
        const read = await readEnvelope(inPieces(envelope, ...cuts), keys());
        const { content, intact } = await read.open();
        assert.deepEqual(await collect(content), Buffer.concat(chunks));
        assert.equal(intact(), true);
      }),
    );
  });

  it('large content goes through in pieces', async () => {
    const content = randomBytes(5_000_001);
    for (const cipher of ['aes256-cbc', 'aes256-gcm'] as const) {
      const envelope = await makeEnvelope(bytesOf(content), [testIdentity().certificate], {
        cipher,
        keyTransport: 'rsa-pkcs1',
      });
      const { content: found, intact } = await opened(envelope);
      assert.ok(found.equals(content) && intact);
    }
  });

  it('every message has a fresh key and IV', async () => {
    const options = { cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' } as const;
    const [one, two] = await Promise.all(
      [1, 2].map(() => makeEnvelope(bytesOf(CONTENT), [testIdentity().certificate], options)),
    );
    assert.notDeepEqual(one, two);
  });
});
