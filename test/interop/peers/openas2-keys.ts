import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

import type { Agreement, KeyFiles } from '../peer.ts';

/** The alias in the key store of a certificate, by its file. */
export type Aliases = (certificate: string) => string;

export const PASSWORD = 'interop';

/** Makes the one PKCS #12 file that holds the peer's own keys and the certificates of its partners. */
export async function writeKeyStore(file: string, agreements: readonly Agreement[]): Promise<Aliases> {
  const keys = new Map<string, KeyFiles>(
    agreements.flatMap(({ peer }) => [peer.sign, peer.decrypt]).map((each) => [each.certificate, each]),
  );
  const files = new Set([
    ...keys.keys(),
    ...agreements.flatMap(({ us }) => [us.signCertificate, us.encryptCertificate]),
  ]);
  const names = new Map([...files].map((each, at) => [each, `key${at}`]));
  for (const [certificate, alias] of names) {
    const key = keys.get(certificate);
    if (key === undefined) await keytool(file, '-importcert', '-noprompt', '-alias', alias, '-file', certificate);
    else await addKey(file, alias, key);
  }
  return (certificate) => names.get(certificate)!;
}

async function addKey(file: string, alias: string, { key, certificate }: KeyFiles): Promise<void> {
  const one = `${file}.one`;
  const options = [
    '-export',
    '-inkey',
    key,
    '-in',
    certificate,
    '-name',
    alias,
    '-passout',
    `pass:${PASSWORD}`,
    '-out',
    one,
  ];
  await run('openssl', ['pkcs12', ...options]);
  await keytool(file, '-importkeystore', '-srckeystore', one, '-srcstorepass', PASSWORD, '-deststorepass', PASSWORD);
  await rm(one);
}

async function keytool(file: string, command: string, ...options: readonly string[]): Promise<void> {
  const store =
    command === '-importkeystore'
      ? ['-destkeystore', file, '-deststoretype', 'PKCS12']
      : ['-keystore', file, '-storetype', 'PKCS12', '-storepass', PASSWORD];
  // The BouncyCastle of OpenAS2 doesn't read what Java 17 writes unless it is asked for the older form.
  await run('keytool', ['-J-Dkeystore.pkcs12.legacy', command, ...store, ...options]);
}

const run = promisify(execFile);
