import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describeKey, readCertificate } from '../../src/pki/certificate.ts';
import { issueSelfSigned, KEY_TYPES } from '../../src/pki/issue.ts';
import { PkiError } from '../../src/pki/pki-error.ts';
import { hasOpenssl, openssl, temporaryFile, temporaryPath } from '../support/openssl.ts';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';

const now = new Date('2026-11-02T12:00:00Z');
const issue = (keyType: (typeof KEY_TYPES)[number] = 'ec-p256', commonName = 'Somebody') =>
  issueSelfSigned({ commonName, days: 365, keyType, now });

describe('pki/certificate', () => {
  it('reads PEM, DER and bare base64 alike, with text around the PEM', async () => {
    const { certificate } = await issue();
    const forms = [
      certificate.pem,
      certificate.der,
      certificate.der.toString('base64'),
      `\ufeffBag Attributes\r\n  friendlyName: x\r\n${certificate.pem.replaceAll('\n', '\r\n')}\r\n`,
      Buffer.from(certificate.pem),
    ];
    for (const form of forms) assert.equal(readCertificate(form).fingerprint, certificate.fingerprint);
  });

  it('agrees with node:crypto about every field', async () => {
    for (const keyType of ['rsa-2048', 'ec-p256'] as const) {
      const { certificate } = await issue(keyType);
      const other = new X509Certificate(certificate.der);
      assert.equal(certificate.fingerprint, other.fingerprint256.replaceAll(':', '').toLowerCase());
      assert.equal(certificate.serial, other.serialNumber.toLowerCase());
      assert.equal(certificate.notBefore.getTime(), Date.parse(other.validFrom));
      assert.equal(certificate.notAfter.getTime(), Date.parse(other.validTo));
      assert.ok(certificate.publicKey.equals(other.publicKey));
      assert.equal(certificate.pem.replaceAll('\n', ''), other.toString().replaceAll('\n', ''));
    }
  });

  it('RFC 5652 §10.2.4: issuer and serial number are the octets that stand in the certificate', async () => {
    const { certificate } = await issue();
    assert.ok(certificate.der.includes(certificate.issuer));
    assert.equal(certificate.issuer[0], 0x30);
    assert.ok(
      certificate.der.includes(
        Buffer.concat([Buffer.of(2, certificate.serialNumber.length), certificate.serialNumber]),
      ),
    );
  });

  it('names what it was given instead of a certificate', async () => {
    const { certificate, privateKeyPem } = await issue();
    const cases: readonly (readonly [string | Buffer, RegExp])[] = [
      ['', /no certificate in it/],
      ['hello, world', /no certificate in it/],
      [privateKeyPem, /private key/],
      [certificate.pem + privateKeyPem, /private key/],
      [certificate.pem + certificate.pem, /2 certificates/],
      ['-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----', /PKCS7 instead/],
      [Buffer.from('3003020101', 'hex'), /cannot be read/],
      [certificate.der.subarray(0, 100), /cannot be read/],
      [Buffer.alloc(2 * 1024 * 1024, 'A'), /too large/],
    ];
    for (const [given, message] of cases)
      assert.throws(
        () => readCertificate(given),
        (error) => error instanceof PkiError && message.test(error.message),
        String(message),
      );
  });

  it('RFC 5652 §10.2.3: nothing follows a certificate, for it goes as it is into what we sign', async () => {
    const { certificate } = await issue();
    assert.throws(() => readCertificate(Buffer.concat([certificate.der, Buffer.from('\n')])), /something follows it/);
    const trusted = certificate.pem.replaceAll(' CERTIFICATE', ' TRUSTED CERTIFICATE');
    assert.throws(() => readCertificate(trusted), /TRUSTED CERTIFICATE instead of a certificate/);
  });

  it('throws nothing but PkiError, whatever the bytes', async () => {
    const { certificate } = await issue();
    const attempt = (bytes: Buffer): void => {
      try {
        readCertificate(bytes);
      } catch (error) {
        if (!(error instanceof PkiError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => attempt(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.nat(certificate.der.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(certificate.der);
        changed[at] = value;
        attempt(changed);
      }),
    );
  });

  describe('G32: tolerates what partners have', () => {
    before(function () {
      if (!hasOpenssl) this.skip();
    });

    for (const serial of ['0', '-5', '-200', '0x00ff', '0x7fffffffffffffffffffffffffffffffffffffff']) {
      it(`a serial number of ${serial}, and no KeyUsage`, () => {
        const file = temporaryPath('odd.pem');
        const config = temporaryFile(
          '[req]\ndistinguished_name=dn\nx509_extensions=none\n[dn]\n[none]\n',
          'openssl.cnf',
        );
        openssl([
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-keyout',
          temporaryPath(),
          '-out',
          file,
          '-subj',
          '/CN=Odd/emailAddress=a@b.example',
          '-set_serial',
          serial,
          '-config',
          config,
        ]);
        const certificate = readCertificate(readFileSync(file));
        assert.match(certificate.subject, /CN=Odd/);
        assert.equal(certificate.subjectKeyIdentifier, undefined);
      });
    }
  });
});

describe('pki/issue', () => {
  it('RFC 5280 §4.1.2.2: the serial number is positive and at most 20 octets long', async () => {
    for (let count = 0; count < 10; count++) {
      const { serialNumber } = (await issue()).certificate;
      assert.ok(
        serialNumber.length <= 20 && (serialNumber[0] ?? 0xff) < 0x80 && serialNumber.some((octet) => octet !== 0),
      );
    }
  });

  it('is valid from an hour before to the given number of days after', async () => {
    const { certificate } = await issue();
    assert.equal(certificate.notBefore.toISOString(), '2026-11-02T11:00:00.000Z');
    assert.equal(certificate.notAfter.toISOString(), '2027-11-02T12:00:00.000Z');
  });

  it('makes the kinds of key that it offers', async () => {
    const described = await Promise.all(
      (['rsa-2048', 'rsa-3072', 'ec-p256'] as const).map(async (type) =>
        describeKey((await issue(type)).certificate.publicKey),
      ),
    );
    assert.deepEqual(described, ['RSA 2048', 'RSA 3072', 'EC P-256']);
  });

  it('takes any text as common name', async () => {
    for (const name of ['a, b=c + d', '"quoted" \\ #', 'Überseehandel', '=1+1']) {
      const { certificate } = await issue('ec-p256', name);
      assert.equal(new X509Certificate(certificate.der).toLegacyObject().subject.CN, name);
    }
  });

  it('makes what openssl verifies as self-signed', async function () {
    if (!hasOpenssl) this.skip();
    const { certificate, privateKeyPem } = await issue('rsa-2048');
    const file = temporaryFile(certificate.pem, 'own.pem');
    assert.match(
      openssl(['verify', '-x509_strict', '-CAfile', file, '-attime', String(now.getTime() / 1000), file]).toString(),
      /OK/,
    );
    assert.match(
      openssl(['x509', '-in', file, '-noout', '-ext', 'keyUsage,basicConstraints']).toString(),
      /Digital Signature, Key Encipherment/,
    );
    assert.match(
      openssl(['pkey', '-in', temporaryFile(privateKeyPem, 'own.key.pem'), '-noout', '-check']).toString(),
      /valid/,
    );
  });
});
