import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from './config-error.ts';
import type { Findings } from './findings.ts';
import { overrideAt, withOverrides, type Environment } from './overrides.ts';
import { partnerSchema, type PartnerConfig } from './partner-schema.ts';
import { endpointSchema, type EndpointConfig } from './schema.ts';
import { formatPath, validate, type Source } from './validate.ts';
import { readYaml, type YamlFile } from './yaml.ts';

/** A configuration file that fits its schema, and where its values are. */
export interface Read<T> {
  readonly config: T;
  readonly source: Source;
}

export const ENDPOINT_FILE = 'countersign.yaml';
const PARTNER_FOLDER = 'partners';

/** Short names go into paths, tables and commands; `endpoint` is the ledger's name for ourselves. */
const SHORT_NAME = /^(?!endpoint$)[a-z0-9][a-z0-9-]{0,62}$/;

export function isShortName(name: string): boolean {
  return SHORT_NAME.test(name);
}

/** Reads `countersign.yaml` with the overrides of the environment; undefined when it does not fit. */
export async function readEndpointFile(
  directory: string,
  env: Environment,
  findings: Findings,
): Promise<Read<EndpointConfig> | undefined> {
  const yaml = await readYamlFile(
    directory,
    ENDPOINT_FILE,
    findings,
    'Run `countersign init` to make a home, or give its directory with --home.',
  );
  if (yaml === undefined) return undefined;
  const source: Source = {
    locate(at) {
      const variable = overrideAt(at, env);
      return variable === undefined ? locateIn(yaml, at) : { file: 'environment', key: variable };
    },
  };
  const { value, problems } = validate(endpointSchema, withOverrides(yaml.value, env), source);
  if (problems === undefined) return { config: value, source };
  findings.problems.push(...problems);
  return undefined;
}

/** Reads the partner files, by short name; those that do not fit are left out. */
export async function readPartnerFiles(
  directory: string,
  findings: Findings,
): Promise<Map<string, Read<PartnerConfig>>> {
  const partners = new Map<string, Read<PartnerConfig>>();
  for (const name of await partnerFileNames(directory, findings)) {
    const file = `${PARTNER_FOLDER}/${name}`;
    const shortName = name.replace(/\.ya?ml$/, '');
    if (name.endsWith('.yml') || !isShortName(shortName)) {
      const message = 'is not a name of a partner file';
      findings.problems.push({
        file,
        key: '',
        message,
        remedy: 'Name it with small letters, digits and hyphens, ending in .yaml.',
      });
      continue;
    }
    const partner = await readPartnerFile(directory, file, findings);
    if (partner !== undefined) partners.set(shortName, partner);
  }
  return partners;
}

async function readPartnerFile(
  directory: string,
  file: string,
  findings: Findings,
): Promise<Read<PartnerConfig> | undefined> {
  const yaml = await readYamlFile(directory, file, findings, 'Make the file readable.');
  if (yaml === undefined) return undefined;
  const source: Source = { locate: (at) => locateIn(yaml, at) };
  const { value, problems } = validate(partnerSchema, yaml.value, source);
  if (problems === undefined) return { config: value, source };
  findings.problems.push(...problems);
  return undefined;
}

async function readYamlFile(
  directory: string,
  file: string,
  findings: Findings,
  remedy: string,
): Promise<YamlFile | undefined> {
  try {
    return readYaml(file, await readFile(path.join(directory, file), 'utf8'));
  } catch (error) {
    if (error instanceof ConfigError) findings.problems.push(...error.problems);
    else findings.problems.push({ file, key: '', message: whyUnreadable(error), remedy });
    return undefined;
  }
}

/**
 * Names of the partner files, sorted. No folder is not the same as no partners: a volume that is not mounted would make
 * every partner unknown.
 */
async function partnerFileNames(directory: string, findings: Findings): Promise<string[]> {
  try {
    const names = await readdir(path.join(directory, PARTNER_FOLDER));
    return names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort();
  } catch (error) {
    const remedy = 'Create the directory, or let the service read it; `countersign init` makes it.';
    findings.problems.push({ file: PARTNER_FOLDER, key: '', message: whyUnreadable(error), remedy });
    return [];
  }
}

function locateIn(yaml: YamlFile, at: readonly PropertyKey[]) {
  return { file: yaml.file, line: yaml.lineOf(at), key: formatPath(at) };
}

/** For a message: what the file system said. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a directory';
  return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
}
