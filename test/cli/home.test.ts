import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { registerConfig } from '../../src/cli/config.ts';
import { registerInit } from '../../src/cli/init.ts';
import { registerKey } from '../../src/cli/key.ts';
import { registerPartner } from '../../src/cli/partner.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { writePkcs12 } from '../../src/pki/pkcs12-write.ts';
import { issue, temporaryFolder } from '../config/support.ts';
import { hasOpenssl, openssl, testIdentity } from '../support/openssl.ts';
import { runner } from './support.ts';

const env = { PASSWORD: 'secret', WRONG: 'wrong' };
const command = runner([registerInit, registerPartner, registerKey, registerConfig], env);

describe('cli: from nothing to a partner', () => {
  let home: string;
  const countersign = (...args: string[]) => command('--home', home, ...args);
  const inHome = (file: string): string => path.join(home, file);

  before(async () => {
    home = path.join(temporaryFolder(), 'new');
    const { status, stdout, stderr } = await command(
      'init',
      home,
      '--as2-id',
      'US',
      '--edifact-id',
      'USCBP:ZZZ',
      '--key-type',
      'rsa-2048',
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /countersign\.yaml/);
    assert.match(stderr, /Next:/);
  });

  it('init makes a home that is valid, and never overwrites one', async () => {
    const check = await countersign('config', 'check', '--json');
    assert.deepEqual(check.json(), { valid: true, problems: [], warnings: [], dangers: [] });
    const before = readFileSync(inHome('countersign.yaml'), 'utf8');
    assert.equal((await command('init', home)).status, 1);
    assert.equal(readFileSync(inHome('countersign.yaml'), 'utf8'), before);
  });

  it('config check tells what is wrong, on stderr, as JSON on stdout, with status 1', async () => {
    const other = path.join(temporaryFolder(), 'broken');
    await command('init', other);
    writeFileSync(path.join(other, 'partners/x.yaml'), 'nmae: X\n');
    const { status, stderr, json } = await command('--home', other, 'config', 'check', '--json');
    assert.equal(status, 1);
    assert.match(stderr, /partners\/x\.yaml:1: nmae: is not known\. Did you mean "name"\?/);
    const { valid, problems } = json() as { valid: boolean; problems: unknown[] };
    assert.equal(valid, false);
    assert.ok(problems.length > 1);
  });

  it('config reference prints every key, and its JSON Schemas', async () => {
    assert.match((await countersign('config', 'reference')).stdout, /`outbox\.firstPause`/);
    assert.deepEqual(Object.keys((await countersign('config', 'reference', '--json')).json() as object), [
      'countersign',
      'partner',
      ...['programmes', 'countries', 'errors', 'claims', 'conditions', 'onboarding'].map((name) => `ecert-${name}`),
    ]);
  });

  it('partner add, list, show, check', async () => {
    const { certificate } = await issue('partner');
    const file = path.join(temporaryFolder(), 'acme.der');
    writeFileSync(file, certificate.der);
    const add = (shortName: string, ...more: string[]) =>
      countersign(
        'partner',
        'add',
        shortName,
        '--as2-id',
        'ACME',
        '--url',
        'https://acme.example/as2',
        '--certificate',
        file,
        ...more,
      );
    const added = await add('acme', '--edifact-id', 'ACME:ZZ', '--country', 'AU', '--country', 'NZ');
    assert.equal(added.status, 0, added.stderr);
    assert.ok(added.stderr.includes(certificate.fingerprint));
    assert.equal((await add('acme')).status, 1);
    assert.equal((await add('Not-A-Short-Name')).status, 1);
    assert.equal((await add('other', '--country', 'Australia')).status, 2);

    const list = (await countersign('partner', 'list', '--json')).json() as { shortName: string }[];
    assert.deepEqual(
      list.map(({ shortName }) => shortName),
      ['acme', 'example-van'],
    );
    const shown = (await countersign('partner', 'show', 'acme', '--json')).json() as {
      edifact: { identities: unknown };
      certificates: { fingerprint: string }[];
    };
    const identity = { id: 'ACME', qualifier: 'ZZ', countries: ['AU', 'NZ'], production: true };
    assert.deepEqual(shown.edifact.identities, [identity]);
    assert.equal(shown.certificates[0]?.fingerprint, certificate.fingerprint);
    assert.match((await countersign('partner', 'show', 'acme')).stdout, /ACME:ZZ for AU, NZ/);
    assert.match((await countersign('partner', 'check', 'acme')).stdout, /acme is ready/);
    assert.match((await countersign('partner', 'check', 'example-van')).stdout, /inactive/);
    assert.equal((await countersign('partner', 'show', 'nobody')).status, 1);
  });

  it('partner show tells the user of basic authentication and no password', async () => {
    const text = readFileSync(inHome('partners/acme.yaml'), 'utf8').replace(
      /( +)url:.*/,
      '$&\n$1basicAuth: { user: u, passwordEnv: PASSWORD }',
    );
    writeFileSync(inHome('partners/acme.yaml'), text);
    for (const args of [
      ['show', 'acme'],
      ['show', 'acme', '--json'],
      ['list', '--json'],
    ]) {
      const { status, stdout } = await countersign('partner', ...args);
      assert.equal(status, 0);
      assert.ok(!stdout.includes(env.PASSWORD));
    }
  });

  it('key rotate makes a key that decrypts at once and signs later', async () => {
    const { status, stderr } = await countersign('key', 'rotate', 'next', '--key-type', 'rsa-2048', '--overlap', '20');
    assert.equal(status, 0, stderr);
    const keys = (await countersign('key', 'list', '--json')).json() as {
      name: string;
      state: string;
      validFrom: string;
    }[];
    assert.deepEqual(
      keys.map(({ name, state }) => [name, state]),
      [
        ['endpoint', 'signs, decrypts'],
        ['next', 'decrypts'],
      ],
    );
    assert.equal(keys[1]?.validFrom, '2026-11-22T12:00:00.000Z');
    assert.equal((await countersign('key', 'rotate', 'next')).status, 1);
    assert.equal((await countersign('key', 'rotate', 'x', '--overlap', 'soon')).status, 2);
  });

  it('key generate makes an EC key for signing alone', async () => {
    const { status, stderr } = await countersign('key', 'generate', 'ec', '--key-type', 'ec-p256');
    assert.equal(status, 0, stderr);
    assert.match((await countersign('key', 'list')).stdout, /ec +EC P-256 +sign /);
  });

  it('key generate makes an Ed25519 key for signing alone, where a partner asks for it; no X25519, which cannot sign for itself', async () => {
    const { status, stderr } = await countersign('key', 'generate', 'ed', '--key-type', 'ed25519');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /scheme: ed25519/);
    assert.match((await countersign('key', 'list')).stdout, /ed +Ed25519 +sign .* signs by ed25519 /);
    assert.equal((await countersign('config', 'check')).status, 0);
    assert.equal((await countersign('key', 'generate', 'x', '--key-type', 'x25519')).status, 2);
    assert.equal((await countersign('init', 'other', '--key-type', 'ed25519')).status, 2);
  });

  it('key import takes an X25519 key that OpenSSL wrote to PKCS#12', async function () {
    if (!hasOpenssl) this.skip();
    const { certificateFile, keyFile } = testIdentity('x25519');
    const file = path.join(temporaryFolder(), 'x25519.p12');
    const from = ['-in', certificateFile, '-inkey', keyFile, '-passout', 'pass:secret'];
    openssl(['pkcs12', '-export', ...from, '-out', file]);
    const { status, stderr } = await countersign('key', 'import', file, 'x', '--password-env', 'PASSWORD');
    assert.equal(status, 0, stderr);
    assert.match((await countersign('key', 'list')).stdout, /x +X25519 +decrypt .* decrypts /);
    assert.equal((await countersign('config', 'check')).status, 0);
  });

  it('key export gives the certificate for partners, and PKCS#12 that key import takes', async () => {
    const { stdout } = await countersign('key', 'export', 'endpoint');
    assert.equal(stdout, readFileSync(inHome('keys/endpoint.cert.pem'), 'utf8'));
    const file = path.join(temporaryFolder(), 'backup.p12');
    assert.equal((await countersign('key', 'export', 'endpoint', '--pkcs12', file)).status, 2);
    assert.equal(
      (await countersign('key', 'export', 'endpoint', '--pkcs12', file, '--password-env', 'PASSWORD')).status,
      0,
    );
    assert.equal(
      (await countersign('key', 'export', 'endpoint', '--pkcs12', file, '--password-env', 'PASSWORD')).status,
      1,
    );
    assert.equal((await countersign('key', 'export', 'nothing')).status, 1);

    assert.match(
      (await countersign('key', 'import', file, 'again', '--password-env', 'WRONG')).stderr,
      /does not open with this password/,
    );
    assert.equal((await countersign('key', 'import', file, 'again', '--password-env', 'UNSET')).status, 2);
    assert.match(
      (await countersign('key', 'import', file, 'again', '--password-env', 'PASSWORD', '--alias', 'x')).stderr,
      /Those with one: endpoint/,
    );
    assert.ok(!existsSync(inHome('keys/again.key.pem')));
    assert.equal((await countersign('key', 'import', file, 'again', '--password-env', 'PASSWORD')).status, 0);
    assert.equal(
      readFileSync(inHome('keys/again.key.pem'), 'utf8'),
      readFileSync(inHome('keys/endpoint.key.pem'), 'utf8'),
    );
    assert.equal((await countersign('config', 'check')).status, 0);
  });
});

