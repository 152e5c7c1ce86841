import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey } from 'node:crypto';
import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { ECDH_TRANSPORTS, KEY_WRAPS, OID, takesKeys } from '../../src/cms/algorithms.ts';
import type { EcdhTransportName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { element, encode, nullValue, octetString, sequence, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { sendAgreedKey } from '../../src/cms/key-agreement.ts';
import { makeRecipient, usualTransport } from '../../src/cms/recipient-info.ts';
import { hasOpenssl, identityOf, testIdentity } from '../support/openssl.ts';
import { bytesOf } from '../support/bytes.ts';
import { craftEnvelope, encryptGcm, opened } from './envelope-support.ts';
import { X25519, X25519_CERTIFICATE, X25519_KEY } from './foreign-vectors.ts';
import { CONTENT, enveloped, toBer } from './support.ts';

const names = Object.keys(ECDH_TRANSPORTS) as EcdhTransportName[];
const us = () => testIdentity('x25519');
const bitString = (bytes: Buffer) => element(0x03, [Buffer.concat([Buffer.of(0), bytes])]);
const originatorKey = (bytes: Buffer, ...parameters: readonly Der[]): Der =>
  element(context(1, true), algorithm(OID.x25519, ...parameters), bitString(bytes));

describe('cms/key-agreement: X25519', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('RFC 8418 §2: opens what another implementation encrypts, with keying material or without, DER or BER', () => {
    const privateKey = createPrivateKey({ key: X25519_KEY, format: 'der', type: 'pkcs8' });
    const them = { ...us(), certificate: identityOf(X25519_CERTIFICATE), privateKey };
    for (const { name, cipher, envelope } of X25519)
      for (const form of [envelope, toBer(envelope, them.certificate.issuer)]) {
        const { facts, content, intact } = opened(form, [them]);
        assert.deepEqual([facts.keyTransport, facts.cipher, content, intact], [name, cipher, CONTENT, true]);
      }
  });

  for (const name of names)
    it(`RFC 8418 §2, RFC 5869: what we encrypt by ${name}, the primitives alone unwrap`, () => {
      for (const { key: length, oid: wrapOid, node } of KEY_WRAPS) {
        const key = randomBytes(length);
        const sent = sendAgreedKey(name, us().certificate.publicKey, key);
        const wrap = encode(algorithm(wrapOid));
        assert.deepEqual(encode(sent.algorithm), encode(algorithm(ECDH_TRANSPORTS[name].oid, [wrap])));
        const originator = encode(sent.originator);
        const point = originator.subarray(-32);
        // RFC 8418 §3.1, RFC 8410 §3: id-X25519 without parameters.
        assert.deepEqual(originator, Buffer.concat([Buffer.from('a12a300506032b656e032100', 'hex'), point]));
        const x = point.toString('base64url');
        const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
        const secret = diffieHellman({ privateKey: us().privateKey, publicKey });
        const bits = Buffer.alloc(4);
        bits.writeUInt32BE(length * 8);
        const info = encode(element(context(2, true), octetString(bits)));
        const sharedInfo = encode(sequence([wrap], [info]));
        const decipher = createDecipheriv(node, derived(name, secret, sharedInfo, length), Buffer.alloc(8, 0xa6));
        assert.deepEqual(Buffer.concat([decipher.update(sent.encryptedKey), decipher.final()]), key);
      }
    });

  it('RFC 8551 §2.3: without a word of it, the key goes by HKDF with SHA-256, and we open it', () => {
    assert.equal(usualTransport(us().certificate.publicKey), 'ecdh-hkdf-sha256');
    for (const keyTransport of [undefined, ...names])
      for (const cipher of ['aes128-cbc', 'aes192-gcm', 'aes256-ccm', '3des'] as const) {
        const envelope = enveloped(bytesOf(CONTENT), [us().certificate], {
          cipher,
          ...(keyTransport && { keyTransport }),
        });
        const { facts, content, intact } = opened(envelope, [us()]);
        assert.deepEqual([facts.keyTransport, content, intact], [keyTransport ?? 'ecdh-hkdf-sha256', CONTENT, true]);
      }
  });

  it('several recipients, RSA, EC and X25519: each opens it', () => {
    const all = (['rsa', 'ec', 'ec-p384', 'x25519'] as const).map((key) => testIdentity(key));
    const envelope = enveloped(bytesOf(CONTENT), all.map(({ certificate }) => certificate), { cipher: 'aes256-gcm' }); // prettier-ignore
    for (const each of all) assert.deepEqual(opened(envelope, [testIdentity('x25519', 'bob'), each]).content, CONTENT);
  });

  it('RFC 8418 §2.2: HKDF is for X25519; an EC key takes no key by it, and neither sends nor opens', () => {
    for (const name of names.filter((each) => !takesKeys('ec', each)))
      for (const key of ['ec', 'rsa', 'ed25519'] as const)
        assert.throws(() => makeRecipient(testIdentity(key).certificate, name, randomBytes(16)), { code: 'CMS_KEY' });
  });
});

describe('cms/key-agreement: X25519, nothing tells one fault from another', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  interface Choice {
    readonly name?: EcdhTransportName;
    readonly originator?: Der;
    readonly algorithm?: Der;
    readonly encryptedKey?: Buffer;
    readonly material?: Buffer;
    readonly recipient?: Der;
  }

  /** A recipient that is us, with anything in its places. */
  function crafted(key: Buffer, choice: Choice = {}): Der {
    const sent = sendAgreedKey(choice.name ?? 'ecdh-hkdf-sha256', us().certificate.publicKey, key);
    const {
      originator,
      algorithm: by,
      encryptedKey,
      recipient,
    } = {
      recipient: issuerAndSerial(us().certificate),
      ...sent,
      ...choice,
    };
    return element(
      context(1, true),
      smallInteger(3),
      element(context(0, true), originator),
      ...(choice.material ? [element(context(1, true), octetString(choice.material))] : []),
      by,
      sequence(sequence(recipient, octetString(encryptedKey))),
    );
  }

  const key = randomBytes(32);
  const wrapOid = KEY_WRAPS[2]?.oid ?? '';

  /** What a sender makes who writes its own originator and keying material. */
  function agreed(material?: Buffer, wrap = algorithm(wrapOid)): Choice {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const secret = diffieHellman({ privateKey, publicKey: us().certificate.publicKey });
    const uInfo = material ? [element(context(0, true), octetString(material))] : [];
    const bits = element(context(2, true), octetString(Buffer.of(0, 0, 1, 0)));
    const info = encode(sequence(wrap, ...uInfo, bits));
    const cipher = derived('ecdh-hkdf-sha256', secret, info, 32, material);
    return {
      originator: originatorKey(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
      algorithm: algorithm(ECDH_TRANSPORTS['ecdh-hkdf-sha256'].oid, wrap),
      encryptedKey: wrapped(cipher, key),
      ...(material && { material }),
    };
  }

  /** The error, or the content, of an envelope with authenticated content. */
  function outcome(recipient: Der, identity = us()): string {
    const nonce = randomBytes(12);
    const { encrypted, tag } = encryptGcm(key, nonce);
    const parameters = sequence(octetString(nonce), smallInteger(16));
    const parts = { key, cipher: 'aes256-gcm', parameters, encrypted, recipients: [recipient] } as const;
    const envelope = craftEnvelope({ ...parts, type: OID.authEnvelopedData, after: [octetString(tag)] });
    try {
      return opened(envelope, [identity]).content.toString();
    } catch (error) {
      assert.ok(error instanceof Error);
      return `${error.name} ${error.message}`;
    }
  }

  it('with keying material, an empty one too, and without', () => {
    for (const material of [undefined, Buffer.alloc(0), Buffer.from('x'), randomBytes(512), randomBytes(5000)])
      assert.equal(outcome(crafted(key, agreed(material))), CONTENT.toString(), `${material?.length}`);
  });

  it('RFC 3565 §2.3.2: NULL as parameters of the wrapping is taken as it was written into what the key is derived from', () => {
    assert.equal(outcome(crafted(key, agreed(undefined, algorithm(wrapOid, nullValue)))), CONTENT.toString());
  });

  const point = (hex: string) => () => crafted(key, { originator: originatorKey(Buffer.from(hex, 'hex')) });
  /** By somebody who knows no secret, but that it will be all zeros. */
  const lowOrder = (hex: string) => () => {
    const info = encode(sequence(algorithm(wrapOid), element(context(2, true), octetString(Buffer.of(0, 0, 1, 0)))));
    const encryptedKey = wrapped(derived('ecdh-hkdf-sha256', Buffer.alloc(32), info, 32), key);
    return crafted(key, { originator: originatorKey(Buffer.from(hex, 'hex')), encryptedKey });
  };
  const spki = (identity: ReturnType<typeof us>) =>
    createPublicKey(identity.certificatePem).export({ format: 'der', type: 'spki' });
  const named = (oid: string, bytes: Buffer, ...parameters: readonly Der[]) =>
    element(context(1, true), algorithm(oid, ...parameters), bitString(bytes));
  const good = () => generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const schemeWith = (name: EcdhTransportName, ...parameters: readonly Der[]) =>
    algorithm(ECDH_TRANSPORTS[name].oid, ...parameters);

  const faults: Readonly<Record<string, () => Der>> = {
    'another key': () => crafted(randomBytes(32)),
    'a key of another length': () => crafted(randomBytes(16)),
    'a wrapped key that was changed': () => crafted(key, { encryptedKey: randomBytes(40) }),
    'a wrapped key that is too short': () => crafted(key, { encryptedKey: randomBytes(8) }),
    'no wrapped key': () => crafted(key, { encryptedKey: Buffer.alloc(0) }),
    'keying material that was not used': () => crafted(key, { material: Buffer.from('x') }),
    'keying material that was left out': () => {
      const { material, ...rest } = agreed(Buffer.from('x'));
      assert.ok(material);
      return crafted(key, rest);
    },
    'keying material without end that was not used': () => crafted(key, { material: randomBytes(5000) }),
    'another key derivation': () => crafted(key, { algorithm: schemeWith('ecdh-hkdf-sha384', algorithm(wrapOid)) }),
    'the key derivation of EC': () => crafted(key, { algorithm: schemeWith('ecdh-sha256', algorithm(wrapOid)) }),
    'no wrapping': () => crafted(key, { algorithm: schemeWith('ecdh-hkdf-sha256') }),
    'NULL for the wrapping': () => crafted(key, { algorithm: schemeWith('ecdh-hkdf-sha256', nullValue) }),
    'an unknown wrapping': () => crafted(key, { algorithm: schemeWith('ecdh-hkdf-sha256', algorithm('1.2.3')) }),
    'the parameters of the wrapping added by another': () =>
      crafted(key, { algorithm: schemeWith('ecdh-hkdf-sha256', algorithm(wrapOid, nullValue)) }),
    // RFC 7748 §6.1: each gives a secret of all zeros, and so everybody the key that wraps.
    'the point 0, of low order': lowOrder('00'.repeat(32)),
    'the point 1, of low order': lowOrder(`01${'00'.repeat(31)}`),
    'a point of order 8': lowOrder('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
    'the other point of order 8': lowOrder('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
    'the point p - 1': lowOrder(`ec${'ff'.repeat(30)}7f`),
    'the point p, which is 0': lowOrder(`ed${'ff'.repeat(30)}7f`),
    'the point p + 1, which is 1': lowOrder(`ee${'ff'.repeat(30)}7f`),
    'a point of 31 octets': point('09'.repeat(31)),
    'a point of 33 octets': point('09'.repeat(33)),
    'no point': point(''),
    'a very long point': point('09'.repeat(4096)),
    'a point of another key': () => crafted(key, { originator: originatorKey(good()) }),
    'a point of P-256': () => crafted(key, { originator: originatorKey(spki(testIdentity('ec')).subarray(-65)) }),
    'a point of P-256, called so': () =>
      crafted(key, { originator: named(OID.ecPublicKey, spki(testIdentity('ec')).subarray(-65)) }),
    'a point of X448': () =>
      crafted(key, {
        originator: named(
          '1.3.101.111',
          generateKeyPairSync('x448').publicKey.export({ format: 'der', type: 'spki' }).subarray(-56),
        ),
      }),
    'a key of Ed25519': () =>
      crafted(key, { originator: named(OID.ed25519, spki(testIdentity('ed25519')).subarray(-32)) }),
    'RFC 8418 §3.1: NULL as parameters of the point': () =>
      crafted(key, { ...agreed(), originator: originatorKey(good(), nullValue) }),
    'RFC 8418 §3.1: a static key of the sender': () => crafted(key, { originator: issuerAndSerial(us().certificate) }),
  };
  for (const [what, make] of Object.entries(faults))
    it(`${what}: as if it were encrypted with another key`, () => {
      const nobody = outcome(makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key));
      assert.match(nobody, /^DecryptionFault/);
      assert.equal(outcome(make()), nobody);
    });

  it('RFC 8418 §3.1: right but for NULL as parameters of the point, or but for its name: not ours', () => {
    const right = agreed();
    const bytes = encode(right.originator ?? []).subarray(-32);
    const nobody = outcome(makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key));
    assert.equal(outcome(crafted(key, right)), CONTENT.toString());
    for (const originator of [
      originatorKey(bytes, nullValue),
      originatorKey(bytes, octetString(Buffer.of(1))),
      named(OID.ecPublicKey, bytes),
      named('1.3.101.111', bytes),
    ])
      assert.equal(outcome(crafted(key, { ...right, originator })), nobody);
  });

  it('what is for our X25519 key, sent with a point of P-256 to our EC key, and the reverse: nobody', () => {
    const nobody = outcome(makeRecipient(testIdentity().certificate, 'rsa-pkcs1', key));
    const ec = testIdentity('ec');
    const toEc = issuerAndSerial(ec.certificate);
    for (const name of ['ecdh-sha256', 'ecdh-hkdf-sha256'] as const)
      assert.equal(outcome(crafted(key, { name, recipient: toEc }), ec), nobody);
    const byHkdf = schemeWith('ecdh-hkdf-sha256', algorithm(wrapOid));
    const p256 = sendAgreedKey('ecdh-sha256', ec.certificate.publicKey, key);
    assert.equal(outcome(crafted(key, { ...p256, algorithm: byHkdf, recipient: toEc }), ec), nobody);
  });
});

/** The key that wraps, by HMAC and digest alone: HKDF (RFC 5869 §2) or X9.63 (SEC 1 §3.6.1), of at most one block. */
function derived(name: EcdhTransportName, secret: Buffer, info: Buffer, length: number, salt?: Buffer): Buffer {
  const { kdf, digest } = ECDH_TRANSPORTS[name];
  if (kdf === 'hkdf') {
    const extracted = createHmac(digest, salt ?? Buffer.alloc(0))
      .update(secret)
      .digest();
    return createHmac(digest, extracted).update(info).update(Buffer.of(1)).digest().subarray(0, length);
  }
  const blocks = [1, 2].map((count) =>
    createHash(digest)
      .update(secret)
      .update(Buffer.of(0, 0, 0, count))
      .update(info)
      .digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function wrapped(by: Buffer, key: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap', by, Buffer.alloc(8, 0xa6));
  return Buffer.concat([cipher.update(key), cipher.final()]);
}
