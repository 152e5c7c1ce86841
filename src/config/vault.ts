import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PkiError } from '../pki/pki-error.ts';
import { LARGEST_CREDENTIAL_FILE } from '../limits.ts';
import { whyUnreadable } from './files.ts';
import { problemAt, type Findings, type Path } from './findings.ts';
import type { Environment } from './overrides.ts';
import type { Source } from './validate.ts';

/** Where keys, certificates and secrets are read from. */
export interface Vault {
  readonly directory: string;
  readonly env: Environment;
  readonly findings: Findings;
}

/** What is in a file of the home; undefined, and told, when it cannot be read. */
export async function bytesOfFile(vault: Vault, source: Source, at: Path, file: string): Promise<Buffer | undefined> {
  const place = path.resolve(vault.directory, file);
  try {
    const { size } = await stat(place);
    if (size <= LARGEST_CREDENTIAL_FILE) return await readFile(place);
    vault.findings.problems.push(problemAt(source, at, `${file} is too large`, 'Give the path of the right file.'));
  } catch (error) {
    const remedy = 'Put the file there, or correct the path; it is relative to the home.';
    vault.findings.problems.push(problemAt(source, at, `${file} ${whyUnreadable(error)}`, remedy));
  }
  return undefined;
}

/** A secret from a file (its last line end is not part of it) or an environment variable. */
export async function secret(
  vault: Vault,
  source: Source,
  at: Path,
  places: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const given = Object.entries(places).filter((place): place is [string, string] => place[1] !== undefined);
  const [place, second] = given;
  if (place === undefined) return undefined;
  const [key, value] = place;
  if (second !== undefined) {
    vault.findings.problems.push(problemAt(source, at, `has both ${key} and ${second[0]}`, 'Give one of them.'));
    return undefined;
  }
  if (key.endsWith('File')) {
    const bytes = await bytesOfFile(vault, source, [...at, key], value);
    return bytes?.toString('utf8').replace(/\r?\n$/, '');
  }
  const text = vault.env[value];
  if (text === undefined)
    vault.findings.problems.push(
      problemAt(source, [...at, key], `${value} is not set`, 'Set it in the environment of the service.'),
    );
  return text;
}

/** What is read; undefined, and told, when that meets a PkiError. */
export function attempt<T>(vault: Vault, source: Source, at: Path, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    vault.findings.problems.push(problemAt(source, at, error.message, REMEDIES[error.code] ?? ''));
    return undefined;
  }
}

const REMEDIES: Partial<Record<PkiError['code'], string>> = {
  PKI_CERTIFICATE_UNREADABLE: 'Give one certificate, as PEM or DER.',
  PKI_KEY_UNREADABLE: 'Give the private key as PEM; `countersign key import` takes it out of a PKCS#12 file.',
  PKI_KEY_MISMATCH: 'Give the two files that belong together.',
  PKI_PASSPHRASE_WRONG: 'Name the right one with passphraseFile or passphraseEnv.',
};
