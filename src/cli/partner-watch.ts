import type { Command } from 'commander';

import { watch, type Watched } from '../exchange/onboarding.ts';
import type { EcertReference } from '../ecert/reference.ts';
import { instant, parseEnd, parseInstant } from './looking.ts';
import { UsageError, fields, printResult, table, type Terminal } from './output.ts';
import { inOffice, onlyOne } from './partner-office.ts';
import { optionsOf } from './program.ts';

interface WatchOptions {
  readonly since?: Date;
  readonly until?: Date;
}

/** `partner watch`: the first days in production, or any other time. */
export function registerPartnerWatch(partner: Command, terminal: Terminal): void {
  partner
    .command('watch')
    .description('how a participant fares: messages, errors, corrections, retransmissions, late MDNs')
    .argument('<short-name>')
    .argument('[participant]', 'needed where the partner speaks for several')
    .option(
      '--since <date>',
      'from this day or instant on, UTC; from the first of production when left out',
      parseInstant,
    )
    .option('--until <date>', 'up to this day (included) or instant, UTC', parseEnd)
    .action(async (name: string, participant: string | undefined, _options: unknown, command: Command) => {
      const { home, json, since, until } = optionsOf<WatchOptions>(command);
      if (since !== undefined && until !== undefined && until <= since)
        throw new UsageError('--until is before --since.');
      await inOffice({ home, partner: name, participant }, terminal, async (found, office) => {
        const one = onlyOne(found);
        const watched = await watch(one, office, { since, until });
        const value = { partner: name, participant: one.name, ...watched };
        printResult(terminal, json, value, described(one.name, watched, office.reference));
      });
    });
}

function described(name: string, { standing, since, until, report }: Watched, reference: EcertReference): string {
  const { requests, corrections, retransmissions, receipts, errors } = report;
  const texts = new Map([...reference.errors.byRule.values()].map(({ code, text }) => [code, text]));
  const facts = fields([
    ['participant', name],
    ['stage', standing.stage],
    ['time', `${instant(since)} to ${instant(until)} UTC`],
    ['messages', `${report.received} received, ${report.refused} refused, ${report.sent} sent`],
    ['interchanges', String(report.interchanges)],
    ['requests', `${requests.accepted} accepted, ${requests.rejected} rejected, ${requests.unanswered} unanswered`],
    ['corrections', `${corrections.corrected} corrected, ${corrections.open} open`],
    ['time to correct', timeOf(corrections)],
    ['sent again', `${retransmissions.theirs} by them, ${retransmissions.ours} by us`],
    ['references reused', String(retransmissions.reused)],
    ['MDNs for ours', `${receipts.late} late, ${receipts.missing} missing, ${receipts.refused} refused`],
  ]);
  if (errors.length === 0) return facts;
  const rows = errors.map(({ of, code, count }) => [
    code,
    String(count),
    of === 'request' ? (texts.get(code) ?? '') : of,
  ]);
  return `${facts}\n\n${table(['error', 'count', 'text'], rows)}`;
}

function timeOf({ median, longest }: Watched['report']['corrections']): string | undefined {
  return median === undefined || longest === undefined
    ? undefined
    : `${span(median)} in the middle, ${span(longest)} at most`;
}

/** `3 h 20 min`, or seconds below a minute. */
function span(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes === 0) return `${Math.round(milliseconds / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}
