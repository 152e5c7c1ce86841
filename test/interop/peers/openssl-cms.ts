import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

import type { Traits } from '../case.ts';
import type { KeyFiles } from '../peer.ts';

const told = (...args: string[]) => spawnSync('openssl', args);
const asked = told('version');

/** `3.0.19`; undefined where there is none. */
export const version = asked.status === 0 ? asked.stdout.toString().split(' ')[1] : undefined;

/** `-compress` and `-uncompress` are there, but do nothing in a build without it, as most are. */
export const hasZlib = version !== undefined && !/^zlib$/im.test(told('list', '-disabled').stdout.toString());

/** The command line does not hold up the other lanes. @throws what it writes to stderr */
function openssl(args: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  const child = spawn('openssl', args);
  const out: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  // It may end before it has read all: its exit status tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(out));
      else reject(new Error(`openssl ${args.slice(0, 2).join(' ')}: ${Buffer.concat(said).toString().trim()}`));
    });
  });
}

const nameOf = (digest: Traits['digest']): string => digest.replace('-', '');

/** @returns in base64 */
export async function digestOf(bytes: Buffer, digest: Traits['digest']): Promise<string> {
  return (await openssl(['dgst', `-${nameOf(digest)}`, '-binary'], bytes)).toString('base64');
}

/** @returns `multipart/signed` in whole, as OpenSSL writes S/MIME: with a preamble, and the signature in base64 */
export function signed(entity: Buffer, { key, certificate }: KeyFiles, how: Pick<Traits, 'digest' | 'scheme'>) {
  const pss = how.scheme === 'rsa-pss' ? ['-keyopt', 'rsa_padding_mode:pss'] : [];
  const by = ['-signer', certificate, '-inkey', key, '-md', nameOf(how.digest), ...pss];
  return openssl(['cms', '-sign', '-binary', '-crlfeol', '-outform', 'SMIME', ...by], entity);
}

/** That one certificate and no other, which must be valid now. `file` holds nothing yet. @throws when it does not hold */
export async function verify(content: Buffer, signature: Buffer, certificate: string, file: string): Promise<void> {
  await writeFile(`${file}.p7s`, signature);
  await writeFile(`${file}.signed`, content);
  const what = ['-binary', '-inform', 'DER', '-in', `${file}.p7s`, '-content', `${file}.signed`];
  const signers = ['-nointern', '-certfile', certificate];
  const trusted = ['-partial_chain', '-CAfile', certificate, '-no-CApath', '-no-CAstore'];
  await openssl(['cms', '-verify', ...what, ...signers, ...trusted]);
}

const ciphers: Readonly<Record<Traits['cipher'], string>> = {
  'aes128-cbc': 'aes-128-cbc',
  '3des': 'des-ede3-cbc',
  'aes192-cbc': 'aes-192-cbc',
  'aes256-cbc': 'aes-256-cbc',
  'aes128-gcm': 'aes-128-gcm',
  'aes192-gcm': 'aes-192-gcm',
  'aes256-gcm': 'aes-256-gcm',
  'aes256-gcm in EnvelopedData': 'aes-256-gcm',
};

/** @returns EnvelopedData in DER, or AuthEnvelopedData for GCM */
export function encrypted(entity: Buffer, certificate: string, how: Pick<Traits, 'cipher' | 'keyTransport'>) {
  const [, digest] = /^rsa-oaep-(.*)$/.exec(how.keyTransport) ?? [];
  const oaep = ['rsa_padding_mode:oaep', `rsa_oaep_md:${digest}`, `rsa_mgf1_md:${digest}`];
  const padding = digest === undefined ? [] : oaep.flatMap((option) => ['-keyopt', option]);
  const args = ['-binary', '-outform', 'DER', `-${ciphers[how.cipher]}`, '-recip', certificate, ...padding];
  return openssl(['cms', '-encrypt', ...args], entity);
}

/** @throws also when the bytes that come out are nothing but the work of a made-up key, if the padding shows it */
export function decrypted(envelope: Buffer, { key, certificate }: KeyFiles): Promise<Buffer> {
  const args = ['-binary', '-inform', 'DER', '-recip', certificate, '-inkey', key];
  return openssl(['cms', '-decrypt', ...args], envelope);
}

export const compressed = (entity: Buffer): Promise<Buffer> =>
  openssl(['cms', '-compress', '-binary', '-outform', 'DER'], entity);

export const expanded = (structure: Buffer): Promise<Buffer> =>
  openssl(['cms', '-uncompress', '-binary', '-inform', 'DER'], structure);

/** What of the agreed algorithms OpenSSL does not find in a structure; undefined when all are as they should be. */
export async function notAgreed(structure: Buffer, layer: string, how: Traits): Promise<string | undefined> {
  const text = (await openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], structure)).toString();
  const algorithm = (field: string) => new RegExp(`\\b${field}: *\n *algorithm: (\\S+)`).exec(text)?.[1] ?? 'none';
  const oaep = /^rsa-oaep-(.*)$/.exec(how.keyTransport)?.[1];
  const schemes = { 'rsa-pkcs1': /rsaEncryption|WithRSA/, 'rsa-pss': /^rsassaPss$/, ecdsa: /^ecdsa-with-SHA/ };
  const checks: readonly (readonly [found: string, expected: RegExp])[] =
    layer === 'encrypted'
      ? [
          [algorithm('contentEncryptionAlgorithm'), new RegExp(`^${ciphers[how.cipher]}$`)],
          [algorithm('keyEncryptionAlgorithm'), oaep === undefined ? /^rsaEncryption$/ : /^rsaesOaep$/],
          // SHA-1 is what is meant when none is named.
          [/^ *\d+:.*OBJECT +:(sha\d+)$/m.exec(text)?.[1] ?? 'sha1', new RegExp(`^${oaep ?? '.*'}$`)],
        ]
      : [
          [algorithm('digestAlgorithm'), new RegExp(`^${nameOf(how.digest)}$`)],
          [algorithm('signatureAlgorithm'), schemes[how.scheme]],
        ];
  const [wrong] = checks.filter(([found, expected]) => !expected.test(found));
  return wrong && `${wrong[0]} where ${wrong[1].source} was agreed`;
}
