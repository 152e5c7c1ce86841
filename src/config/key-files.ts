import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate } from '../pki/certificate.ts';
import { joinIdentity } from '../pki/keyring.ts';
import { problemAt, type Path } from './findings.ts';
import type { Source } from './validate.ts';
import { attempt, bytesOfFile, secret, type Vault } from './vault.ts';

/** A private key of ours and what belongs to it, as files of the home. */
export interface KeyFiles {
  readonly certificate: string;
  readonly key: string;
  readonly passphraseFile?: string | undefined;
  readonly passphraseEnv?: string | undefined;
}

type Certificates = readonly [own: Certificate, ...others: Certificate[]];

/**
 * Certificates and the private key of the first of them; undefined, and told, when they cannot be used.
 * @param read what is in the certificate's file
 */
export async function loadKeyFiles(
  vault: Vault,
  source: Source,
  at: Path,
  { certificate: certificateFile, key: keyFile, passphraseFile, passphraseEnv }: KeyFiles,
  read: (bytes: Buffer) => Certificates,
): Promise<{ readonly certificates: Certificates; readonly privateKey: KeyObject } | undefined> {
  const bytes = await bytesOfFile(vault, source, [...at, 'certificate'], certificateFile);
  const certificates = bytes && attempt(vault, source, [...at, 'certificate'], () => read(bytes));
  const key = await bytesOfFile(vault, source, [...at, 'key'], keyFile);
  const passphrase = await secret(vault, source, at, { passphraseFile, passphraseEnv });
  if (certificates === undefined || key === undefined) return undefined;
  await warnOfOpenKey(vault, source, [...at, 'key'], keyFile);
  const joined = attempt(vault, source, [...at, 'key'], () => joinIdentity(certificates[0], key, passphrase));
  return joined && { certificates, privateKey: joined.privateKey };
}

/** Windows has no such bits. */
async function warnOfOpenKey(vault: Vault, source: Source, at: Path, file: string): Promise<void> {
  const { mode } = await stat(path.resolve(vault.directory, file));
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  vault.findings.warnings.push(problemAt(source, at, `${file} may be read by other users`, `Run: chmod 600 ${file}`));
}
