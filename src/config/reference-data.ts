import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { parseReference, type EcertReference, ReferenceDataError } from '../ecert/reference.ts';
import { type ReferenceName, referenceNames, referenceSchemas } from '../ecert/reference-schema.ts';
import { ConfigError, type Problem } from './config-error.ts';
import { whyUnreadable } from './files.ts';
import { formatPath, validate } from './validate.ts';
import { readYaml, type YamlFile } from './yaml.ts';

/** The data that comes with the product; beside `src` and beside `dist` alike. */
const builtIn = path.resolve(import.meta.dirname, '../../reference');
const EXTERNAL_CODES = path.join(builtIn, 'edifact', 'external-codes.json');

/**
 * Programmes, countries, codes of errors, mismatches and conditions, and units.
 *
 * @param directory the operator's own `ecert/*.yaml`, in place of those that come with the product
 * @throws ConfigError with everything that is wrong in them, each with its line
 */
export async function loadReference(directory: string = builtIn): Promise<EcertReference> {
  const read = await Promise.all(referenceNames.map(async (name) => [name, await yamlFile(directory, name)] as const));
  const files = Object.fromEntries(read) as Record<ReferenceName, YamlFile>;
  const { programmes, countries, errors, claims, conditions, onboarding } = files;
  try {
    return parseReference({
      ...{ programmes: programmes.value, countries: countries.value, errors: errors.value },
      ...{ claims: claims.value, conditions: conditions.value, onboarding: onboarding.value },
      externalCodes: await externalCodes(),
    });
  } catch (error) {
    if (!(error instanceof ReferenceDataError)) throw error;
    const problems = referenceNames.flatMap((name) => problemsOf(name, files[name]));
    throw new ConfigError(problems.length > 0 ? problems : misfits(error, read), { cause: error });
  }
}

/** All that is wrong with one file, in the words of the configuration. */
function problemsOf(name: ReferenceName, yaml: YamlFile): readonly Problem[] {
  const locate = (at: readonly PropertyKey[]) => ({ file: yaml.file, line: yaml.lineOf(at), key: formatPath(at) });
  return validate(referenceSchemas[name], yaml.value, { locate }).problems ?? [];
}

/** What is wrong between files that are good by themselves. */
function misfits(error: ReferenceDataError, read: readonly (readonly [string, YamlFile])[]): readonly Problem[] {
  const yaml = read.find(([name]) => name === error.file)?.[1];
  if (yaml === undefined) throw error;
  return error.issues.map(({ path: at, message }) => ({
    ...{ file: yaml.file, line: yaml.lineOf(at), key: formatPath(at), message, remedy },
  }));
}

/** ISO 3166-1 alpha-2, as DE 3207 of EDIFACT has them. */
export async function countryCodes(): Promise<ReadonlySet<string>> {
  const { iso3166 } = (await externalCodes()) as { iso3166: Record<string, unknown> };
  return new Set(Object.keys(iso3166));
}

const remedy = 'docs/ecert.md says what may stand there.';

/** A directory of an operator may do without what was added later: then that of the product holds. */
async function yamlFile(directory: string, name: string): Promise<YamlFile> {
  const file = path.join(directory, 'ecert', `${name}.yaml`);
  try {
    return readYaml(file, await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && addedLater.includes(name) && directory !== builtIn) return yamlFile(builtIn, name);
    throw unreadable(file, error);
  }
}

const addedLater: readonly string[] = ['claims', 'conditions', 'onboarding'];

async function externalCodes(): Promise<unknown> {
  try {
    return JSON.parse(await readFile(EXTERNAL_CODES, 'utf8')) as unknown;
  } catch (error) {
    throw unreadable(EXTERNAL_CODES, error);
  }
}

function unreadable(file: string, error: unknown): ConfigError {
  const instead = 'Mend it, or leave `reference` out to use what is built in';
  return new ConfigError([{ file, key: '', message: whyUnreadable(error), remedy: instead }], { cause: error });
}
