import { randomInt } from 'node:crypto';

import { InvalidArgumentError, Option, type Command } from 'commander';

import { loadHome } from '../config/load.ts';
import { loadScenario } from '../config/scenario.ts';
import { stages, type Stage } from '../ecert/stages.ts';
import type { Party } from '../edifact/interchange.ts';
import { playStep, type Player, type StepResult } from '../exchange/simulation.ts';
import { numbersFrom } from '../exchange/simulation-draft.ts';
import { parseEdifactId } from './init.ts';
import { CommandError, note, printResult, type Terminal } from './output.ts';
import { described, headline, partiesOf, servePlaying } from './playing.ts';
import { optionsOf } from './program.ts';

interface SimulateOptions {
  readonly scenario?: string;
  readonly stage?: Stage;
  readonly as?: Party;
  readonly patience: number;
}

export function registerSimulate(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .description('play a participant against an agency: send what a scenario says, and compare what comes back')
    .argument('<partner>', 'short name of the agency')
    .option('--scenario <file>', 'YAML; the whole checklist when left out')
    .addOption(new Option('--stage <stage>', 'only the steps of this stage').choices(stages))
    .option('--as <id:qualifier>', 'which of our EDIFACT identities; the first when left out', parseEdifactId)
    .option('--patience <seconds>', 'how long to wait for an MDN, and for answers', parseSeconds, 60)
    .action(async (partner: string, _options: unknown, command: Command) => {
      const { home, json, ...options } = optionsOf<SimulateOptions>(command);
      const { results, left } = await simulate(partner, home, options, terminal, json);
      const all = results.length + left;
      const failed = results.filter(({ ok }) => !ok).length;
      const end = `${results.length - failed} of ${all} steps as expected.`;
      printResult(terminal, json, { ok: failed === 0, steps: results, notPlayed: left }, end);
      if (left > 0) throw new CommandError(`${partner} gave no sign: ${left} of ${all} steps were not played.`);
      if (failed > 0) throw new CommandError(`${failed} of ${all} steps were not as expected.`);
    });
}

interface Simulated {
  readonly results: readonly StepResult[];
  /** Steps that were not played. */
  readonly left: number;
}

/** Serves the home for as long as it plays, so that the agency's answers have where to go. */
async function simulate(
  shortName: string,
  directory: string,
  { scenario: file, stage, as, patience }: SimulateOptions,
  terminal: Terminal,
  json: boolean,
): Promise<Simulated> {
  const home = await loadHome(directory, terminal.env, terminal.now());
  const scenario = await loadScenario(file);
  const parts = partiesOf(home, shortName, as);
  const steps = scenario.steps.filter((step) => stage === undefined || step.stage === stage);
  if (steps.length === 0) throw new CommandError(`The scenario has no step of ${stage ?? 'any stage'}.`);

  const { endpoint, exchange, inbox } = await servePlaying(directory, terminal.env);
  try {
    const numbers = numbersFrom(randomInt(1_000_000), scenario, exchange.clock());
    const player: Player = { exchange, inbox, ...parts, scenario, numbers, patience: patience * 1000 };
    note(terminal, `${scenario.name}, against ${parts.partner.as2.url}; answers come to ${endpoint.as2Address}`);
    const results: StepResult[] = [];
    for (const step of steps) {
      const result = await playStep(step, player);
      results.push(result);
      if (!json) terminal.stdout.write(`${headline(result, results.length, terminal)}\n${described(result)}\n`);
      // Each of the others would wait as long, for nothing.
      if (!result.heard) break;
    }
    return { results, left: steps.length - results.length };
  } finally {
    await endpoint.stop();
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError('Give a number of seconds.');
  return seconds;
}
