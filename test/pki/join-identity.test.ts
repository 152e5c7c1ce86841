import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { issueSelfSigned } from '../../src/pki/issue.ts';
import { joinIdentity, readPrivateKey } from '../../src/pki/keyring.ts';
import { PkiError } from '../../src/pki/pki-error.ts';

const now = new Date('2026-11-02T12:00:00Z');
const refusedWith = (code: string) => (error: unknown) => error instanceof PkiError && error.code === code;

describe('pki/keyring: a key and its certificate', () => {
  it('reads PKCS#8, SEC 1 and PKCS#1, encrypted and not', () => {
    const passphrase = 'correct horse';
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const cipher = { cipher: 'aes-256-cbc', passphrase };
    for (const [key, pem] of [
      [rsa, rsa.export({ format: 'pem', type: 'pkcs8' })],
      [rsa, rsa.export({ format: 'pem', type: 'pkcs8', ...cipher })],
      [rsa, rsa.export({ format: 'pem', type: 'pkcs1' })],
      [rsa, rsa.export({ format: 'pem', type: 'pkcs1', ...cipher })],
      [ec, ec.export({ format: 'pem', type: 'sec1' })],
    ] as const)
      assert.ok(readPrivateKey(pem, passphrase).equals(key));
  });

  it('tells a missing from a wrong passphrase, and both from something else', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    assert.throws(() => readPrivateKey(pem), refusedWith('PKI_PASSPHRASE_WRONG'));
    assert.throws(() => readPrivateKey(pem, 'y'), refusedWith('PKI_PASSPHRASE_WRONG'));
    assert.throws(() => readPrivateKey('nothing'), refusedWith('PKI_KEY_UNREADABLE'));
    assert.throws(
      () => readPrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
      refusedWith('PKI_KEY_UNREADABLE'),
    );
  });

  it('refuses a key that does not belong to the certificate', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((commonName) => issueSelfSigned({ commonName, days: 1, keyType: 'ec-p256', now })),
    );
    assert.ok(
      joinIdentity(one!.certificate, one!.privateKeyPem).privateKey.equals(createPrivateKey(one!.privateKeyPem)),
    );
    assert.throws(() => joinIdentity(one!.certificate, other!.privateKeyPem), refusedWith('PKI_KEY_MISMATCH'));
  });

  it('a key of another type is refused, and the next one is read all the same', async () => {
    const { certificate } = await issueSelfSigned({ commonName: 'ec', days: 1, keyType: 'ec-p256', now });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
    assert.throws(() => joinIdentity(certificate, rsa), refusedWith('PKI_KEY_MISMATCH'));
    assert.equal(readPrivateKey(rsa).type, 'private');
  });
});
