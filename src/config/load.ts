import path from 'node:path';
import { ConfigError, type Problem } from './config-error.ts';
import { loadBasicAuth, loadIdentities, loadOperatorsToken, loadPins } from './credentials.ts';
import { checkHome } from './cross-check.ts';
import { readEndpointFile, readPartnerFiles, type Read } from './files.ts';
import { noFindings } from './findings.ts';
import type { Endpoint, Home, Partner } from './home.ts';
import { strayVariables, type Environment } from './overrides.ts';
import type { PartnerConfig } from './partner-schema.ts';
import { countryCodes } from './reference-data.ts';
import type { EndpointConfig } from './schema.ts';
import { loadTls } from './tls.ts';
import type { Vault } from './vault.ts';

/**
 * Reads `countersign.yaml` and `partners/*.yaml` of a home, with the keys and certificates that they name.
 * `COUNTERSIGN_*` of `env` override single settings of `countersign.yaml`.
 * @param now for what is about to expire, which is warned of
 * @throws ConfigError with everything that is wrong, at once
 */
export async function loadHome(home: string, env: Environment, now = new Date()): Promise<Home> {
  const directory = path.resolve(home);
  const findings = noFindings();
  const vault = { directory, env, findings };
  const endpointFile = await readEndpointFile(directory, env, findings);
  const partnerFiles = await readPartnerFiles(directory, findings);

  const endpoint = endpointFile && (await loadEndpoint(vault, endpointFile));
  const partners: Partner[] = [];
  for (const [shortName, file] of partnerFiles) partners.push(await loadPartner(vault, shortName, file));

  findings.warnings.push(...strayVariables(env, secretVariables(endpointFile, partnerFiles)));
  if (endpoint === undefined || endpointFile === undefined) throw refusal(findings.problems);
  checkHome({
    endpoint,
    partners,
    endpointSource: endpointFile.source,
    allIdentitiesLoaded: endpoint.identities.length === endpointFile.config.identities.length,
    countryCodes: await countryCodes(),
    sourceOf: (partner) => partnerFiles.get(partner.shortName)?.source ?? endpointFile.source,
    now,
    findings,
  });
  if (findings.problems.length > 0) throw refusal(findings.problems);
  return { directory, endpoint, partners, warnings: findings.warnings };
}

/** In the order in which somebody goes through the files. */
function refusal(problems: readonly Problem[]): ConfigError {
  return new ConfigError(
    problems.toSorted((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1)),
  );
}

async function loadEndpoint(vault: Vault, file: Read<EndpointConfig>): Promise<Endpoint> {
  const { data, reference, listen, operators } = file.config;
  return {
    ...file.config,
    listen: { ...listen, tls: await loadTls(vault, file) },
    identities: await loadIdentities(vault, file),
    operators: { host: operators.host, port: operators.port, token: await loadOperatorsToken(vault, file) },
    data: path.resolve(vault.directory, data),
    reference: reference === undefined ? undefined : path.resolve(vault.directory, reference),
  };
}

async function loadPartner(vault: Vault, shortName: string, file: Read<PartnerConfig>): Promise<Partner> {
  const { config } = file;
  return {
    ...config,
    shortName,
    as2: { ...config.as2, basicAuth: await loadBasicAuth(vault, file) },
    certificates: await loadPins(vault, file),
  };
}

function secretVariables(
  endpoint: Read<EndpointConfig> | undefined,
  partners: ReadonlyMap<string, Read<PartnerConfig>>,
): ReadonlySet<string> {
  const named = [
    ...(endpoint?.config.identities ?? []).map(({ passphraseEnv }) => passphraseEnv),
    endpoint?.config.operators.tokenEnv,
    endpoint?.config.listen.tls?.passphraseEnv,
    ...[...partners.values()].map(({ config }) => config.as2.basicAuth?.passwordEnv),
  ];
  return new Set(named.filter((name) => name !== undefined));
}
