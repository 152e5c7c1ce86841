import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isSeq, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { ENDPOINT_FILE, isShortName } from './files.ts';
import { writeNewFiles } from './scaffold.ts';
import type { endpointSchema } from './schema.ts';
import { readYaml } from './yaml.ts';

/** As it stands in `countersign.yaml`. */
type IdentityEntry = z.input<typeof endpointSchema>['identities'][number];

export interface NewIdentity {
  /** Of its files. */
  readonly name: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly use?: IdentityEntry['use'];
  readonly validFrom?: Date | undefined;
}

/**
 * Puts a key and its certificate into `keys/` and names them in `countersign.yaml`, whose comments stay.
 * @returns the files that were written, relative to the home
 * @throws ConfigError; then nothing was written
 */
export async function addIdentity(directory: string, identity: NewIdentity): Promise<string[]> {
  const { name, certificatePem, privateKeyPem, use, validFrom } = identity;
  const place = path.join(directory, ENDPOINT_FILE);
  const text = await readFile(place, 'utf8');
  readYaml(ENDPOINT_FILE, text);
  const document = parseDocument(text);
  if (!isSeq(document.get('identities')))
    throw refusal(ENDPOINT_FILE, 'identities', 'is no list', 'Run `countersign config check`.');
  if (!isShortName(name)) throw refusal(`keys/${name}`, '', 'is not a name', 'Use small letters, digits and hyphens.');
  const files = { certificate: `keys/${name}.cert.pem`, key: `keys/${name}.key.pem` };
  const entry: IdentityEntry = {
    ...files,
    ...(use !== undefined && { use }),
    ...(validFrom !== undefined && { validFrom: validFrom.toISOString() }),
  };
  document.addIn(['identities'], document.createNode(entry));
  await writeNewFiles(directory, [
    [files.key, privateKeyPem],
    [files.certificate, certificatePem],
  ]);
  // A reader sees the old file or the new one, never a half of it.
  await writeFile(`${place}.new`, document.toString({ lineWidth: 0 }));
  await rename(`${place}.new`, place);
  return [files.key, files.certificate, ENDPOINT_FILE];
}

function refusal(file: string, key: string, message: string, remedy: string): ConfigError {
  return new ConfigError([{ file, key, message, remedy }]);
}
