import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { VerifiedSigner } from '../../src/cms/signed-data.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { issueSelfSigned } from '../../src/pki/issue.ts';
import { decryptionIdentities, signingIdentity, usesOf, type OwnIdentity } from '../../src/pki/keyring.ts';
import { pinnedFor, trustPinned, type PinnedCertificate } from '../../src/pki/pinned.ts';
import { signed, verdictOf } from '../cms/support.ts';

const day = 86_400_000;
const now = new Date('2026-11-02T12:00:00Z');
const at = (days: number): Date => new Date(now.getTime() + days * day);

type Issued = Awaited<ReturnType<typeof issueSelfSigned>>;
const issue = (commonName: string): Promise<Issued> =>
  issueSelfSigned({ commonName, days: 1000, keyType: 'ec-p256', now: at(-500) });

function pin(
  { certificate }: Issued,
  from: number,
  to: number,
  use: PinnedCertificate['use'] = ['sign', 'encrypt'],
): PinnedCertificate {
  return { certificate, use, validFrom: at(from), validTo: at(to) };
}

describe('pki/pinned', () => {
  let old: Issued;
  let current: Issued;
  before(async () => {
    [old, current] = await Promise.all([issue('old'), issue('current')]);
  });

  it('takes those that are valid now for the use, the one with the latest beginning first', () => {
    const pins = [pin(old, -100, 10), pin(current, -1, 300)];
    assert.deepEqual(names(pinnedFor(pins, 'sign', now)), ['CN=current', 'CN=old']);
    assert.deepEqual(names(pinnedFor(pins, 'sign', at(11))), ['CN=current']);
    assert.deepEqual(names(pinnedFor(pins, 'sign', at(-50))), ['CN=old']);
    assert.deepEqual(names(pinnedFor(pins, 'sign', at(301))), []);
    assert.deepEqual(names(pinnedFor([pin(old, -1, 1, ['encrypt'])], 'sign', now)), []);
  });

  it('holds at both ends of the window', () => {
    const pins = [pin(old, 0, 10)];
    assert.equal(pinnedFor(pins, 'sign', at(0)).length, 1);
    assert.equal(pinnedFor(pins, 'sign', at(10)).length, 1);
    assert.equal(pinnedFor(pins, 'sign', new Date(at(10).getTime() + 1)).length, 0);
  });

  it('trusts a verified signer only by a signing pin that is valid at that time', () => {
    const signer = signedBy(current);
    assert.equal(trustPinned(signer, [pin(old, -1, 1), pin(current, -1, 1)], now)?.certificate.subject, 'CN=current');
    assert.equal(trustPinned(signer, [pin(old, -1, 1)], now), undefined);
    assert.equal(trustPinned(signer, [pin(current, -1, 1)], at(2)), undefined);
    assert.equal(trustPinned(signer, [pin(current, -1, 1, ['encrypt'])], now), undefined);
    assert.equal(trustPinned(signer, [], now), undefined);
  });
});

describe('pki/keyring', () => {
  let issued: Issued;
  before(async () => {
    issued = await issue('own');
  });
  const identity = (from: number, to: number, use: OwnIdentity['use'] = ['sign', 'decrypt']): OwnIdentity => ({
    certificate: issued.certificate,
    privateKey: createPrivateKey(issued.privateKeyPem),
    use,
    validFrom: at(from),
    validTo: at(to),
  });

  it('signs with the newest identity that is valid', () => {
    const [first, second, third] = [identity(-100, 100), identity(-10, 200), identity(5, 300)];
    assert.equal(signingIdentity([first, second, third], now), second);
    assert.equal(signingIdentity([first, second, third], at(5)), third);
    assert.equal(signingIdentity([first, second, third], at(301)), undefined);
    assert.equal(signingIdentity([identity(-1, 1, ['decrypt'])], now), undefined);
  });

  it('RFC 8419: signs by Ed25519 where that is asked for, or there is no other key; by any scheme with a key for it', async () => {
    const edwards = await issueSelfSigned({ commonName: 'own', days: 1000, keyType: 'ed25519', now: at(-500) });
    const by = ({ certificate, privateKeyPem }: Issued, from: number) => ({
      ...identity(from, 100),
      certificate,
      privateKey: createPrivateKey(privateKeyPem),
    });
    const [ec, ed, newer] = [by(issued, -100), by(edwards, -10), by(edwards, -1)];
    assert.equal(signingIdentity([ec, ed, newer], now), ec);
    assert.equal(signingIdentity([ec, ed, newer], now, 'ed25519'), newer);
    assert.equal(signingIdentity([ec, ed, newer], at(-5), 'ed25519'), ed);
    assert.equal(signingIdentity([ed], now), ed);
    assert.equal(signingIdentity([ec, ed], now, 'rsa-pss'), undefined);
  });

  it('a key is used for what it can do', () => {
    const uses = (type: 'rsa' | 'rsa-pss') => usesOf(generateKeyPairSync(type as 'rsa', { modulusLength: 1024 }).publicKey); // prettier-ignore
    assert.deepEqual(uses('rsa'), ['sign', 'decrypt']);
    assert.deepEqual(uses('rsa-pss'), ['sign']);
    assert.deepEqual(usesOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey), ['sign', 'decrypt']);
    assert.deepEqual(usesOf(generateKeyPairSync('ed25519').privateKey), ['sign']);
    assert.deepEqual(usesOf(generateKeyPairSync('x25519').privateKey), ['decrypt']);
    assert.deepEqual(usesOf(generateKeyPairSync('x448').privateKey), []);
  });

  it('decrypts with those to come, those valid, and those that expired up to 30 days ago', () => {
    const [past, recent, valid, coming] = [identity(-100, -31), identity(-100, -30), identity(-1, 1), identity(10, 20)];
    assert.deepEqual(decryptionIdentities([past, recent, valid, coming], now), [recent, valid, coming]);
    assert.deepEqual(decryptionIdentities([identity(-1, 1, ['sign'])], now), []);
  });
});

const names = (certificates: readonly Certificate[]): string[] => certificates.map(({ subject }) => subject);

function signedBy({ certificate, privateKeyPem }: Issued): VerifiedSigner {
  const content = Buffer.from('content');
  const signer = { certificate, privateKey: createPrivateKey(privateKeyPem) };
  const verdict = verdictOf(signed(content, signer, { digest: 'sha256', detached: true }), [certificate], content);
  assert.equal(verdict.kind, 'verified');
  return verdict.signer;
}
