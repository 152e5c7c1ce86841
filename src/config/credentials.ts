import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readCertificate, type Certificate } from '../pki/certificate.ts';
import { joinIdentity } from '../pki/keyring.ts';
import { PkiError } from '../pki/pki-error.ts';
import type { PinnedCertificate } from '../pki/pinned.ts';
import { LARGEST_CREDENTIAL_FILE } from '../limits.ts';
import { whyUnreadable, type Read } from './files.ts';
import { problemAt, type Findings, type Path } from './findings.ts';
import type { BasicAuth, ConfiguredIdentity } from './home.ts';
import type { Environment } from './overrides.ts';
import type { PartnerConfig } from './partner-schema.ts';
import type { EndpointConfig } from './schema.ts';
import type { Source } from './validate.ts';

/** Where keys, certificates and secrets are read from. */
export interface Vault {
  readonly directory: string;
  readonly env: Environment;
  readonly findings: Findings;
}

/** Our identities; those that cannot be used are left out and told as problems. */
export async function loadIdentities(
  vault: Vault,
  { config, source }: Read<EndpointConfig>,
): Promise<ConfiguredIdentity[]> {
  const loaded = config.identities.map(async (identity, index) => {
    const at: Path = ['identities', index];
    const certificate = await certificateFile(vault, source, [...at, 'certificate'], identity.certificate);
    const key = await bytesOfFile(vault, source, [...at, 'key'], identity.key);
    const { passphraseFile, passphraseEnv } = identity;
    const passphrase = await secret(vault, source, at, { passphraseFile, passphraseEnv });
    if (certificate === undefined || key === undefined) return undefined;
    await warnOfOpenKey(vault, source, [...at, 'key'], identity.key);
    const joined = attempt(vault, source, [...at, 'key'], () => joinIdentity(certificate, key, passphrase));
    const name = path.basename(identity.certificate).replace(/(\.cert)?\.[a-z]+$/, '');
    return joined && { ...joined, name, use: identity.use, ...windowOf(certificate, identity) };
  });
  return present(await Promise.all(loaded));
}

/** The partner's certificates; those that cannot be read are left out and told as problems. */
export async function loadPins(vault: Vault, { config, source }: Read<PartnerConfig>): Promise<PinnedCertificate[]> {
  const loaded = config.certificates.map(async (entry, index) => {
    const at: Path = ['certificates', index];
    if ((entry.file === undefined) === (entry.pem === undefined)) {
      vault.findings.problems.push(problemAt(source, at, 'has both or neither of file and pem', 'Give one of them.'));
      return undefined;
    }
    const certificate =
      entry.file === undefined
        ? attempt(vault, source, [...at, 'pem'], () => readCertificate(entry.pem ?? ''))
        : await certificateFile(vault, source, [...at, 'file'], entry.file);
    return certificate && { certificate, use: entry.use, ...windowOf(certificate, entry) };
  });
  return present(await Promise.all(loaded));
}

/** User and password towards a partner, if there are any. */
export async function loadBasicAuth(
  vault: Vault,
  { config, source }: Read<PartnerConfig>,
): Promise<BasicAuth | undefined> {
  const { basicAuth } = config.as2;
  if (basicAuth === undefined) return undefined;
  const { user, passwordFile, passwordEnv } = basicAuth;
  const at: Path = ['as2', 'basicAuth'];
  const password = await secret(vault, source, at, { passwordFile, passwordEnv });
  if (password !== undefined) return { user, password };
  if (passwordFile === undefined && passwordEnv === undefined)
    vault.findings.problems.push(problemAt(source, at, 'has no password', 'Add passwordFile or passwordEnv.'));
  return undefined;
}

/** What `/api` demands, if anything. */
export async function loadOperatorsToken(
  vault: Vault,
  { config, source }: Read<EndpointConfig>,
): Promise<string | undefined> {
  const { tokenFile, tokenEnv } = config.operators;
  const at: Path = ['operators'];
  const token = await secret(vault, source, at, { tokenFile, tokenEnv });
  if (token === undefined || /^\S{32,}$/.test(token)) return token;
  const remedy = 'Make one with `openssl rand -hex 32`.';
  const message = 'has a token of less than 32 characters, or with blanks in it';
  vault.findings.problems.push(problemAt(source, at, message, remedy));
  return undefined;
}

/** A secret from a file (its last line end is not part of it) or an environment variable. */
async function secret(
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

async function certificateFile(vault: Vault, source: Source, at: Path, file: string): Promise<Certificate | undefined> {
  const bytes = await bytesOfFile(vault, source, at, file);
  return bytes && attempt(vault, source, at, () => readCertificate(bytes));
}

async function bytesOfFile(vault: Vault, source: Source, at: Path, file: string): Promise<Buffer | undefined> {
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

function attempt<T>(vault: Vault, source: Source, at: Path, read: () => T): T | undefined {
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

/** Windows has no such bits. */
async function warnOfOpenKey(vault: Vault, source: Source, at: Path, file: string): Promise<void> {
  const { mode } = await stat(path.resolve(vault.directory, file));
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  vault.findings.warnings.push(problemAt(source, at, `${file} may be read by other users`, `Run: chmod 600 ${file}`));
}

function windowOf(
  certificate: Certificate,
  { validFrom, validTo }: { validFrom?: Date | undefined; validTo?: Date | undefined },
) {
  const { notBefore, notAfter } = certificate;
  return {
    validFrom: validFrom !== undefined && validFrom > notBefore ? validFrom : notBefore,
    validTo: validTo !== undefined && validTo < notAfter ? validTo : notAfter,
  };
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
