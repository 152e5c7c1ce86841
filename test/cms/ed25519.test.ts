import assert from 'node:assert/strict';
import { createHash, randomBytes, sign } from 'node:crypto';
import { algorithm, digestAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { DIGESTS, OID } from '../../src/cms/algorithms.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { encode, nullValue, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { longestSignedData } from '../../src/cms/signed-data.ts';
import { context } from '../../src/cms/ber.ts';
import { checkSignature, spendCheck } from '../../src/cms/signature.ts';
import { LARGEST_AT_A_STROKE } from '../../src/limits.ts';
import { hasOpenssl, identityOf, openssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import { ED25519_CERTIFICATE, ED25519_SIGNED, ED25519_SIGNED_PLAINLY } from './foreign-vectors.ts';
import { attribute, CONTENT, craftSignedData, signed, verdictOf } from './support.ts';

// The command line of OpenSSL 3.0 has no Ed25519 in CMS: it is asked about the signature itself.
describe('cms/signature: Ed25519', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const us = () => testIdentity('ed25519');
  const attributesOf = () => {
    const digest = createHash('sha512').update(CONTENT).digest();
    return [attribute(OID.contentType, oid(OID.data)), attribute(OID.messageDigest, octetString(digest))];
  };
  const signer = (
    signature: Buffer,
    attributes: readonly Der[],
    signatureAlgorithm = algorithm(OID.ed25519),
    digest: DigestName = 'sha512',
  ) =>
    craftSignedData([
      sequence(
        smallInteger(1),
        issuerAndSerial(us().certificate),
        digestAlgorithm(digest),
        ...attributes,
        signatureAlgorithm,
        octetString(signature),
      ),
    ]);
  const kindOf = (signedData: Buffer) => verdictOf(signedData, [us().certificate], CONTENT).kind;

  it('RFC 8419 §3.1: OpenSSL verifies what we sign: the DER of the signed attributes', () => {
    const signedData = signed(CONTENT, us(), { digest: 'sha512', detached: true });
    assert.equal(signedData.length, longestSignedData(us(), { digest: 'sha512' }));
    const file = temporaryFile(encode(setOf(attributesOf())));
    const signature = temporaryFile(signedData.subarray(-64));
    const how = ['pkeyutl', '-verify', '-rawin', '-certin', '-inkey', us().certificateFile];
    assert.match(openssl([...how, '-in', file, '-sigfile', signature]).toString(), /Verified Successfully/);
    assert.equal(kindOf(signedData), 'verified');
  });

  it('RFC 8419 §3.1: verifies what OpenSSL signs, and nothing that was changed', () => {
    const file = temporaryFile(encode(setOf(attributesOf())));
    const signature = openssl(['pkeyutl', '-sign', '-rawin', '-inkey', us().keyFile, '-in', file]);
    const field = [setOf(attributesOf(), context(0, true))];
    assert.equal(kindOf(signer(signature, field)), 'verified');
    assert.equal(
      kindOf(signer(signature.map((octet, at) => octet ^ Number(at === 9)) as Buffer, field)),
      'bad-signature',
    );
    assert.equal(kindOf(signer(signature.subarray(1), field)), 'bad-signature');
    assert.equal(kindOf(signer(signature, field, algorithm(OID.rsaEncryption, nullValue))), 'bad-signature');
  });

  it('RFC 8419 §3.1: the digest is SHA-512, and no other', () => {
    assert.throws(() => signed(CONTENT, us(), { digest: 'sha256', detached: true }), { code: 'CMS_KEY' });
  });

  it('RFC 8419 §2.3: its parameters are absent, not even NULL; so is the digest another than SHA-512', () => {
    const signature = sign(null, encode(setOf(attributesOf())), us().privateKey);
    const field = [setOf(attributesOf(), context(0, true))];
    assert.equal(kindOf(signer(signature, field, algorithm(OID.ed25519, nullValue))), 'unsupported');
    assert.equal(kindOf(signer(signature, field, algorithm(OID.ed25519, octetString(Buffer.alloc(0))))), 'unsupported');
    assert.equal(kindOf(signer(signature, field, algorithm(OID.ed25519), 'sha256')), 'unsupported');
  });

  it('RFC 8419 §3.2: without signed attributes the signature is over the content, up to 1 MiB', () => {
    const plain = (content: Buffer) => signer(sign(null, content, us().privateKey), []);
    const kind = (signedData: Buffer, content: Buffer) => verdictOf(signedData, [us().certificate], content).kind;
    assert.equal(kind(plain(CONTENT), CONTENT), 'verified');
    assert.equal(kind(plain(CONTENT), Buffer.concat([CONTENT, CONTENT])), 'content-changed');
    const large = Buffer.alloc(LARGEST_AT_A_STROKE, 'large content');
    assert.equal(kind(plain(large), large), 'verified');
    const larger = Buffer.concat([large, Buffer.of(1)]);
    assert.equal(kind(plain(larger), larger), 'unsupported');
  });

  it('RFC 5652 §5.4: attributes of a message are not passed off as content that was signed without any', () => {
    const attributes = encode(setOf(attributesOf()));
    const signedData = signer(sign(null, attributes, us().privateKey), []);
    assert.equal(verdictOf(signedData, [us().certificate], attributes).kind, 'content-changed');
  });

  it('a key of another kind does not verify it, and it verifies no other kind', () => {
    const signature = sign(null, encode(setOf(attributesOf())), us().privateKey);
    const field = [setOf(attributesOf(), context(0, true))];
    for (const key of ['rsa', 'ec', 'x25519'] as const) {
      const { publicKey } = testIdentity(key).certificate;
      const posing = { ...us().certificate, publicKey };
      assert.equal(verdictOf(signer(signature, field), [posing], CONTENT).kind, 'bad-signature', key);
    }
    for (const { oid: posed } of [{ oid: DIGESTS.sha512.withEcdsa }, { oid: DIGESTS.sha512.withRsa }])
      assert.equal(kindOf(signer(signature, field, algorithm(posed))), 'bad-signature');
  });

  it('a check that is spent for one that did not come costs about as much', () => {
    const key = us().certificate.publicKey;
    const check = checkSignature({ digest: 'sha512', scheme: 'ed25519' });
    const spent = time(() => spendCheck(key));
    const made = time(() => check.holds(key, randomBytes(63).fill(0, 62)));
    assert.ok(spent > made, 'what is no signature at all is seen sooner');
  });
});

// Made once, in test/cms/foreign-vectors.ts.
describe('cms/signature: Ed25519, what BouncyCastle signs', () => {
  const pinned = [identityOf(ED25519_CERTIFICATE)];

  it('RFC 8419 §3: verifies with signed attributes and without', () => {
    for (const signedData of [ED25519_SIGNED, ED25519_SIGNED_PLAINLY]) {
      assert.equal(verdictOf(signedData, pinned, CONTENT).kind, 'verified');
      assert.equal(verdictOf(signedData, pinned, Buffer.from('other')).kind, 'content-changed');
    }
  });
});

/** The least of many, in nanoseconds. */
function time(run: () => void): bigint {
  const times = Array.from({ length: 50 }, () => {
    const start = process.hrtime.bigint();
    run();
    return process.hrtime.bigint() - start;
  });
  return times.reduce((least, each) => (each < least ? each : least));
}
