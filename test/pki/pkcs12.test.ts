import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { issueSelfSigned } from '../../src/pki/issue.ts';
import { readPkcs12 } from '../../src/pki/pkcs12.ts';
import { writePkcs12 } from '../../src/pki/pkcs12-write.ts';
import { PkiError } from '../../src/pki/pki-error.ts';
import { hasOpenssl, openssl, temporaryFile, temporaryPath } from '../support/openssl.ts';

const now = new Date();
const hasKeytool = spawnSync('keytool', ['-help']).status === 0;
const hasLegacy = hasOpenssl && spawnSync('openssl', ['list', '-providers', '-provider', 'legacy']).status === 0;
const password = 'pass wörd';

describe('pki/pkcs12', function () {
  this.timeout(60_000);
  let rsa: Awaited<ReturnType<typeof issueSelfSigned>>;
  let ec: typeof rsa;
  before(async () => {
    rsa = await issueSelfSigned({ commonName: 'rsa', days: 10, keyType: 'rsa-2048', now });
    ec = await issueSelfSigned({ commonName: 'ec', days: 10, keyType: 'ec-p256', now });
  });

  const identityOf = ({ certificate, privateKeyPem }: typeof rsa) => ({
    certificate,
    privateKey: createPrivateKey(privateKeyPem),
  });

  function exported(own: typeof rsa, ...options: string[]): Buffer {
    const key = temporaryFile(own.privateKeyPem, 'key.pem');
    const certificate = temporaryFile(own.certificate.pem, 'certificate.pem');
    const pass = `pass:${password}`;
    return openssl([
      'pkcs12',
      '-export',
      '-inkey',
      key,
      '-in',
      certificate,
      '-name',
      'MyName',
      '-passout',
      pass,
      ...options,
    ]);
  }

  it('reads again what it writes: key, certificate to the byte, alias', () => {
    for (const own of [rsa, ec]) {
      const [entry, ...others] = readPkcs12(writePkcs12(identityOf(own), 'Schlüssel', password), password);
      assert.equal(others.length, 0);
      assert.equal(entry?.alias, 'Schlüssel');
      assert.ok(entry.certificate.der.equals(own.certificate.der));
      assert.ok(entry.privateKey?.equals(createPrivateKey(own.privateKeyPem)));
    }
  });

  it('writes what openssl reads', function () {
    if (!hasOpenssl) this.skip();
    const file = temporaryFile(writePkcs12(identityOf(rsa), 'one', 'plain'), 'own.p12');
    const text = openssl(['pkcs12', '-in', file, '-passin', 'pass:plain', '-nodes']).toString();
    assert.match(text, /friendlyName: one/);
    assert.ok(text.includes(rsa.privateKeyPem.trim()));
  });

  it('writes what Java reads', function () {
    if (!hasKeytool) this.skip();
    const file = temporaryFile(writePkcs12(identityOf(rsa), 'one', 'plain-one'), 'own.p12');
    const { stdout } = spawnSync('keytool', ['-list', '-keystore', file, '-storepass', 'plain-one'], {
      encoding: 'utf8',
    });
    assert.match(stdout, /one, .*PrivateKeyEntry/);
  });

  describe('reads what openssl writes', () => {
    before(function () {
      if (!hasOpenssl) this.skip();
    });
    for (const [name, options] of [
      ['PBES2 with AES-256', []],
      ['3DES for all', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
      ['AES-128 with SHA-512', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha512']],
      ['certificates in clear', ['-certpbe', 'NONE']],
      ['all in clear', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
      ['no integrity check', ['-nomac']],
    ] as const) {
      it(name, () => {
        for (const own of [rsa, ec]) {
          const [entry] = readPkcs12(exported(own, ...options), password);
          assert.equal(entry?.alias, 'MyName');
          assert.ok(entry.certificate.der.equals(own.certificate.der));
          assert.ok(entry.privateKey?.equals(createPrivateKey(own.privateKeyPem)));
        }
      });
    }

    it('RC2 with 40 bits, as phase2 and mendelson have it', function () {
      if (!hasLegacy) this.skip();
      const [entry] = readPkcs12(exported(rsa, '-legacy'), password);
      assert.ok(entry!.privateKey?.equals(createPrivateKey(rsa.privateKeyPem)));
      assert.ok(entry!.certificate.der.equals(rsa.certificate.der));
    });

    it('tells a wrong password from a broken store', () => {
      const bytes = exported(rsa);
      assert.throws(
        () => readPkcs12(bytes, 'other'),
        (error) => error instanceof PkiError && error.code === 'PKI_PKCS12_PASSWORD_WRONG',
      );
      assert.throws(() => readPkcs12(exported(rsa, '-nomac'), 'other'), PkiError);
    });
  });

  for (const legacy of [false, true]) {
    it(`reads keys and trusted certificates of Java${legacy ? ' as it was before 8u301' : ''}`, function () {
      if (!hasKeytool) this.skip();
      const store = temporaryPath('java.p12');
      const keytool = (...args: string[]) => {
        const common = ['-storetype', 'PKCS12', '-keystore', store, '-storepass', 'changeit'];
        const { status, stderr, stdout } = spawnSync('keytool', [
          ...(legacy ? ['-J-Dkeystore.pkcs12.legacy'] : []),
          ...args,
          ...common,
        ]);
        assert.equal(status, 0, stdout.toString() + stderr.toString());
      };
      keytool('-genkeypair', '-alias', 'MyCompany', '-keyalg', 'RSA', '-keysize', '2048', '-dname', 'CN=My Company');
      keytool('-importcert', '-noprompt', '-alias', 'PartnerA', '-file', temporaryFile(rsa.certificate.pem, 'a.pem'));
      const entries = readPkcs12(readFileSync(store), 'changeit');
      const seen = entries.map(({ alias, certificate, privateKey }) => [
        alias?.toLowerCase(),
        certificate.subject,
        privateKey?.type,
      ]);
      assert.deepEqual(seen.sort(), [
        ['mycompany', 'CN=My Company', 'private'],
        ['partnera', 'CN=rsa', undefined],
      ]);
    });
  }

  it('says what to do with something else', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.from('feedfeed00000002', 'hex'),
      rsa.certificate.der,
    ])
      assert.throws(
        () => readPkcs12(bytes, ''),
        (error) => error instanceof PkiError && error.code === 'PKI_PKCS12_UNREADABLE',
      );
  });

  it('throws nothing but PkiError, whatever the bytes, and does not let them set the time that it takes', () => {
    const original = writePkcs12(identityOf(ec), 'x', 'y');
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }), (at, change) => {
        const changed = Buffer.from(original);
        changed.set(change.slice(0, changed.length - at), at);
        try {
          readPkcs12(changed, 'y');
        } catch (error) {
          if (!(error instanceof PkiError)) throw error;
        }
      }),
      { numRuns: 60 },
    );
    // The number of iterations is the last thing in the file: INTEGER 10000.
    assert.equal(original.subarray(-4).toString('hex'), '02022710');
    const greedy = Buffer.concat([original.subarray(0, -4), Buffer.from('02047fffffff', 'hex')]);
    greedy.writeUInt16BE(greedy.readUInt16BE(2) + 2, 2);
    const mac = original.length - 4 - 16 - 2 - 2 - 51;
    assert.equal(greedy[mac], 0x30);
    greedy[mac + 1] = (greedy[mac + 1] ?? 0) + 2;
    assert.throws(() => readPkcs12(greedy, 'y'), /iterations/);
  });
});
