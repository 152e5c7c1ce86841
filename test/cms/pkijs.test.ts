import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import type { TestIdentity, TestKey } from '../support/openssl.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import { CONTENT, verdictOf, enveloped, signed } from './support.ts';

const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto });
const webDigest = (digest: DigestName) => digest.replace('sha', 'SHA-');
const certificateOf = ({ certificate }: TestIdentity) => pkijs.Certificate.fromBER(certificate.der);
const parse = (der: Buffer) => pkijs.ContentInfo.fromBER(der).content as unknown;

/** The private key for WebCrypto. */
function importKey(
  { privateKey }: TestIdentity,
  parameters: { name: string; hash?: string; namedCurve?: string },
  use: 'sign',
) {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, parameters, true, [use]);
}

const schemes = [
  { key: 'rsa', name: 'RSASSA-PKCS1-v1_5', scheme: 'rsa-pkcs1' },
  { key: 'rsa', name: 'RSA-PSS', scheme: 'rsa-pss' },
  { key: 'ec', name: 'ECDSA', scheme: 'ecdsa' },
] as const satisfies readonly { key: TestKey; name: string; scheme: string }[];

describe('cms: PKI.js as a further opinion', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
    pkijs.setEngine('node', engine);
  });

  for (const { key, scheme } of schemes)
    for (const digest of ['sha1', 'sha256', 'sha512'] as const)
      it(`verifies what we sign by ${scheme} with ${digest}`, async () => {
        const identity = testIdentity(key);
        for (const detached of [true, false]) {
          const made = signed(CONTENT, identity, {
            digest,
            scheme,
            detached,
            signingTime: new Date(0),
          });
          const signedData = new pkijs.SignedData({ schema: parse(made) });
          const data = detached ? { data: new Uint8Array(CONTENT).buffer } : {};
          assert.equal(
            await signedData.verify({ signer: 0, trustedCerts: [certificateOf(identity)], ...data }, engine),
            true,
          );
        }
      });

  for (const { key, name, scheme } of schemes)
    for (const digest of ['sha256', 'sha512'] as const)
      it(`signs by ${scheme} with ${digest}, and we verify`, async () => {
        const identity = testIdentity(key);
        const privateKey = await importKey(identity, { name, hash: webDigest(digest), namedCurve: 'P-256' }, 'sign');
        const { issuer, serialNumber } = certificateOf(identity);
        const signedData = new pkijs.SignedData({
          version: 1,
          encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: pkijs.ContentInfo.DATA }),
          signerInfos: [
            new pkijs.SignerInfo({ version: 1, sid: new pkijs.IssuerAndSerialNumber({ issuer, serialNumber }) }),
          ],
        });
        await signedData.sign(privateKey, 0, webDigest(digest), new Uint8Array(CONTENT).buffer, engine);
        const info = new pkijs.ContentInfo({
          contentType: pkijs.ContentInfo.SIGNED_DATA,
          content: signedData.toSchema(true),
        });
        const verdict = verdictOf(Buffer.from(info.toSchema().toBER()), [identity.certificate], CONTENT);
        assert.ok(verdict.kind === 'verified');
        assert.deepEqual([verdict.signer.facts.digest, verdict.signer.facts.scheme], [digest, scheme]);
      });

  for (const digest of ['sha1', 'sha256', 'sha384', 'sha512'] as const)
    it(`decrypts what we encrypt, key by OAEP with ${digest}`, async () => {
      const identity = testIdentity();
      for (const cipher of ['aes128-cbc', 'aes256-cbc'] as const) {
        const made = enveloped(bytesOf(CONTENT), [identity.certificate], {
          cipher,
          keyTransport: `rsa-oaep-${digest}`,
        });
        const theirs = new pkijs.EnvelopedData({ schema: parse(made) });
        const recipientPrivateKey = identity.privateKey.export({ format: 'der', type: 'pkcs8' });
        const plain = await theirs.decrypt(
          0,
          {
            recipientCertificate: certificateOf(identity),
            recipientPrivateKey: new Uint8Array(recipientPrivateKey).buffer,
          },
          engine,
        );
        assert.deepEqual(Buffer.from(plain), CONTENT);
      }
    });

  for (const [name, length, cipher] of [
    ['AES-CBC', 128, 'aes128-cbc'],
    ['AES-CBC', 256, 'aes256-cbc'],
    ['AES-GCM', 128, 'aes128-gcm'],
    ['AES-GCM', 256, 'aes256-gcm'],
  ] as const) {
    it(`encrypts by ${name} ${length}, GCM with a bare nonce as parameters, and we open`, async () => {
      const identity = testIdentity();
      const theirs = new pkijs.EnvelopedData();
      theirs.addRecipientByCertificate(certificateOf(identity), { oaepHashAlgorithm: 'SHA-512' }, undefined, engine);
      await theirs.encrypt(
        { name, length } as Parameters<typeof theirs.encrypt>[0],
        new Uint8Array(CONTENT).buffer,
        engine,
      );
      const info = new pkijs.ContentInfo({
        contentType: pkijs.ContentInfo.ENVELOPED_DATA,
        content: theirs.toSchema(),
      });
      const { facts, open } = readEnvelope(bytesOf(Buffer.from(info.toSchema().toBER())), [identity]);
      assert.deepEqual(
        [facts.cipher, facts.keyTransport, facts.structure],
        [cipher, 'rsa-oaep-sha512', 'enveloped-data'],
      );
      const { content, intact } = open();
      assert.deepEqual(collect(content), CONTENT);
      assert.equal(intact(), true);
    });
  }
});
