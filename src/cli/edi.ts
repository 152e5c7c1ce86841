import { type Command } from 'commander';

import { acknowledge, type AcknowledgeOptions } from './edi/acknowledge.ts';
import { check } from './edi/check.ts';
import { explain } from './edi/explain.ts';
import type { Terminal } from './output.ts';
import { optionsOf } from './program.ts';

export function registerEdi(program: Command, terminal: Terminal): void {
  const edi = program.command('edi').description('EDIFACT files: what is wrong with them, and what they say');

  edi
    .command('check')
    .description('every fault of its interchanges and messages, with its place and what would be right')
    .argument('<file...>', 'files; - for standard input')
    .action((files: string[], _options: unknown, command: Command) => check(files, optionsOf(command), terminal));

  edi
    .command('explain')
    .description('its messages as trees, with the names of the directory and the meanings of codes')
    .argument('<file...>', 'files; - for standard input')
    .action((files: string[], _options: unknown, command: Command) => explain(files, optionsOf(command), terminal));

  edi
    .command('acknowledge')
    .description('the CONTRL that answers it')
    .argument('<file...>', 'files; - for standard input')
    .option('--every-message', 'name every message (UCM), not only those that are refused', false)
    .option('--receipt-only', 'when nothing is refused, say no more than that it was received (8)', false)
    .action((files: string[], _options: unknown, command: Command) =>
      acknowledge(files, optionsOf<AcknowledgeOptions>(command), terminal),
    );
}
