import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { addIdentity } from '../config/add-identity.ts';
import { loadHome } from '../config/load.ts';
import type { ImportNote } from '../config/openas2/attributes.ts';
import { planImport, type ImportPlan } from '../config/openas2/plan.ts';
import { writePartners } from '../config/write-partner.ts';
import { note, printResult, table, UsageError, type Terminal } from './output.ts';
import { passwordFrom, withPasswordOptions, type PasswordOptions } from './password.ts';
import { optionsOf } from './program.ts';

interface ImportOptions extends PasswordOptions {
  readonly keystore?: string;
  readonly us?: string;
  readonly dryRun: boolean;
}

export function registerPartnerImport(partner: Command, terminal: Terminal): void {
  withPasswordOptions(partner.command('import').description('take over partners and our key from OpenAS2 or phase2'))
    .argument('<file>', 'config.xml, or partnerships.xml')
    .option('--keystore <file>', 'PKCS#12 keystore; the one that config.xml names when left out')
    .option('--us <name>', 'which party is ours, when it is not clear')
    .option('--dry-run', 'tell what would be done', false)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = optionsOf<ImportOptions>(command);
      const plan = await readPlan(terminal, file, options);
      const written = options.dryRun ? [] : await carryOut(terminal, options.home, plan);
      const partners = plan.partners.map(({ shortName, config }) => ({
        shortName,
        as2Id: config.as2.id,
        url: config.as2.url,
      }));
      const result = { us: { as2Id: plan.us.as2Id, key: plan.us.alias }, partners, written, notes: plan.notes };
      const rows = partners.map(({ shortName, as2Id, url }) => [shortName, as2Id, url]);
      printResult(terminal, options.json, result, [table(['partner', 'AS2 id', 'URL'], rows), ...written].join('\n'));
      if (!options.json) note(terminal, notesText(plan.notes));
    });
}

async function readPlan(terminal: Terminal, file: string, options: ImportOptions): Promise<ImportPlan> {
  const { readOpenAs2 } = await import('../config/openas2/read.ts');
  const source = await readOpenAs2(file);
  const keystore = options.keystore ?? source.keystore.file;
  if (keystore === undefined) throw new UsageError(`${file} names no keystore. Give it with --keystore.`);
  const given = options.passwordFile !== undefined || options.passwordEnv !== undefined;
  const password = given ? undefined : source.keystore.password;
  const { readPkcs12 } = await import('../pki/pkcs12.ts');
  const entries = readPkcs12(await readFile(keystore), password ?? (await passwordFrom(options, terminal)));
  return planImport(source, entries, options.us);
}

async function carryOut(terminal: Terminal, directory: string, plan: ImportPlan): Promise<string[]> {
  const { endpoint } = await loadHome(directory, terminal.env, terminal.now());
  const { as2Id, alias, certificate, privateKey } = plan.us;
  if (endpoint.as2.id !== as2Id)
    note(
      terminal,
      `as2.id is ${endpoint.as2.id} here and was ${as2Id} there: set it in countersign.yaml, since partners know that name.`,
    );
  const written = await writePartners(directory, plan.partners);
  if (endpoint.identities.some((identity) => identity.certificate.fingerprint === certificate.fingerprint))
    return written;
  const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return [
    ...written,
    ...(await addIdentity(directory, { name: alias, certificatePem: certificate.pem, privateKeyPem })),
  ];
}

function notesText(notes: readonly ImportNote[]): string {
  return notes.length === 0
    ? ''
    : `\nNot taken over as it was:\n${table(
        ['where', 'what', 'why'],
        notes.map(({ where, what, text }) => [where, what, text]),
      )}`;
}
