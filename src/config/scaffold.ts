import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { issueSelfSigned, type KeyType } from '../pki/issue.ts';
import { ConfigError } from './config-error.ts';

/** The project's own directory: that of `reference/`, `partners/` and `docs/`. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');

export interface HomeOptions {
  readonly as2Id: string;
  readonly edifact: { readonly id: string; readonly qualifier: string };
  readonly keyType: KeyType;
  /** How long the certificate is valid. */
  readonly days: number;
  readonly now: Date;
}

/**
 * Makes a home that loads at once: configuration, a key with its certificate, and an example partner, which is
 * inactive and whose private key nobody has.
 * @returns the files, relative to the directory
 * @throws ConfigError when one of them is there already; then nothing is written
 */
export async function createHome(directory: string, options: HomeOptions): Promise<string[]> {
  const { as2Id, days, keyType, now } = options;
  const own = await issueSelfSigned({ commonName: as2Id, days, keyType, now });
  const example = await issueSelfSigned({ commonName: 'EXAMPLE-VAN', days, keyType: 'rsa-2048', now });
  const sample = await readFile(path.join(PROJECT, 'partners/example-van.yaml'), 'utf8');
  return writeNewFiles(directory, [
    ['countersign.yaml', configuration(options)],
    ['keys/endpoint.key.pem', own.privateKeyPem],
    ['keys/endpoint.cert.pem', own.certificate.pem],
    ['partners/example-van.yaml', sample.replace(/^# yaml-language-server:.*$/m, schemaComment('partner'))],
    ['partners/example-van.cert.pem', example.certificate.pem],
    ['.gitignore', 'data/\nkeys/*.key.pem\nkeys/*.password\n*.p12\n'],
  ]);
}

/**
 * Writes files that are not there yet, private keys for the owner alone; all of them or none.
 * @param files path relative to the directory, and content
 * @throws ConfigError
 */
export async function writeNewFiles(
  directory: string,
  files: readonly (readonly [file: string, content: string | Buffer])[],
): Promise<string[]> {
  const there: string[] = [];
  for (const [file] of files) if (await exists(path.join(directory, file))) there.push(file);
  if (there.length > 0) {
    const remedy = 'Nothing was written. Take another name, or move the file away.';
    throw new ConfigError(there.map((file) => ({ file, key: '', message: 'is there already', remedy })));
  }
  for (const [file, content] of files) {
    const place = path.join(directory, file);
    const folder = path.dirname(place);
    await mkdir(folder, { recursive: true });
    if (path.basename(folder) === 'keys') await chmod(folder, 0o700);
    await writeFile(place, content, { flag: 'wx', mode: SECRET.test(file) ? 0o600 : 0o644 });
  }
  return files.map(([file]) => file);
}

const SECRET = /\.(key\.pem|password)$/;

/** For editors that check YAML by a schema. */
export function schemaComment(schema: 'countersign' | 'partner'): string {
  return `# yaml-language-server: $schema=${path.join(PROJECT, `reference/schema/${schema}.json`)}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function configuration({ as2Id, edifact }: HomeOptions): string {
  const text = (value: string): string => stringify(value).trim();
  return `${schemaComment('countersign')}
# What is not here has its default. All keys: docs/configuration.md, or \`countersign config reference\`.

as2:
  # Our name in AS2. Partners write it in AS2-To; upper and lower case differ.
  id: ${text(as2Id)}
  # Public address of our /as2. Needed to ask for asynchronous MDNs.
  # url: https://as2.example.org/as2

# Interchanges with the test indicator go to test, those without it to production. The two never mix.
environment: test

listen:
  port: 4080
  # HTTPS instead of HTTP. Not needed behind a proxy that ends TLS.
  # tls:
  #   certificate: keys/tls.cert.pem
  #   key: keys/tls.key.pem

# Health and metrics. Keep it local.
operators:
  port: 4081

# Our keys. Several may be here: the newest valid one signs, all of them may decrypt.
identities:
  - certificate: keys/endpoint.cert.pem
    key: keys/endpoint.key.pem

# Our names in EDIFACT (UNB sender and recipient).
edifact:
  identities:
    - id: ${text(edifact.id)}
      qualifier: ${text(edifact.qualifier)}
`;
}
