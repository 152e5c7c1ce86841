import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { KEY_TYPES, type KeyType } from '../pki/issue.ts';
import { createHome } from '../config/scaffold.ts';
import { note, printResult, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

interface InitOptions {
  readonly as2Id: string;
  readonly edifactId: { readonly id: string; readonly qualifier: string };
  readonly keyType: KeyType;
  readonly days: number;
}

export function registerInit(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .description('make a home: configuration, key with certificate, example partner')
    .argument('[dir]', 'where; the directory of --home when left out')
    .option('--as2-id <name>', 'our AS2 name', 'COUNTERSIGN')
    .option('--edifact-id <id:qualifier>', 'our EDIFACT identity', parseEdifactId, {
      id: 'COUNTERSIGN',
      qualifier: 'ZZZ',
    })
    // The only key of a home has to decrypt too.
    .addOption(keyTypeOption(KEY_TYPES.filter((type) => type !== 'ed25519')))
    .addOption(daysOption())
    .action(async (dir: string | undefined, _options: unknown, command: Command) => {
      const { home, json, as2Id, edifactId, keyType, days } = optionsOf<InitOptions>(command);
      const directory = dir ?? home;
      const files = await createHome(directory, { as2Id, edifact: edifactId, keyType, days, now: terminal.now() });
      printResult(
        terminal,
        json,
        { directory: path.resolve(directory), files },
        files.map((file) => path.join(directory, file)).join('\n'),
      );
      note(terminal, nextSteps(directory));
    });
}

export const keyTypeOption = (choices: readonly KeyType[] = KEY_TYPES): Option =>
  new Option('--key-type <type>', 'kind of key').choices(choices).default('rsa-2048' satisfies KeyType);

export const daysOption = (): Option =>
  new Option('--days <n>', 'days that the certificate is valid').argParser(parseDays).default(730);

/** `USCBP:ZZZ`, or `USCBP` without qualifier */
export function parseEdifactId(text: string): { readonly id: string; readonly qualifier: string } {
  const match = /^([^:]{1,35})(?::([A-Z0-9]{1,4}))?$/.exec(text);
  if (match?.[1] === undefined) throw new InvalidArgumentError('Write it as ID:QUALIFIER, such as USCBP:ZZZ.');
  return { id: match[1], qualifier: match[2] ?? '' };
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 36500) throw new InvalidArgumentError('Give a number of days.');
  return days;
}

function nextSteps(directory: string): string {
  const home = path.resolve(directory) === process.cwd() ? '' : ` --home ${directory}`;
  return `
Next:
  1. Set as2.url in ${path.join(directory, 'countersign.yaml')} to the address at which partners reach you.
  2. Add a partner: countersign${home} partner add <short-name> --help, or edit partners/example-van.yaml.
  3. Give partners your certificate: countersign${home} key export endpoint
  4. Check: countersign${home} config check
  5. Start: countersign${home} serve`;
}
