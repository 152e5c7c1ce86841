import type { Command } from 'commander';

import { instant, withPageOptions, withStore, type PageOptions } from './looking.ts';
import { CommandError, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

interface ListOptions extends PageOptions {
  readonly kind?: string;
  readonly subject?: string;
}

export function registerAudit(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('the ledger: append-only, one hash chain for each partner');

  withPageOptions(audit.command('list').description('list its entries, newest first'))
    .option('--kind <kind>', 'such as inbound.accepted')
    .option('--subject <id>', 'what is about this message or MDN')
    .action(async (_options: unknown, command: Command) => {
      const { home, json, subject, ...filter } = optionsOf<ListOptions>(command);
      const entries = await withStore(home, terminal, (store) => store.listLedger({ ...filter, subjectId: subject }));
      const rows = entries.map(({ chain, sequence, at, kind, subjectId = '', hash }) => {
        return [chain, String(sequence), instant(at), kind, subjectId, hash.slice(0, 16)];
      });
      printResult(terminal, json, entries, table(['chain', 'no', 'at', 'kind', 'subject', 'hash'], rows));
    });

  audit
    .command('verify')
    .description('recompute every chain and compare the stored bytes with the recorded digests')
    .action(async (_options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const verdict = await withStore(home, terminal, (store) => store.verifyLedger());
      if (verdict.kind === 'broken') {
        if (json) printResult(terminal, json, verdict, '');
        throw new CommandError(`The chain ${verdict.chain} is broken at entry ${verdict.sequence}: ${verdict.reason}`);
      }
      const text = `${verdict.entries} entries in ${verdict.chains} chains: whole.`;
      printResult(terminal, json, verdict, text);
    });
}
