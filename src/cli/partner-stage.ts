import { Option, type Command } from 'commander';

import type { ChecklistItem } from '../ecert/checklist.ts';
import { stages, type Stage, type StageStanding } from '../ecert/stages.ts';
import { type Decider, type Office, progressOf, promote, setBack, signOff, stageIn } from '../exchange/onboarding.ts';
import type { Participant } from '../exchange/participant.ts';
import { instant, parseInstant } from './looking.ts';
import { day, printResult, table, UsageError, type Terminal } from './output.ts';
import { deciderOf, inOffice, onlyOne, withDecider } from './partner-office.ts';
import { optionsOf } from './program.ts';

interface StageOptions extends Partial<Decider> {
  readonly set?: Stage;
}

interface TestHomeOption {
  readonly testHome?: string;
}

const testHomeOption = () => new Option('--test-home <dir>', 'the home where the test was, when it is another');

/** The way into production: `partner stage`, `checklist`, `sign-off`, `promote`. */
export function registerPartnerStage(partner: Command, terminal: Terminal): void {
  partner
    .command('stage')
    .description('where participants are on their way into production, or set one back')
    .argument('[short-name]', 'all partners when left out')
    .argument('[participant]', 'EDIFACT identity such as AUDAFF:ZZZ')
    .addOption(new Option('--set <stage>', 'the stage that it is in, anew, or one before').choices(stages))
    .option('--by <name>', 'who decides')
    .option('--note <text>', 'what they have to say')
    .action(async (name: string | undefined, participant: string | undefined, _options: unknown, command: Command) => {
      const { home, json, set, by = '', note } = optionsOf<StageOptions>(command);
      const wanted = { home, partner: name, participant };
      await inOffice(wanted, terminal, async (found, office) => {
        if (set !== undefined) await setBack(onlyOne(found), office, set, deciderOf({ by, note }));
        else if (by !== '' || note !== undefined) throw new UsageError('--by and --note go with --set.');
        const rows = [];
        for (const one of found) rows.push(await rowOf(one, office));
        const head = ['partner', 'participant', 'stage', 'since', 'next', 'signed off'];
        printResult(terminal, json, rows.map(valueOf), table(head, rows.map(cellsOf)));
      });
    });

  partner
    .command('checklist')
    .description('what a participant must have shown before it goes on, by what was really exchanged')
    .argument('<short-name>')
    .argument('[participant]', 'needed where the partner speaks for several')
    .addOption(testHomeOption())
    .action(async (name: string, participant: string | undefined, _options: unknown, command: Command) => {
      const { home, json, testHome } = optionsOf<TestHomeOption>(command);
      await inOffice({ home, partner: name, participant, testHome }, terminal, async (found, office) => {
        const one = onlyOne(found);
        const progress = await progressOf(one, office);
        const { standing, next = 'nothing', checklist } = progress;
        const left = checklist.filter(({ done }) => !done).length;
        const end = left === 0 ? `Nothing is missing for ${next}.` : `${left} of ${checklist.length} missing.`;
        const text = `${one.name} is in ${standing.stage}.\n\n${checklistTable(checklist)}\n\n${end}`;
        printResult(terminal, json, { partner: name, participant: one.name, ...progress }, text);
      });
    });

  withDecider(partner.command('sign-off'))
    .description('say that the application test was good; refused while anything else is missing')
    .argument('<short-name>')
    .argument('[participant]', 'needed where the partner speaks for several')
    .action(async (name: string, participant: string | undefined, _options: unknown, command: Command) => {
      const { home, json, by, note } = optionsOf<Decider>(command);
      await inOffice({ home, partner: name, participant }, terminal, async (found, office) => {
        const one = onlyOne(found);
        await signOff(one, office, deciderOf({ by, note }));
        const signed = { partner: name, participant: one.name, signedOff: office.now, by };
        printResult(terminal, json, signed, `The test of ${one.name} is signed off by ${by}.`);
      });
    });

  withDecider(partner.command('promote'))
    .description('let a participant into its next stage; refused while anything is missing')
    .argument('<short-name>')
    .argument('[participant]', 'needed where the partner speaks for several')
    .option('--from <date>', 'first day or instant of production, UTC; now when left out', parseInstant)
    .addOption(testHomeOption())
    .action(async (name: string, participant: string | undefined, _options: unknown, command: Command) => {
      const { home, json, by, note, from, testHome } = optionsOf<Decider & TestHomeOption & { from?: Date }>(command);
      await inOffice({ home, partner: name, participant, testHome }, terminal, async (found, office) => {
        const one = onlyOne(found);
        const stage = await promote(one, office, deciderOf({ by, note }), from);
        const since = from ?? office.now;
        const text = `${one.name} is in ${stage} from ${instant(since)} UTC on.`;
        printResult(terminal, json, { partner: name, participant: one.name, stage, from: since, by }, text);
      });
    });
}

interface Row {
  readonly participant: Participant;
  readonly standing: StageStanding;
}

async function rowOf(participant: Participant, { store, environment, reference, now }: Office): Promise<Row> {
  return { participant, standing: await stageIn(participant, store, environment, reference, now) };
}

function valueOf({ participant: { partner, name }, standing }: Row) {
  return { partner: partner.shortName, participant: name, ...standing };
}

function cellsOf({ participant: { partner, name }, standing }: Row): string[] {
  const { stage, since, coming, watchedUntil, signedOff } = standing;
  const next = coming ? `production from ${day(coming)}` : watchedUntil ? `watched until ${day(watchedUntil)}` : '';
  const signed = signedOff ? `${day(signedOff.at)} ${signedOff.by}` : '';
  return [partner.shortName, name, stage, since ? instant(since) : 'by its file', next, signed];
}

function checklistTable(items: readonly ChecklistItem[]): string {
  return table(
    ['', 'item', 'at', 'shown by', 'what'],
    items.map(({ item, text, done, at, evidence = '' }) => [
      done ? 'done' : 'MISSING',
      item,
      at ? instant(at) : '',
      evidence,
      text,
    ]),
  );
}
