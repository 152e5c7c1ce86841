import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { algorithm, digestAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { DIGESTS, OID } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import {
  element,
  encode,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
} from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { readSignedData, undigested } from '../../src/cms/signed-data.ts';
import { MOST_SIGNERS } from '../../src/limits.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { forgedIdentity, hasOpenssl, testIdentity } from '../support/openssl.ts';
import { bytesOf, collect, inPieces } from '../support/bytes.ts';
import { attribute, attributesField, CONTENT, craftSignedData, craftSigner, verdictOf, signed } from './support.ts';

const digest = createHash('sha256').update(CONTENT).digest();
const contentType = attribute(OID.contentType, oid(OID.data));
const messageDigest = attribute(OID.messageDigest, octetString(digest));
const signingTime = attribute(OID.signingTime, time(new Date('2026-01-02T03:04:05Z')));

describe('cms/signed-data: whom to trust', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const sign = (identity = testIdentity(), detached = true) =>
    signed(CONTENT, identity, { digest: 'sha256', detached });

  it('the signature of a pinned certificate is verified, and the proof names it', () => {
    const { certificate } = testIdentity();
    const verdict = verdictOf(sign(), [certificate], CONTENT);
    assert.ok(verdict.kind === 'verified');
    assert.equal(verdict.signer.certificate, certificate);
    assert.equal(verdict.signer.facts.scheme, 'rsa-pkcs1');
    assert.match(verdict.signer.facts.signer, /^C=NL, O=Test, CN=alice · serial [0-9a-f]+$/);
  });

  it('no SignerInfo, no signature: never verified, whatever the content', () => {
    const none = craftSignedData([], CONTENT);
    assert.equal(readSignedData(bytesOf(none), memorySpool).signers, 0);
    assert.deepEqual(verdictOf(none, [testIdentity().certificate]), { kind: 'unsigned' });
  });

  it('an enclosed certificate is no reason to trust', () => {
    const signedData = sign(testIdentity('rsa', 'mallory'));
    assert.deepEqual(verdictOf(signedData, [testIdentity().certificate], CONTENT), { kind: 'unknown-signer' });
    assert.deepEqual(verdictOf(signedData, [], CONTENT), { kind: 'unknown-signer' });
  });

  it('a forged certificate that copies issuer and serial number of the pinned one proves nothing', () => {
    const pinned = testIdentity();
    const forged = forgedIdentity(pinned);
    assert.deepEqual(forged.certificate.issuer, pinned.certificate.issuer);
    assert.deepEqual(forged.certificate.serialNumber, pinned.certificate.serialNumber);
    const signedData = sign(forged);
    assert.ok(signedData.includes(forged.certificate.der));
    assert.deepEqual(verdictOf(signedData, [pinned.certificate], CONTENT), { kind: 'bad-signature' });
  });

  it('of two pinned certificates that a message may mean, either may verify', () => {
    const pinned = testIdentity();
    const forged = forgedIdentity(pinned);
    const verdict = verdictOf(sign(), [forged.certificate, pinned.certificate], CONTENT);
    assert.equal(verdict.kind === 'verified' && verdict.signer.certificate, pinned.certificate);
  });

  it('RFC 5652 §5.6: other content than was signed is content-changed', () => {
    const changed = Buffer.from(CONTENT);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    for (const bytes of [changed, CONTENT.subarray(1), Buffer.concat([CONTENT, CONTENT]), Buffer.alloc(0)])
      assert.equal(verdictOf(sign(), [testIdentity().certificate], bytes).kind, 'content-changed');
  });

  it('a signature with any bit changed is bad', () => {
    const signedData = sign();
    for (const back of [1, 100, 256]) {
      const broken = Buffer.from(signedData);
      broken.writeUInt8(broken.readUInt8(broken.length - back) ^ 1, broken.length - back);
      assert.equal(verdictOf(broken, [testIdentity().certificate], CONTENT).kind, 'bad-signature');
    }
  });

  it('changed attributes make the signature bad', () => {
    const attributes = attributesField(contentType, signingTime, messageDigest);
    const signed = encode(setOf([contentType, messageDigest]));
    const signedData = craftSignedData([craftSigner({ identity: testIdentity(), attributes, signed })]);
    assert.equal(verdictOf(signedData, [testIdentity().certificate], CONTENT).kind, 'bad-signature');
  });

  it('policy is asked before anything is verified', () => {
    const verdict = verdictOf(sign(), [testIdentity().certificate], CONTENT, ({ digest }) => digest !== 'sha256');
    assert.ok(verdict.kind === 'not-allowed');
    assert.deepEqual([verdict.facts.digest, verdict.facts.scheme], ['sha256', 'rsa-pkcs1']);
  });

  it('a signer that is not allowed does no harm beside one that is', () => {
    const signers = (['sha1', 'sha256'] as const).map((name) => {
      const value = attribute(OID.messageDigest, octetString(createHash(name).update(CONTENT).digest()));
      const attributes = setOf([contentType, value], context(0, true));
      return craftSigner({
        identity: testIdentity(),
        digest: name,
        attributes,
        signed: encode(setOf([contentType, value])),
      });
    });
    const signedData = craftSignedData(signers);
    const verdict = verdictOf(signedData, [testIdentity().certificate], CONTENT, ({ digest }) => digest !== 'sha1');
    assert.equal(verdict.kind === 'verified' && verdict.signer.facts.digest, 'sha256');
  });

  it('the attributes of one message are not the content of another', () => {
    // Signed with attributes; sent as if they were content that was signed without.
    const signed = encode(setOf([contentType, messageDigest]));
    const signedData = craftSignedData([craftSigner({ identity: testIdentity(), signed })], signed);
    assert.equal(verdictOf(signedData, [testIdentity().certificate]).kind, 'content-changed');
  });
});

