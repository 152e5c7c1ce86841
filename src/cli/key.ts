import { readFile, writeFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { SIGNATURE_SCHEMES } from '../cms/algorithms.ts';
import { addIdentity } from '../config/add-identity.ts';
import type { ConfiguredIdentity } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { issueSelfSigned, type KeyType } from '../pki/issue.ts';
import { decryptionIdentities, signingIdentity, usesOf } from '../pki/keyring.ts';
import type { Pkcs12Entry } from '../pki/pkcs12.ts';
import { daysOption, keyTypeOption } from './init.ts';
import { CommandError, day, note, printResult, table, type Terminal } from './output.ts';
import { passwordFrom, withPasswordOptions, type PasswordOptions } from './password.ts';
import { optionsOf } from './program.ts';

interface GenerateOptions {
  readonly keyType: KeyType;
  readonly days: number;
  /** Days until the new key signs. */
  readonly overlap?: number;
}

export function registerKey(program: Command, terminal: Terminal): void {
  const key = program.command('key').description('our own keys and certificates');

  key
    .command('list')
    .description('list them, and tell which one signs now')
    .action(async (_options: unknown, command: Command) => {
      const { home: directory, json } = optionsOf(command);
      const { endpoint } = await loadHome(directory, terminal.env, terminal.now());
      const views = endpoint.identities.map((identity) => viewOf(identity, endpoint.identities, terminal.now()));
      const rows = views.map((view) => [
        view.name,
        view.key,
        view.use.join(', '),
        view.validFrom.slice(0, 10),
        view.validTo.slice(0, 10),
        view.state,
        view.fingerprint.slice(0, 16),
      ]);
      printResult(terminal, json, views, table(['name', 'key', 'use', 'from', 'to', 'now', 'sha-256'], rows));
    });

  key
    .command('generate')
    .description('make a key with a self-signed certificate, and name it in countersign.yaml')
    .argument('<name>', 'name of its files in keys/')
    .addOption(keyTypeOption())
    .addOption(daysOption())
    .action((name: string, _options: unknown, command: Command) => generate(terminal, name, optionsOf(command)));

  key
    .command('rotate')
    .description('make the next key: it decrypts at once, and signs after a time in which partners take it up')
    .argument('<name>', 'name of its files in keys/')
    .addOption(keyTypeOption())
    .addOption(daysOption())
    .option('--overlap <days>', 'days until it signs', parseOverlap, 14)
    .action((name: string, _options: unknown, command: Command) => generate(terminal, name, optionsOf(command)));

  withPasswordOptions(key.command('import').description('take a key and its certificate out of a PKCS#12 file'))
    .argument('<file>', 'PKCS#12 file (.p12, .pfx)')
    .argument('<name>', 'name of its files in keys/')
    .option('--alias <alias>', 'which entry, when there are several')
    .action(async (file: string, name: string, _options: unknown, command: Command) => {
      const options = optionsOf<PasswordOptions & { readonly alias?: string }>(command);
      // Loaded when it is wanted: it takes more memory than all else that a server does not need.
      const { readPkcs12 } = await import('../pki/pkcs12.ts');
      const entries = readPkcs12(await readFile(file), await passwordFrom(options, terminal));
      const { certificate, privateKey } = theEntry(entries, options.alias);
      const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const use = usesOf(privateKey);
      const files = await addIdentity(options.home, {
        name,
        certificatePem: certificate.pem,
        privateKeyPem,
        ...(use.length === 1 && { use }),
      });
      printResult(terminal, options.json, { name, files, fingerprint: certificate.fingerprint }, files.join('\n'));
    });

  withPasswordOptions(
    key
      .command('export')
      .description('print a certificate for partners, or write key and certificate to a PKCS#12 file'),
  )
    .argument('<name>', 'as `key list` has it')
    .option('--pkcs12 <file>', 'write the key too, to this file, under a password')
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = optionsOf<PasswordOptions & { readonly pkcs12?: string }>(command);
      const { endpoint } = await loadHome(options.home, terminal.env, terminal.now());
      const identity = endpoint.identities.find((each) => each.name === name);
      if (identity === undefined)
        throw new CommandError(`There is no key ${name}. \`countersign key list\` shows those that are.`);
      if (options.pkcs12 === undefined) {
        const { pem, fingerprint } = identity.certificate;
        return printResult(terminal, options.json, { name, pem, fingerprint }, pem.trimEnd());
      }
      const { writePkcs12 } = await import('../pki/pkcs12-write.ts');
      const bytes = writePkcs12(identity, name, await passwordFrom(options, terminal));
      await writeFile(options.pkcs12, bytes, { flag: 'wx', mode: 0o600 });
      printResult(terminal, options.json, { name, file: options.pkcs12 }, options.pkcs12);
    });
}

