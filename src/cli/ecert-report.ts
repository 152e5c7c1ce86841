import { Option, type Command } from 'commander';

import { conditions, type Condition } from '../ecert/standing.ts';
import type { Home } from '../config/home.ts';
import { quantitiesOf } from '../ecert/report.ts';
import { reported } from '../exchange/queries.ts';
import { nameOf } from '../exchange/participant.ts';
import type { Register, Standing } from '../exchange/standings.ts';
import { MOST_REPORTED } from '../limits.ts';
import { dayOption } from './looking.ts';
import { CommandError, csv, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';
import { demandSense, withRegister } from './register.ts';

interface ReportOptions {
  readonly condition?: Condition;
  readonly issuedFrom?: string;
  readonly issuedTo?: string;
  readonly number: readonly string[];
  readonly csv: boolean;
}

/** `ecert report`: what a participant gets when it asks by REQDOC. */
export function registerReport(ecert: Command, terminal: Terminal): void {
  ecert
    .command('report')
    .description('the activity report of a participant: its certificates with condition, certified and used')
    .argument('<participant>', 'EDIFACT identity such as AUDAFF:ZZZ')
    .addOption(new Option('--condition <name>', 'of the certificates').choices(conditions))
    .option('--issued-from <day>', 'issued on this day or later', dayOption)
    .option('--issued-to <day>', 'issued on this day or earlier', dayOption)
    .option('--number <number>', 'this certificate; may be repeated', (text, before: string[]) => [...before, text], [])
    .option('--csv', 'print as CSV', false)
    .action(async (participant: string, _options: unknown, command: Command) => {
      const { home, json, csv: asCsv, condition, issuedFrom, issuedTo, number } = optionsOf<ReportOptions>(command);
      const query = { condition, from: issuedFrom, to: issuedTo, numbers: number.length === 0 ? undefined : number };
      const found = await withRegister(home, terminal, async (register, configured) => {
        await demandSense({ issuedFrom, issuedTo }, configured, register);
        await demandKnown(participant, number, configured, register);
        return reported(query, participant, [], register, MOST_REPORTED);
      });
      if (found === undefined) throw new CommandError('These are more than a report holds. Ask for a shorter period.');
      const head = ['number', 'issued', 'condition', 'unit', 'certified', 'used'];
      const value = { participant, certificates: found.map(valueOf) };
      printResult(terminal, json, value, (asCsv ? csv : table)(head, found.flatMap(cellsOf)));
    });
}

/** What a participant itself would be told of by an error code: a report that is empty by a slip says nothing true. */
async function demandKnown(
  participant: string,
  numbers: readonly string[],
  { partners }: Home,
  { store, environment }: Register,
): Promise<void> {
  const filter = { environment, participant };
  const own = await store.certificateUsage({
    ...filter,
    ...(numbers.length > 0 ? { numbers, limit: numbers.length } : { limit: 1 }),
  });
  const unknown = numbers.filter((number) => !own.some((one) => one.number === number));
  if (own.length === 0) {
    const names = partners.flatMap(({ edifact }) => edifact.identities.map(nameOf));
    if (!names.includes(participant) && (await store.certificateUsage({ ...filter, limit: 1 })).length === 0)
      throw new CommandError(`No partner speaks for ${participant}. Known: ${names.join(', ')}.`);
  }
  if (unknown.length > 0) throw new CommandError(`${participant} has no certificate ${unknown.join(', ')}.`);
}

function valueOf({ registration, condition }: Standing) {
  const { number, issueDate } = registration;
  return { number, issueDate, condition, quantities: quantitiesOf(registration) };
}

function cellsOf({ registration, condition }: Standing): string[][] {
  const { number, issueDate } = registration;
  return quantitiesOf(registration).map(({ unit, certified, used }) => [
    ...[number, issueDate, condition, unit],
    ...[String(certified), String(used)],
  ]);
}
