import { Option, type Command } from 'commander';
import { dayAt } from '../ecert/calendar.ts';
import { type State, states } from '../ecert/standing.ts';
import { type Standing, standingOf, told } from '../exchange/standings.ts';
import type { CertificateFilter } from '../store/claim-record.ts';
import { registerClaim } from './ecert-claim.ts';
import { registerReport } from './ecert-report.ts';
import { registerStatistics } from './ecert-statistics.ts';
import { instant, withPageOptions, type PageOptions } from './looking.ts';
import { CommandError, fields, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';
import { demandSense, withRegister } from './register.ts';

interface ListOptions extends PageOptions, Pick<CertificateFilter, 'country' | 'environment'> {
  readonly state?: State;
}

export function registerEcert(program: Command, terminal: Terminal): void {
  const ecert = program.command('ecert').description('the certificates on file');

  withPageOptions(ecert.command('list').description('list them, last changed first'))
    .option('--country <code>', 'country of origin, ISO 3166')
    .addOption(new Option('--state <state>', states.join(', ')).choices(states))
    .addOption(new Option('--environment <name>', 'test or production').choices(['test', 'production']))
    .action(async (_options: unknown, command: Command) => {
      const { home, json, state, ...filter } = optionsOf<ListOptions>(command);
      const certificates = await find(home, terminal, filter, state);
      printResult(terminal, json, certificates.map(told), listing(certificates));
    });

  ecert
    .command('show')
    .description('everything about one number, in each environment')
    .argument('<number>', 'certificate number')
    .action(async (number: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const found = await find(home, terminal, { number });
      if (found.length === 0) throw new CommandError(`No certificate ${number} is on file.`);
      printResult(terminal, json, found.map(told), found.map(described).join('\n\n'));
    });

  registerClaim(ecert, terminal);
  registerReport(ecert, terminal);
  registerStatistics(ecert, terminal);
}

/** How many are looked at at a time. */
const PAGE = 500;

/** As they stand today. Most states follow from what is used and from the day, so that they are looked for here. */
function find(home: string, terminal: Terminal, filter: CertificateFilter, state?: State): Promise<Standing[]> {
  return withRegister(home, terminal, async (register, configured) => {
    await demandSense({ partner: filter.partner, country: filter.country }, configured, register);
    const { store, reference, clock } = register;
    const today = dayAt(clock(), 0);
    const { limit = PAGE } = filter;
    // A state is looked for in all of them; else the first ones are those that are wanted.
    const page = state === undefined ? Math.min(PAGE, limit) : PAGE;
    const found: Standing[] = [];
    for (let after: CertificateFilter['after']; ;) {
      const certificates = await store.listCertificates({ ...filter, after, limit: page });
      const standing = certificates.map((each) => standingOf(each, reference, today));
      found.push(...standing.filter((each) => state === undefined || each.state === state));
      if (found.length >= limit || certificates.length < page) return found.slice(0, limit);
      after = certificates.at(-1);
    }
  });
}

function listing(certificates: readonly Standing[]): string {
  return table(
    ['number', 'environment', 'state', 'country', 'programme', 'participant', 'version', 'changed', 'used'],
    certificates.map(({ registration, environment, state, changedAt }) => [
      registration.number,
      environment,
      state,
      registration.country,
      registration.programme,
      registration.sender,
      String(registration.version),
      instant(changedAt),
      registration.lines.map(({ used, certified, unit }) => `${used}/${certified} ${unit}`).join(', '),
    ]),
  );
}

function described({ registration, environment, state, condition, partner, changedAt }: Standing): string {
  const { number, programme, country, issueDate, importer, manufacturer, lines, sender, version } = registration;
  return fields([
    ['number', number],
    ['environment', environment],
    ['state', state],
    ['condition', condition],
    ['partner', partner],
    ['participant', sender],
    ['version', String(version)],
    ['changed', changedAt.toISOString()],
    ['programme', programme],
    ['country', country],
    ['issued', issueDate],
    ['importer', importer],
    ['manufacturer', manufacturer && [manufacturer.id, manufacturer.name].filter(Boolean).join(' ')],
    ...lines.map(({ hts, unit, certified, used }, index) => {
      return [`line ${index + 1}`, `${hts}: ${certified} ${unit}, used ${used}, left ${certified - used}`] as const;
    }),
  ]);
}
