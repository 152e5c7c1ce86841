import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UsageError, type Terminal } from './output.ts';

export interface PasswordOptions {
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
}

/** A password is never an argument: those are seen by every user of the machine. */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-file <file>', 'file that holds the password of the keystore')
    .option('--password-env <name>', 'environment variable that holds it');
}

/** @throws UsageError when none is given */
export async function passwordFrom(
  { passwordFile, passwordEnv }: PasswordOptions,
  terminal: Terminal,
): Promise<string> {
  if (passwordFile !== undefined) return (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '');
  const password = passwordEnv === undefined ? undefined : terminal.env[passwordEnv];
  if (password !== undefined) return password;
  throw new UsageError(
    passwordEnv === undefined
      ? 'The keystore has a password. Give it with --password-file or --password-env.'
      : `The environment variable ${passwordEnv} is not set.`,
  );
}
