import type { Command } from 'commander';
import type { Mismatch } from '../ecert/reference.ts';
import { makeClaim, readClaim, reverseClaim } from '../exchange/claims.ts';
import type { ClaimFilter, ClaimRecord } from '../store/claim-record.ts';
import { instant, wholeNumber, withPageOptions, withStore, type PageOptions } from './looking.ts';
import { CommandError, fields, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';
import { withRegister } from './register.ts';

interface ClaimOptions {
  readonly entry: string;
  readonly line: number;
  readonly entryVersion?: number;
}

export function registerClaim(ecert: Command, terminal: Terminal): void {
  ecert
    .command('claim')
    .description('draw on a certificate for a line of an entry; exit status 1 when they do not match')
    .requiredOption('--entry <number>', 'entry number, such as ABC-1234567-8')
    .requiredOption('--line <n>', 'line of the entry', wholeNumber)
    .requiredOption('--number <number>', 'certificate number')
    .requiredOption('--country <code>', 'country of origin, ISO 3166')
    .requiredOption('--hts <digits>', 'HTS number: 6, 8 or 10 digits')
    .requiredOption('--unit <code>', 'unit of quantity')
    .requiredOption('--quantity <n>', 'a whole number', wholeNumber)
    .requiredOption('--importer <number>', 'importer of record number')
    .requiredOption('--date <day>', 'day of entry, such as 2026-11-02')
    .option('--entry-version <n>', 'of the entry line, to claim once more what was reversed', wholeNumber)
    .action(async (_options: unknown, command: Command) => {
      const { home, json, entryVersion, ...claim } = optionsOf<ClaimOptions>(command);
      const outcome = await withRegister(home, terminal, (register) =>
        makeClaim(readClaim(claim, register.reference), register, entryVersion),
      );
      if (outcome.kind === 'not-matched') {
        const { kind: release, mismatches } = outcome;
        printResult(terminal, json, { release, mismatches }, mismatchTable(mismatches));
        throw new CommandError('Not matched: nothing is drawn on the certificate.');
      }
      const { kind: release, repeated, remaining, record } = outcome;
      const text = `Matched${repeated ? ', as before' : ''}. Remaining: ${remaining} ${record.unit} of ${record.hts}.`;
      printResult(terminal, json, { release, repeated, remaining, claim: record }, text);
    });

  ecert
    .command('reverse')
    .description('give back what a line of an entry drew')
    .argument('<entry>', 'entry number')
    .argument('<line>', 'line of the entry', wholeNumber)
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--entry-version <n>', 'reverse this version of the entry line, and no later one', wholeNumber)
    .action(async (entry: string, entryLine: number, _options: unknown, command: Command) => {
      const { home, json, reason, entryVersion } = optionsOf<{
        readonly reason: string;
        readonly entryVersion?: number;
      }>(command);
      const record = await withRegister(home, terminal, (register) =>
        reverseClaim({ entry, entryLine }, reason, register, entryVersion),
      );
      printResult(terminal, json, record, described(record));
    });

  withPageOptions(ecert.command('claims').description('list claims and reversals, newest first'))
    .option('--number <number>', 'on this certificate')
    .option('--entry <number>', 'of this entry')
    .action(async (_options: unknown, command: Command) => {
      const { home, json, ...filter } = optionsOf<PageOptions & Pick<ClaimFilter, 'number' | 'entry'>>(command);
      const claims = await withStore(home, terminal, (store) => store.listClaims(filter));
      printResult(terminal, json, claims, claimTable(claims));
    });
}

function mismatchTable(mismatches: readonly Mismatch[]): string {
  return table(
    ['code', 'element', 'text'],
    mismatches.map(({ code, element, text }) => [code, element, text]),
  );
}

function claimTable(claims: readonly ClaimRecord[]): string {
  return table(
    ['at', 'environment', 'entry', 'line', 'version', 'kind', 'certificate', 'hts', 'quantity', 'unit'],
    claims.map((claim) => [
      instant(claim.changedAt),
      claim.environment,
      claim.entry,
      String(claim.entryLine),
      String(claim.version),
      claim.kind,
      claim.number,
      claim.hts,
      String(claim.quantity),
      claim.unit,
    ]),
  );
}

function described(claim: ClaimRecord): string {
  return fields([
    ['entry', claim.entry],
    ['line', String(claim.entryLine)],
    ['version', String(claim.version)],
    ['kind', claim.kind],
    ['certificate', claim.number],
    ['quantity', `${claim.quantity} ${claim.unit} of ${claim.hts}`],
    ['at', claim.changedAt.toISOString()],
    ['reason', claim.reason],
  ]);
}
