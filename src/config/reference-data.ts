import { readFile } from 'node:fs/promises';
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
 * @param directory the operator's own `ecert/*.yaml`, in place of those that come with the product
 * @throws ConfigError, ReferenceDataError
 */
export async function loadReference(directory: string = builtIn): Promise<EcertReference> {
  const [programmes, countries, errors, claims, conditions] = await Promise.all(
    ['programmes', 'countries', 'errors', 'claims', 'conditions'].map((name) =>
      read(path.join(directory, 'ecert', `${name}.yaml`)),
    ),
  );
  const externalCodes = await read(EXTERNAL_CODES);
  return parseReference({ programmes, countries, errors, claims, conditions, externalCodes });
}

/** ISO 3166-1 alpha-2, as DE 3207 of EDIFACT has them. @throws ConfigError */
export async function countryCodes(): Promise<ReadonlySet<string>> {
  const { lists } = (await read(EXTERNAL_CODES)) as { lists: { 3207: Record<string, unknown> } };
  return new Set(Object.keys(lists[3207]));
}

async function read(file: string): Promise<unknown> {
  try {
    const text = await readFile(file, 'utf8');
    return file.endsWith('.json') ? JSON.parse(text) : parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { file, key: '', message, remedy: 'Mend it, or leave `reference` out to use what is built in' },
    ]);
  }
}
