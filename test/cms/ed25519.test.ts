import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { algorithm, digestAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { encode, nullValue, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { longestSignedData } from '../../src/cms/signed-data.ts';
import { context } from '../../src/cms/ber.ts';
import { hasOpenssl, openssl, temporaryFile, testIdentity } from '../support/openssl.ts';
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
  const signer = (signature: Buffer, attributes: readonly Der[], signatureAlgorithm = algorithm(OID.ed25519)) =>
    craftSignedData([
      sequence(
        smallInteger(1),
        issuerAndSerial(us().certificate),
        digestAlgorithm('sha512'),
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

  it('without signed attributes it is named, not verified', () => {
    assert.equal(kindOf(signer(sign(null, CONTENT, us().privateKey), [])), 'unsupported');
  });
});
