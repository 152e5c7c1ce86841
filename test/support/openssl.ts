import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BerReader, context, TAG } from '../../src/cms/ber.ts';
import type { CertificateIdentity, PrivateIdentity } from '../../src/cms/identity.ts';

/** Suites that need the second opinion skip themselves where there is none. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Files of this process; gone when it ends. */
const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Writes a file and tells its path. */
export function temporaryFile(content: string | Uint8Array, name = 'file'): string {
  const path = join(folder, `${count++}-${name}`);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

export const temporaryPath = (name = 'file'): string => join(folder, `${count++}-${name}`);

/** Runs `openssl` and gives what it writes to stdout; throws what it writes to stderr. */
export function openssl(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr } = spawnSync('openssl', args, { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr.toString()}`);
  return stdout;
}

/** A key with a self-signed certificate, and where the command line finds them. */
export interface TestIdentity extends PrivateIdentity {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export type TestKey = 'rsa' | 'ec' | 'ec-p384' | 'ec-p521' | 'ed25519' | 'x25519' | 'rsa-pss' | 'rsa-1024' | 'rsa-1025';

const KEY_OPTIONS: Readonly<Record<TestKey, readonly string[]>> = {
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-1024': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  'rsa-1025': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1025'],
  'rsa-pss': ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ed25519: ['-algorithm', 'ED25519'],
  x25519: ['-algorithm', 'X25519'],
  'ec-p384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'ec-p521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
};

const made = new Map<string, TestIdentity>();

/** Made once for each key and name in a process. `name` is the common name. */
export function testIdentity(key: TestKey = 'rsa', name = 'alice'): TestIdentity {
  const known = made.get(`${key} ${name}`);
  if (known) return known;
  const privateKeyPem = openssl(['genpkey', ...KEY_OPTIONS[key]]).toString();
  const subject = ['-subj', `/C=NL/O=Test/CN=${name}`];
  const identity = key === 'x25519' ? issueByAnother(privateKeyPem, subject) : issue(privateKeyPem, subject);
  made.set(`${key} ${name}`, identity);
  return identity;
}

/** Another key under a certificate that copies issuer and serial number: what a forger would make. */
export function forgedIdentity(original: TestIdentity): TestIdentity {
  const { serialNumber, subject } = new X509Certificate(original.certificatePem);
  const name = subject
    .split('\n')
    .map((part) => `/${part}`)
    .join('');
  const key = openssl(['genpkey', ...KEY_OPTIONS.rsa]).toString();
  return issue(key, ['-subj', name, '-set_serial', `0x${serialNumber}`]);
}

function issue(privateKeyPem: string, options: readonly string[]): TestIdentity {
  const keyFile = temporaryFile(privateKeyPem, 'key.pem');
  const certificateFile = temporaryPath('certificate.pem');
  openssl(['req', '-new', '-x509', '-key', keyFile, '-days', '30', '-out', certificateFile, ...options]);
  return identityIn(privateKeyPem, keyFile, certificateFile);
}

/** By somebody else's key: this one cannot sign. */
function issueByAnother(privateKeyPem: string, options: readonly string[]): TestIdentity {
  const keyFile = temporaryFile(privateKeyPem, 'key.pem');
  const publicKeyFile = temporaryFile(openssl(['pkey', '-in', keyFile, '-pubout']));
  const certificateFile = temporaryPath('certificate.pem');
  const { certificateFile: issuer, keyFile: issuerKey } = testIdentity('rsa', 'authority');
  const by = ['-force_pubkey', publicKeyFile, '-CA', issuer, '-CAkey', issuerKey, '-set_serial', String(++count)];
  openssl(['x509', '-new', ...by, '-days', '30', '-out', certificateFile, ...options]);
  return identityIn(privateKeyPem, keyFile, certificateFile);
}

function identityIn(privateKeyPem: string, keyFile: string, certificateFile: string): TestIdentity {
  const certificatePem = readFileSync(certificateFile, 'utf8');
  return {
    certificate: identityOf(certificatePem),
    privateKey: createPrivateKey(privateKeyPem),
    certificateFile,
    keyFile,
    certificatePem,
    privateKeyPem,
  };
}

/** What CMS needs of a certificate, read without the room that reads certificates for the product. */
export function identityOf(pem: string | Buffer): CertificateIdentity {
  const { raw: der, publicKey } = new X509Certificate(pem);
  return new BerReader(der).inside(TAG.sequence, (certificate) => {
    const fields = certificate.inside(TAG.sequence, (toBeSigned) => {
      toBeSigned.optional(context(0, true), (version) => version.raw());
      const serialNumber = toBeSigned.primitive(TAG.integer);
      toBeSigned.raw();
      const issuer = toBeSigned.raw();
      const rest: Buffer[] = [];
      while (toBeSigned.more) rest.push(toBeSigned.raw());
      return { serialNumber, issuer, extensions: rest.at(-1) ?? Buffer.alloc(0) };
    });
    certificate.raw();
    certificate.raw();
    const { serialNumber, issuer, extensions } = fields;
    return { der, issuer, serialNumber, subjectKeyIdentifier: subjectKeyIdentifier(extensions), publicKey };
  });
}

/** id-ce-subjectKeyIdentifier, and the OCTET STRING in an OCTET STRING behind it. */
function subjectKeyIdentifier(extensions: Buffer): Buffer | undefined {
  const at = extensions.indexOf(Buffer.from('0603551d0e', 'hex'));
  if (at < 0) return undefined;
  const value = new BerReader(extensions, at + 5).octetString();
  return new BerReader(value).octetString();
}
