import path from 'node:path';
import { readCertificate, type Certificate } from '../pki/certificate.ts';
import type { PinnedCertificate } from '../pki/pinned.ts';
import type { Read } from './files.ts';
import { problemAt, type Path } from './findings.ts';
import type { BasicAuth, ConfiguredIdentity } from './home.ts';
import { loadKeyFiles } from './key-files.ts';
import type { PartnerConfig } from './partner-schema.ts';
import type { EndpointConfig } from './schema.ts';
import type { Source } from './validate.ts';
import { attempt, bytesOfFile, secret, type Vault } from './vault.ts';

/** Our identities; those that cannot be used are left out and told as problems. */
export async function loadIdentities(
  vault: Vault,
  { config, source }: Read<EndpointConfig>,
): Promise<ConfiguredIdentity[]> {
  const loaded = config.identities.map(async (identity, index) => {
    const files = await loadKeyFiles(vault, source, ['identities', index], identity, (bytes) => [
      readCertificate(bytes),
    ]);
    if (files === undefined) return undefined;
    const { certificates, privateKey } = files;
    const [certificate] = certificates;
    const name = path.basename(identity.certificate).replace(/(\.cert)?\.[a-z]+$/, '');
    return { certificate, privateKey, name, use: identity.use, ...windowOf(certificate, identity) };
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

async function certificateFile(vault: Vault, source: Source, at: Path, file: string): Promise<Certificate | undefined> {
  const bytes = await bytesOfFile(vault, source, at, file);
  return bytes && attempt(vault, source, at, () => readCertificate(bytes));
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
