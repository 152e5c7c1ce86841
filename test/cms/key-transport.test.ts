import assert from 'node:assert/strict';
import { constants, createHash, publicEncrypt, randomBytes } from 'node:crypto';
import { DIGESTS, RSA_TRANSPORTS } from '../../src/cms/algorithms.ts';
import type { DigestName, RsaTransportName } from '../../src/cms/algorithms.ts';
import { BerReader } from '../../src/cms/ber.ts';
import { readAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { encode } from '../../src/cms/der.ts';
import { keyTransportAlgorithm, readKeyTransport, receiveKey, sendKey } from '../../src/cms/key-transport.ts';
import type { KeyTransport } from '../../src/cms/key-transport.ts';
import { unmask } from '../../src/cms/mask.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';

const K = 256;
const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

/** Encrypts a block as it stands, with RSA alone. */
const encryptRaw = (block: Buffer) =>
  publicEncrypt({ key: testIdentity().certificate.publicKey, padding: constants.RSA_NO_PADDING }, block);

const receive = (transport: KeyTransport, encrypted: Buffer, length = KEY.length) =>
  receiveKey(transport, testIdentity().privateKey, encrypted, length);

/** Random octets that are not zero. */
const filler = (length: number) => randomBytes(length).map((octet) => octet || 1) as Buffer;

describe('cms/key-transport', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  for (const name of Object.keys(RSA_TRANSPORTS) as RsaTransportName[])
    it(`${name}: a key arrives`, () => {
      const parameters = new BerReader(encode(keyTransportAlgorithm(name)));
      const transport = readKeyTransport(readAlgorithm(parameters));
      assert.equal(transport?.name, name);
      for (const length of [16, 24, 32]) {
        const encrypted = sendKey(name, testIdentity().certificate.publicKey, KEY.subarray(0, length));
        assert.deepEqual(receive(transport, encrypted, length), KEY.subarray(0, length));
      }
    });

  it('a key that cannot take one is refused', () => {
    for (const key of ['ec', 'rsa-pss'] as const)
      assert.throws(() => sendKey('rsa-pkcs1', testIdentity(key).certificate.publicKey, KEY), { code: 'CMS_KEY' });
    assert.throws(() => sendKey('rsa-oaep-sha512', testIdentity('rsa-1024').certificate.publicKey, KEY), {
      code: 'CMS_KEY',
    });
  });

  describe('RFC 3218 §2.3.2: PKCS#1 v1.5: every fault gives a random key of the right length', () => {
    const transport: KeyTransport = { name: 'rsa-pkcs1', oaep: undefined };
    const padded = (prefix: readonly number[], padding: Buffer, message: Buffer) =>
      Buffer.concat([Buffer.from(prefix), padding, Buffer.of(0), message]);
    const good = () => padded([0, 2], filler(K - 3 - KEY.length), KEY);

    /** Blocks, or what is no block at all. */
    const faults: Readonly<Record<string, () => Buffer>> = {
      'block type 1': () => encryptRaw(padded([0, 1], Buffer.alloc(K - 3 - KEY.length, 0xff), KEY)),
      'block type 0': () => encryptRaw(padded([0, 0], filler(K - 3 - KEY.length), KEY)),
      'a zero at the beginning of the padding': () => encryptRaw(good().fill(0, 2, 3)),
      'a zero in the middle of the padding': () => encryptRaw(good().fill(0, 100, 101)),
      'a zero at the end of the padding': () => encryptRaw(good().fill(0, K - KEY.length - 2, K - KEY.length - 1)),
      'no separator': () => encryptRaw(good().fill(1, K - KEY.length - 1, K - KEY.length)),
      'a key one octet short': () => encryptRaw(padded([0, 2], filler(K - 2 - KEY.length), KEY.subarray(1))),
      'a key one octet long': () =>
        encryptRaw(padded([0, 2], filler(K - 4 - KEY.length), Buffer.concat([KEY, KEY.subarray(1, 2)]))),
      'an empty key': () => encryptRaw(padded([0, 2], filler(K - 3), Buffer.alloc(0))),
      'a key for another cipher': () => encryptRaw(padded([0, 2], filler(K - 3 - 24), KEY.subarray(0, 24))),
      zeros: () => Buffer.alloc(K),
      one: () => Buffer.alloc(K).fill(1, K - 1),
      'a number above the modulus': () => Buffer.alloc(K, 0xff),
      nothing: () => Buffer.alloc(0),
      'too few octets': () => randomBytes(10),
      'too many octets': () => randomBytes(K + 1),
      rubbish: () => Buffer.concat([Buffer.of(0), randomBytes(K - 1)]),
      OAEP: () => sendKey('rsa-oaep-sha256', testIdentity().certificate.publicKey, KEY),
    };
    for (const [what, make] of Object.entries(faults))
      it(what, () => {
        const encrypted = make();
        const received = receive(transport, encrypted);
        assert.equal(received.length, KEY.length);
        assert.notDeepEqual(received, KEY);
        assert.notDeepEqual(received, Buffer.alloc(KEY.length));
      });

    it('the good block, by contrast, gives the key', () => {
      assert.deepEqual(receive(transport, encryptRaw(good())), KEY);
    });

    it('§7.2.1: less than eight octets of padding are a fault', () => {
      for (const [padding, opens] of [
        [8, true],
        [7, false],
        [1, false],
        [0, false],
      ] as const) {
        // prettier-ignore
        const message = filler(K - 3 - padding);
        const received = receive(transport, encryptRaw(padded([0, 2], filler(padding), message)), message.length);
        assert.equal(received.equals(message), opens, `${padding}`);
      }
    });

    it('a key longer than the block is a fault', () => {
      for (const length of [K - 10, K - 1, K, K + 1, 2 * K])
        assert.equal(receive(transport, encryptRaw(good()), length).length, length);
    });
  });

  describe('RSAES-OAEP: every fault gives a random key of the right length', () => {
    interface Oaep {
      readonly digest: DigestName;
      readonly mask: DigestName;
      readonly label?: Buffer;
    }
    /** The block of RFC 8017 §7.1.1 around any data. */
    const block = ({ digest, mask }: Oaep, data: Buffer, first = 0) => {
      const seed = randomBytes(DIGESTS[digest].length);
      const masked = unmask(data, seed, mask);
      return encryptRaw(Buffer.concat([Buffer.of(first), unmask(seed, masked, mask), masked]));
    };
    const dataOf = ({ digest, label = Buffer.alloc(0) }: Oaep, message = KEY) => {
      const hash = createHash(digest).update(label).digest();
      const padding = Buffer.alloc(K - 1 - 2 * hash.length - message.length - 1);
      return Buffer.concat([hash, padding, Buffer.of(1), message]);
    };
    const transportOf = ({ digest, mask, label = Buffer.alloc(0) }: Oaep): KeyTransport => ({
      name: `rsa-oaep-${digest}`,
      oaep: { digest, maskDigest: mask, label },
    });
    const digests = Object.keys(DIGESTS) as DigestName[];

    it('any digest with any mask, and a label', () => {
      for (const digest of digests)
        for (const mask of digests)
          for (const label of [Buffer.alloc(0), Buffer.from('label')]) {
            const oaep = { digest, mask, label };
            assert.deepEqual(receive(transportOf(oaep), block(oaep, dataOf(oaep))), KEY);
          }
    });

    const oaep: Oaep = { digest: 'sha256', mask: 'sha1' };
    /** Of the separator, in the data. */
    const AT = K - 1 - 32 - KEY.length - 1;
    const faults: Readonly<Record<string, () => Buffer>> = {
      'a first octet that is not zero': () => block(oaep, dataOf(oaep), 1),
      'another label': () => block(oaep, dataOf({ ...oaep, label: Buffer.from('x') })),
      'another mask': () => block({ ...oaep, mask: 'sha256' }, dataOf(oaep)),
      'another digest': () => block({ ...oaep, digest: 'sha1' }, dataOf({ ...oaep, digest: 'sha1' })),
      'no separator': () => block(oaep, dataOf(oaep).fill(0, AT, AT + 1)),
      'another separator': () => block(oaep, dataOf(oaep).fill(3, AT, AT + 1)),
      'padding that is not zero': () => block(oaep, dataOf(oaep).fill(1, 40, 41)),
      'a key one octet short': () => block(oaep, dataOf(oaep, KEY.subarray(1))),
      'a key one octet long': () => block(oaep, dataOf(oaep, Buffer.concat([KEY, KEY.subarray(1, 2)]))),
      zeros: () => Buffer.alloc(K),
      'a number above the modulus': () => Buffer.alloc(K, 0xff),
      nothing: () => Buffer.alloc(0),
      'PKCS#1 v1.5': () => sendKey('rsa-pkcs1', testIdentity().certificate.publicKey, KEY),
    };
    for (const [what, make] of Object.entries(faults))
      it(what, () => {
        const encrypted = make();
        const [one, two] = [receive(transportOf(oaep), encrypted), receive(transportOf(oaep), encrypted)];
        assert.equal(one.length, KEY.length);
        assert.notDeepEqual(one, KEY);
        assert.notDeepEqual(one, two);
      });

    it('a digest too long for the block is a fault', () => {
      const { privateKey } = testIdentity('rsa-1024');
      const key = receiveKey(transportOf({ digest: 'sha512', mask: 'sha512' }), privateKey, randomBytes(128), 32);
      assert.equal(key.length, 32);
    });
  });
});
