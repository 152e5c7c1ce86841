import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { ConfigError, formatProblem, type Problem } from '../config/config-error.ts';
import { dangersOf, type Danger } from '../config/dangers.ts';
import { generatedFiles } from '../config/generated.ts';
import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import { configurationReference } from '../config/reference.ts';
import { PROJECT } from '../config/scaffold.ts';
import { note, paint, printResult, printable, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

export function registerConfig(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('check the configuration, or print its reference');

  config
    .command('check')
    .description('tell everything that is wrong, doubtful or dangerous in the configuration')
    .action(async (_options: unknown, command: Command) => {
      const { home: directory, json } = optionsOf(command);
      try {
        const home = await loadHome(directory, terminal.env, terminal.now());
        await loadReference(home.endpoint.reference);
        const dangers = dangersOf(home);
        const result = { valid: true, problems: [], warnings: home.warnings, dangers };
        const active = home.partners.filter((partner) => partner.active).length;
        const verdict = paint(terminal, terminal.stdout, 'green', 'valid');
        const summary = `The configuration is ${verdict}: ${active} of ${home.partners.length} partners active.`;
        printResult(terminal, json, result, [...doubts(home.warnings, dangers), summary].join('\n'));
      } catch (error) {
        if (error instanceof ConfigError && json)
          printResult(terminal, json, { valid: false, problems: error.problems, warnings: [], dangers: [] }, '');
        throw error;
      }
    });

  config
    .command('reference')
    .description('print every key of the configuration')
    .option('--write', 'write docs/configuration.md and reference/schema/ of the project instead')
    .action(async (_options: unknown, command: Command) => {
      const { json, write } = optionsOf<{ write?: true }>(command);
      const files = generatedFiles();
      if (write !== true) {
        const schemas = [...files].filter(([file]) => file.endsWith('.json'));
        const value = Object.fromEntries(
          schemas.map(([file, text]) => [path.basename(file, '.json'), JSON.parse(text)]),
        );
        return printResult(terminal, json, value, configurationReference());
      }
      for (const [file, text] of files) {
        await mkdir(path.dirname(path.join(PROJECT, file)), { recursive: true });
        await writeFile(path.join(PROJECT, file), text);
        note(terminal, file);
      }
    });
}

/** Lines for what an operator should look at. */
export function doubts(warnings: readonly Problem[], dangers: readonly Danger[]): string[] {
  return [
    ...warnings.map((warning) => `warning: ${printable(formatProblem(warning))}`),
    ...dangers.map(({ file, key, consequence }) => `danger: ${file}: ${key}: ${consequence}`),
  ];
}
