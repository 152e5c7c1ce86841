import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { parse } from 'yaml';

import { parseReference, type EcertReference } from '../ecert/reference.ts';
import { ConfigError } from './config-error.ts';

/** The data that comes with the product; beside `src` and beside `dist` alike. */
const builtIn = path.resolve(import.meta.dirname, '../../reference');
const EXTERNAL_CODES = path.join(builtIn, 'edifact', 'external-codes.json');

/**
 * Programmes, countries, error codes and units.
 *
 * @param directory the operator's own `ecert/*.yaml`; a file that is not there is that of the product
 * @throws ConfigError, ReferenceDataError
 */
export async function loadReference(directory: string = builtIn): Promise<EcertReference> {
  const own = await filesOf(directory);
  const [programmes, countries, errors, claims, conditions, onboarding] = await Promise.all(
    ['programmes', 'countries', 'errors', 'claims', 'conditions', 'onboarding'].map((name) => {
      const file = path.join('ecert', `${name}.yaml`);
      return read(path.join(own.has(path.basename(file)) ? directory : builtIn, file));
    }),
  );
  const externalCodes = await read(EXTERNAL_CODES);
  return parseReference({ programmes, countries, errors, claims, conditions, onboarding, externalCodes });
}

/** ISO 3166-1 alpha-2, as DE 3207 of EDIFACT has them. @throws ConfigError */
export async function countryCodes(): Promise<ReadonlySet<string>> {
  const { lists } = (await read(EXTERNAL_CODES)) as { lists: { 3207: Record<string, unknown> } };
  return new Set(Object.keys(lists[3207]));
}

/** A directory without any would be a mistake that nobody notices. @throws ConfigError */
async function filesOf(directory: string): Promise<ReadonlySet<string>> {
  const folder = path.join(directory, 'ecert');
  return attempt(folder, async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
    if (names.length === 0) throw new Error('holds no .yaml');
    return new Set(names);
  });
}

function read(file: string): Promise<unknown> {
  return attempt(file, async () => {
    const text = await readFile(file, 'utf8');
    return file.endsWith('.json') ? (JSON.parse(text) as unknown) : (parse(text) as unknown);
  });
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { file, key: '', message, remedy: 'Mend it, or leave `reference` out to use what is built in' },
    ]);
  }
}