describe('cli: partner import', () => {
  it('takes over our key and the partners of OpenAS2, and tells what it did not', async () => {
    const home = path.join(temporaryFolder(), 'home');
    await command('init', home, '--as2-id', 'US');
    const us = await issue('mycompany');
    const source = temporaryFolder();
    const place = (file: string): string => path.join(source, file);
    // One key in both roles: what matters is that aliases are found.
    writeFileSync(
      place('certs.p12'),
      writePkcs12(
        { certificate: us.certificate, privateKey: createPrivateKey(us.privateKeyPem) },
        'mycompany',
        'testas2',
      ),
    );
    writeFileSync(
      place('config.xml'),
      '<openas2><certificates filename="%home%/certs.p12" password="testas2"/><partnerships filename="%home%/partnerships.xml"/></openas2>',
    );
    const partnerships = `<partnerships>
      <partner name="US" as2_id="US" x509_alias="mycompany"/><partner name="Them" as2_id="THEM" x509_alias="mycompany"/>
      <partnership name="US-to-Them"><sender name="US"/><receiver name="Them"/>
        <attribute name="as2_url" value="https://them.example/as2"/><attribute name="sign" value="sha256"/><attribute name="encrypt" value="aes128"/>
        <attribute name="http_user" value="u"/><attribute name="http_password" value="geheim"/><attribute name="odd" value="thing"/>
      </partnership></partnerships>`;
    writeFileSync(place('partnerships.xml'), partnerships);
    const countersign = (...args: string[]) =>
      command('--home', home, 'partner', 'import', place('config.xml'), ...args);

    const dry = await countersign('--us', 'US', '--dry-run', '--json');
    assert.equal(dry.status, 0, dry.stderr);
    assert.deepEqual((dry.json() as { written: string[] }).written, []);
    assert.ok(!existsSync(path.join(home, 'partners/them.yaml')));

    const { status, stdout, stderr } = await countersign('--us', 'US');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /them +THEM +https:\/\/them\.example\/as2/);
    assert.match(stderr, /odd +is not known \(thing\)/);
    assert.ok(!(stdout + stderr).includes('geheim'));
    assert.equal(readFileSync(path.join(home, 'keys/them.password'), 'utf8'), 'geheim');
    assert.equal(
      readCertificate(readFileSync(path.join(home, 'keys/mycompany.cert.pem'))).fingerprint,
      us.certificate.fingerprint,
    );
    const check = await command('--home', home, 'config', 'check');
    assert.equal(check.status, 0, check.stderr);
    assert.equal((await countersign('--us', 'US')).status, 1);
  });
});