describe('cms/signed-data: signed attributes', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const signer = (fields: readonly Der[], bytes = encode(setOf(fields))) =>
    craftSignedData(
      [craftSigner({ identity: testIdentity(), attributes: attributesField(...fields), signed: bytes })],
      CONTENT,
    );
  const kindOf = (signedData: Buffer) => verdictOf(signedData, [testIdentity().certificate]).kind;

  it('RFC 5652 §5.4: the signature is over DER, though the message has them in another order', () => {
    const disorder = [messageDigest, signingTime, contentType];
    assert.notDeepEqual(encode(attributesField(...disorder)), encode(setOf(disorder, context(0, true))));
    assert.equal(kindOf(signer(disorder)), 'verified');
  });

  it('a sender that signs what it transmits is understood too', () => {
    const disorder = [messageDigest, signingTime, contentType];
    assert.equal(kindOf(signer(disorder, encode(element(0x31, ...disorder)))), 'verified');
  });

  for (const [what, fields] of [
    ['without contentType', [messageDigest]],
    ['without messageDigest', [contentType]],
    ['with nothing', []],
    ['with contentType twice', [contentType, contentType, messageDigest]],
    ['with two message digests', [contentType, attribute(OID.messageDigest, octetString(digest), octetString(digest))]],
    [
      'with messageDigest in two attributes',
      [contentType, messageDigest, attribute(OID.messageDigest, octetString(Buffer.alloc(32)))],
    ],
    ['with no value of messageDigest', [contentType, attribute(OID.messageDigest)]],
    ['of another content type', [attribute(OID.contentType, oid(OID.signedData)), messageDigest]],
    ['of too many kinds', [contentType, messageDigest, ...Array.from({ length: 64 }, (_, n) => attribute(`1.2.${n}`))]],
    ['too long', [contentType, messageDigest, attribute('1.2.3', octetString(Buffer.alloc(70_000)))]],
  ] as const) {
    it(`RFC 5652 §11: refuses attributes ${what}`, () => {
      assert.throws(() => readSignedData(bytesOf(signer(fields)), memorySpool), { name: 'CmsError' });
    });
  }

  it('a signing time that cannot be read is none', () => {
    for (const value of [octetString(Buffer.from('now')), element(0x17, [Buffer.from('yesterday')]), smallInteger(1)]) {
      const signedData = signer([contentType, attribute(OID.signingTime, value), messageDigest]);
      assert.equal(readSignedData(bytesOf(signedData), memorySpool).signatures[0]?.signingTime, undefined);
      assert.equal(kindOf(signedData), 'verified');
    }
  });

  it('a signing time is read in both forms', () => {
    for (const date of ['1999-12-31T23:59:59.000Z', '2026-01-02T03:04:05.000Z', '2055-01-02T03:04:05.000Z']) {
      const signedData = signer([contentType, attribute(OID.signingTime, time(new Date(date))), messageDigest]);
      assert.equal(readSignedData(bytesOf(signedData), memorySpool).signatures[0]?.signingTime?.toISOString(), date);
    }
  });
});

