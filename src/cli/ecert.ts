import { Option, type Command } from 'commander';

import type { CertificateFilter, CertificateRecord } from '../store/store.ts';
import { instant, withPageOptions, withStore, type PageOptions } from './looking.ts';
import { CommandError, fields, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

type ListOptions = PageOptions & Pick<CertificateFilter, 'country' | 'state' | 'environment'>;

export function registerEcert(program: Command, terminal: Terminal): void {
  const ecert = program.command('ecert').description('the certificates on file');

  withPageOptions(ecert.command('list').description('list them, last changed first'))
    .option('--country <code>', 'country of origin, ISO 3166')
    .addOption(new Option('--state <state>', 'registered or cancelled').choices(['registered', 'cancelled']))
    .addOption(new Option('--environment <name>', 'test or production').choices(['test', 'production']))
    .action(async (_options: unknown, command: Command) => {
      const { home, json, ...filter } = optionsOf<ListOptions>(command);
      const certificates = await withStore(home, terminal, (store) => store.listCertificates(filter));
      printResult(terminal, json, certificates, listing(certificates));
    });

  ecert
    .command('show')
    .description('everything about one number, in each environment')
    .argument('<number>', 'certificate number')
    .action(async (number: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const found = await withStore(home, terminal, (store) => store.listCertificates({ number }));
      if (found.length === 0) throw new CommandError(`No certificate ${number} is on file.`);
      printResult(terminal, json, found, found.map(described).join('\n\n'));
    });
}

function listing(certificates: readonly CertificateRecord[]): string {
  return table(
    ['number', 'environment', 'state', 'country', 'programme', 'participant', 'version', 'changed'],
    certificates.map(({ number, environment, state, country, programme, participant, version, changedAt }) => [
      number,
      environment,
      state,
      country,
      programme,
      participant,
      String(version),
      instant(changedAt),
    ]),
  );
}

function described(record: CertificateRecord): string {
  return fields([
    ['number', record.number],
    ['environment', record.environment],
    ['state', record.state],
    ['partner', record.partner],
    ['participant', record.participant],
    ['version', String(record.version)],
    ['changed', record.changedAt.toISOString()],
    ...Object.entries(record.certificate)
      .filter(([name]) => !['number', 'state', 'version', 'sender'].includes(name))
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const),
  ]);
}
