import assert from 'node:assert/strict';
import { getCiphers, getHashes } from 'node:crypto';
import { CIPHERS, DIGESTS, digestByMicalg, micalgName } from '../../src/cms/algorithms.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';

describe('cms/algorithms', () => {
  it('RFC 8551 §3.5.3.2: digests as partners spell them', () => {
    const spellings: Readonly<Record<DigestName, readonly string[]>> = {
      sha1: ['sha1', 'sha-1', 'SHA1', 'SHA-1', 'rsa-sha1', 'RSA-SHA1', ' sha1 ', 'sha_1'],
      sha256: ['sha256', 'sha-256', 'SHA256', 'sha2_256', 'SHA2-256', 'sha-2-256', 'rsa-sha256', 'sha_256'],
      sha384: ['sha384', 'sha-384', 'sha2_384'],
      sha512: ['sha512', 'sha-512', 'SHA-512'],
    };
    for (const [digest, texts] of Object.entries(spellings))
      for (const text of texts) assert.equal(digestByMicalg(text), digest, text);
  });

  it('other names are no digest', () => {
    for (const text of [
      'md5',
      'sha',
      'sha-224',
      'sha3-256',
      'sha256x',
      'xsha256',
      '',
      'constructor',
      'sha-'.repeat(50_000),
    ])
      assert.equal(digestByMicalg(text), undefined, text);
  });

  it('digests as we spell them, and as older systems want them', () => {
    const names = Object.keys(DIGESTS) as DigestName[];
    assert.deepEqual(names.map((name) => micalgName(name)), ['sha-1', 'sha-256', 'sha-384', 'sha-512']); // prettier-ignore
    assert.deepEqual(names.map((name) => micalgName(name, 'old')), ['sha1', 'sha256', 'sha384', 'sha512']); // prettier-ignore
    for (const name of names)
      for (const style of ['rfc5751', 'old'] as const) assert.equal(digestByMicalg(micalgName(name, style)), name);
  });

  it('Node has them all', () => {
    for (const name of Object.keys(DIGESTS)) assert.ok(getHashes().includes(name), name);
    for (const { node } of Object.values(CIPHERS)) assert.ok(getCiphers().includes(node), node);
  });
});