describe('cms/signed-data: CMSAlgorithmProtection', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const inPlaceOfSignature = (dotted: string, ...parameters: readonly Der[]) =>
    element(context(1, true), oid(dotted), ...parameters);
  const verdict = (...values: readonly Der[]) => {
    const attributes = [contentType, messageDigest, attribute(OID.algorithmProtection, ...values)];
    const bytes = encode(setOf(attributes));
    const field = setOf(attributes, context(0, true));
    const signer = craftSigner({ identity: testIdentity(), attributes: field, signed: bytes });
    return verdictOf(craftSignedData([signer]), [testIdentity().certificate], CONTENT).kind;
  };
  const rsa = inPlaceOfSignature(OID.rsaEncryption, nullValue);

  it('RFC 6211 §3: what names the algorithms of the SignerInfo verifies', () => {
    assert.equal(verdict(sequence(digestAlgorithm('sha256'), rsa)), 'verified');
    const withNull = algorithm(DIGESTS.sha256.oid, nullValue);
    assert.equal(verdict(sequence(withNull, inPlaceOfSignature(OID.rsaEncryption))), 'verified');
  });

  it('RFC 6211 §3: what names others is a bad signature, though it holds', () => {
    const sha256 = digestAlgorithm('sha256');
    const others = {
      'another digest': sequence(digestAlgorithm('sha512'), rsa),
      'another signature': sequence(sha256, inPlaceOfSignature(DIGESTS.sha256.withRsa, nullValue)),
      'other parameters': sequence(algorithm(DIGESTS.sha256.oid, sequence()), rsa),
      'a MAC': sequence(sha256, element(context(2, true), oid(OID.rsaEncryption), nullValue)),
      'no signature': sequence(sha256),
    };
    for (const [what, value] of Object.entries(others)) assert.equal(verdict(value), 'bad-signature', what);
  });

  it('RFC 6211 §2: two values, or none, are refused', () => {
    const value = sequence(digestAlgorithm('sha256'), rsa);
    assert.throws(() => verdict(value, value), { code: 'CMS_STRUCTURE' });
    assert.throws(() => verdict(), { code: 'CMS_STRUCTURE' });
    assert.throws(() => verdict(octetString(CONTENT)), { code: 'CMS_STRUCTURE' });
  });
});

describe('cms/signed-data: the structure', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('the signature algorithm may name its digest, but no other', () => {
    const options = { digest: 'sha256', detached: true } as const;
    const signedData = signed(CONTENT, testIdentity(), options);
    const at = signedData.lastIndexOf(Buffer.from('2a864886f70d010101', 'hex')) + 8;
    const kinds = [];
    for (const last of [0x0b, 0x0c, 0x05, 0x04]) {
      signedData.writeUInt8(last, at);
      kinds.push(verdictOf(signedData, [testIdentity().certificate], CONTENT).kind);
    }
    assert.deepEqual(kinds, ['verified', 'unsupported', 'unsupported', 'unsupported']);
  });

  it('content and structure may come in pieces of any length', () => {
    const signedData = signed(CONTENT, testIdentity(), {
      digest: 'sha512',
      detached: false,
    });
    const read = readSignedData(inPieces(signedData, 3, 0, 100), memorySpool);
    assert.ok(read.content);
    assert.deepEqual(collect(read.content), CONTENT);
    const verdict = read.verify(undigested(inPieces(CONTENT, 0, 10, 1)), [testIdentity().certificate], () => true);
    assert.equal(verdict.kind, 'verified');
  });

  it('bytes after the structure are told, but for line ends', () => {
    const signedData = signed(CONTENT, testIdentity(), { digest: 'sha256', detached: true });
    for (const [after, trailing] of [
      ['', false],
      ['\r\n', false],
      ['\n\n', false],
      [' ', true],
      ['\r\nx', true],
      ['\0\0', true],
    ] as const) {
      // prettier-ignore
      const read = readSignedData(bytesOf(Buffer.concat([signedData, Buffer.from(after)])), memorySpool);
      assert.equal(read.trailing, trailing, JSON.stringify(after));
      assert.equal(
        read.verify(undigested(bytesOf(CONTENT)), [testIdentity().certificate], () => true).kind,
        'verified',
      );
    }
  });

  it('refuses more signers than anybody has', () => {
    const signer = craftSigner({ identity: testIdentity(), signed: CONTENT });
    const many = (count: number) =>
      readSignedData(bytesOf(craftSignedData(Array<typeof signer>(count).fill(signer), CONTENT)), memorySpool);
    assert.equal(many(MOST_SIGNERS).signers, MOST_SIGNERS);
    assert.throws(() => many(MOST_SIGNERS + 1), { code: 'CMS_LIMIT' });
  });

  it('other structures are refused', () => {
    const other = encode(sequence(oid(OID.data), element(context(0, true), octetString(CONTENT))));
    assert.throws(() => readSignedData(bytesOf(other), memorySpool), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    assert.throws(() => readSignedData(bytesOf(Buffer.alloc(0)), memorySpool), { name: 'CmsError' });
  });
});
