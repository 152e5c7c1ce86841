import { InvalidArgumentError, Option, type Command } from 'commander';
import { conditions } from '../ecert/standing.ts';
import { type Dimension, type StatisticsRow, dimensions } from '../ecert/statistics.ts';
import type { StandingFilter } from '../exchange/standings.ts';
import { statistics } from '../exchange/statistics.ts';
import { dayOption } from './looking.ts';
import { csv, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';
import { demandSense, withRegister } from './register.ts';

interface StatisticsOptions extends StandingFilter {
  readonly by: readonly Dimension[];
  readonly csv: boolean;
}

export function registerStatistics(ecert: Command, terminal: Terminal): void {
  ecert
    .command('statistics')
    .description('certificates and quantities: registered, cancelled, used, expired, remaining')
    .option('--by <names>', `what they are added up by: ${dimensions.join(', ')}`, parseBy, ['country', 'programme'])
    .option('--country <code>', 'country of origin, ISO 3166')
    .option('--programme <key>', 'quota programme')
    .option('--partner <name>', "partner's short name")
    .addOption(new Option('--condition <name>', 'of the certificates').choices(conditions))
    .option('--issued-from <day>', 'issued on this day or later', dayOption)
    .option('--issued-to <day>', 'issued on this day or earlier', dayOption)
    .option('--csv', 'print as CSV', false)
    .action(async (_options: unknown, command: Command) => {
      const { home, json, by, csv: asCsv, ...filter } = optionsOf<StatisticsOptions>(command);
      const rows = await withRegister(home, terminal, async (register, configured) => {
        await demandSense(filter, configured, register);
        return statistics(by, filter, register);
      });
      const cells = rows.map((row) => [...by.map((name) => row[name] ?? ''), ...sums.map((name) => String(row[name]))]);
      printResult(terminal, json, { by, rows }, (asCsv ? csv : table)([...by, ...sums], cells));
    });
}

const sums = [
  'unit',
  'certificates',
  'registered',
  'cancelled',
  'used',
  'expired',
  'remaining',
] as const satisfies readonly (keyof StatisticsRow)[];

function parseBy(text: string): readonly Dimension[] {
  const names = text.split(',');
  return names.map((name, at) => {
    const dimension = dimensions.find((each) => each === name);
    if (dimension !== undefined && names.indexOf(name) === at) return dimension;
    throw new InvalidArgumentError(`Give some of ${dimensions.join(', ')}, each once, with commas between them.`);
  });
}
