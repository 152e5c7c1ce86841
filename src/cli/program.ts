import { createRequire } from 'node:module';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { PROJECT } from '../config/scaffold.ts';
import { reportError, type Terminal } from './output.ts';

/** What every command understands. */
export interface GlobalOptions {
  /** Directory of the home. */
  readonly home: string;
  readonly json: boolean;
}

/** Adds a noun with its verbs. */
export type RegisterNoun = (program: Command, terminal: Terminal) => void;

/**
 * Runs one command line.
 * @param args without node and the script
 * @returns the exit status: 0 done, 1 refused or failed, 2 wrong use
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  nouns: readonly RegisterNoun[],
): Promise<number> {
  const program = new Command('countersign')
    .description('An AS2 endpoint for the exchange of export certificates')
    .version(version())
    .option('--home <dir>', 'directory of the home', '.')
    .option('--json', 'print results as JSON', false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(--help lists what is possible)');
  for (const register of nouns) register(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(terminal, error);
  }
}

/** The options of a command, with the global ones. `T` is what the command declared. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function optionsOf<T extends object>(command: Command): T & GlobalOptions {
  return command.optsWithGlobals<T & GlobalOptions>();
}

function version(): string {
  const manifest = createRequire(import.meta.url)(path.join(PROJECT, 'package.json')) as { readonly version: string };
  return manifest.version;
}