async function generate(
  terminal: Terminal,
  name: string,
  options: GenerateOptions & { home: string; json: boolean },
): Promise<void> {
  const { keyType, days, overlap, home, json } = options;
  const now = terminal.now();
  const { endpoint } = await loadHome(home, terminal.env, now);
  const { certificate, privateKeyPem } = await issueSelfSigned({ commonName: endpoint.as2.id, days, keyType, now });
  const signsFrom = overlap === undefined ? undefined : new Date(now.getTime() + overlap * 86_400_000);
  const files = await addIdentity(home, {
    name,
    certificatePem: certificate.pem,
    privateKeyPem,
    // An EC key could decrypt too, and `use` may say so; but few partners encrypt to one (RFC 5753).
    ...(!keyType.startsWith('rsa-') && { use: ['sign'] as const }),
    validFrom: signsFrom,
  });
  printResult(terminal, json, { name, files, fingerprint: certificate.fingerprint, signsFrom }, files.join('\n'));
  const where = keyType === 'ed25519' ? ', where a partner has `scheme: ed25519` or we have no other key,' : '';
  const since = signsFrom === undefined ? 'now' : day(signsFrom);
  note(terminal, `It signs${where} from ${since} on. Give partners its certificate: countersign key export ${name}`);
}

function viewOf(identity: ConfiguredIdentity, all: readonly ConfiguredIdentity[], now: Date) {
  const { name, certificate, use, validFrom, validTo } = identity;
  // Partners whose files ask for a scheme get the newest key for that.
  const schemes = SIGNATURE_SCHEMES.filter((scheme) => signingIdentity(all, now, scheme) === identity);
  const does = [
    ...(signingIdentity(all, now) === identity ? ['signs'] : schemes.map((scheme) => `signs by ${scheme}`)),
    ...(decryptionIdentities(all, now).includes(identity) ? ['decrypts'] : []),
  ];
  const state = does.length > 0 ? does.join(', ') : validTo < now ? 'expired' : 'waits';
  return {
    name,
    key: certificate.keyDescription,
    subject: certificate.subject,
    use,
    validFrom: validFrom.toISOString(),
    validTo: validTo.toISOString(),
    state,
    fingerprint: certificate.fingerprint,
  };
}

/** The one entry with a private key, or that of the alias. */
function theEntry(entries: readonly Pkcs12Entry[], alias: string | undefined) {
  const found = entries.filter(
    (entry) => entry.privateKey !== undefined && (alias === undefined || entry.alias === alias),
  );
  const [entry, second] = found;
  const aliases = entries.filter((each) => each.privateKey !== undefined).map((each) => each.alias ?? '(none)');
  if (entry?.privateKey === undefined)
    throw new CommandError(`There is no such private key in it. Those with one: ${aliases.join(', ') || 'none'}.`);
  if (second !== undefined)
    throw new CommandError(`There are several private keys in it. Choose one with --alias: ${aliases.join(', ')}.`);
  return { certificate: entry.certificate, privateKey: entry.privateKey };
}

function parseOverlap(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0 || days > 365) throw new InvalidArgumentError('Give a number of days.');
  return days;
}
