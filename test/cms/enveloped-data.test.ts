import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { CIPHERS } from '../../src/cms/algorithms.ts';
import type { CipherName } from '../../src/cms/algorithms.ts';
import { octetString, sequence, smallInteger } from '../../src/cms/der.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';
import { CONTENT, enveloped } from './support.ts';
import { craftEnvelope, keys, opened } from './envelope-support.ts';

const ciphers = Object.keys(CIPHERS) as CipherName[];

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
    it(`refuses CBC with ${what}`, () => {
      const envelope = craftEnvelope({
        key: randomBytes(32),
        cipher: 'aes256-cbc',
        parameters,
        encrypted: randomBytes(16),
      });
      assert.throws(() => readEnvelope(bytesOf(envelope), keys()), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    });
  }

  it('refuses GCM with an empty or huge nonce, or a tag that is too short', () => {
    for (const parameters of [
      octetString(Buffer.alloc(0)),
      octetString(Buffer.alloc(1000)),
      sequence(octetString(Buffer.alloc(12)), smallInteger(4)),
    ]) {
      const envelope = craftEnvelope({
        key: randomBytes(32),
        cipher: 'aes256-gcm',
        parameters,
        encrypted: randomBytes(32),
      });
      assert.throws(() => readEnvelope(bytesOf(envelope), keys()), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    }
  });

  it('what is made opens to the same, for any content in any pieces, by any cipher', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 });
    fc.assert(
      fc.property(pieces, fc.constantFrom(...ciphers), fc.array(fc.nat(300)), (chunks, cipher, cuts) => {
        const envelope = enveloped(bytesOf(...chunks), [testIdentity().certificate], {
          cipher,
          keyTransport: 'rsa-pkcs1',
        });
        const read = readEnvelope(inPieces(envelope, ...cuts), keys());
        const { content, intact } = read.open();
        assert.deepEqual(collect(content), Buffer.concat(chunks));
        assert.equal(intact(), true);
      }),
    );
  });

  it('large content goes through in pieces', () => {
    const content = randomBytes(5_000_001);
    for (const cipher of ['aes256-cbc', 'aes256-gcm'] as const) {
      const envelope = enveloped(bytesOf(content), [testIdentity().certificate], {
        cipher,
        keyTransport: 'rsa-pkcs1',
      });
      const { content: found, intact } = opened(envelope);
      assert.ok(found.equals(content) && intact);
    }
  });

  it('every message has a fresh key and IV', () => {
    const options = { cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' } as const;
    const [one, two] = [1, 2].map(() => enveloped(bytesOf(CONTENT), [testIdentity().certificate], options));
    assert.notDeepEqual(one, two);
  });
});
