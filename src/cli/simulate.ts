import { randomInt } from 'node:crypto';

import { InvalidArgumentError, Option, type Command } from 'commander';

import { partnerByShortName, type Home, type Partner } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { loadScenario } from '../config/scenario.ts';
import { stages, type Stage } from '../ecert/stages.ts';
import type { Party } from '../edifact/interchange.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { playStep, type Player, type StepResult } from '../exchange/simulation.ts';
import { numbersFrom } from '../exchange/simulation-draft.ts';
import { openInbox } from '../exchange/simulation-inbox.ts';
import { createLog } from '../telemetry/log.ts';
import { startEndpoint } from './endpoint.ts';
import { parseEdifactId } from './init.ts';
import { CommandError, note, paint, printable, printResult, type Terminal } from './output.ts';
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

  const inbox = openInbox();
  let exchange: Exchange | undefined;
  const env = { COUNTERSIGN_LOG_LEVEL: 'error', ...terminal.env, COUNTERSIGN_OPERATORS_PORT: '0' };
  const endpoint = await startEndpoint(directory, env, createLog('error'), (opened) => {
    exchange = opened;
    return inbox.start(opened);
  });
  try {
    if (exchange === undefined) throw new CommandError('The home is not served.');
    const numbers = numbersFrom(randomInt(1_000_000), scenario, exchange.clock());
    const player: Player = { exchange, inbox, ...parts, scenario, numbers, patience: patience * 1000 };
    note(terminal, `${scenario.name}, against ${parts.partner.as2.url}; answers come to ${endpoint.as2Address}`);
    const results: StepResult[] = [];
    for (const step of steps) {
      const result = await playStep(step, player);
      results.push(result);
      if (!json) terminal.stdout.write(`${described(result, results.length, terminal)}\n`);
      // Each of the others would wait as long, for nothing.
      if (!result.heard) break;
    }
    return { results, left: steps.length - results.length };
  } finally {
    await endpoint.stop();
  }
}

function partiesOf(
  home: Home,
  shortName: string,
  as: Party | undefined,
): Pick<Player, 'partner' | 'sender' | 'recipient'> {
  const partner = activePartner(home, shortName);
  const own = home.endpoint.edifact.identities;
  const sender =
    as === undefined ? own[0] : own.find(({ id, qualifier }) => id === as.id && qualifier === as.qualifier);
  if (sender === undefined) throw new CommandError('--as names none of `edifact.identities` in countersign.yaml.');
  const [recipient] = partner.edifact.identities;
  if (recipient === undefined) throw new CommandError(`partners/${shortName}.yaml has no \`edifact.identities\`.`);
  return { partner, sender, recipient };
}

function activePartner(home: Home, shortName: string): Partner {
  const partner = partnerByShortName(home, shortName);
  if (partner?.active === true) return partner;
  throw new CommandError(`There is no active partner ${shortName}. \`countersign partner list\` shows those that are.`);
}

function described({ step, ok, checks, took }: StepResult, count: number, terminal: Terminal): string {
  const verdict = ok
    ? paint(terminal, terminal.stdout, 'green', 'ok')
    : paint(terminal, terminal.stdout, 'red', 'NOT OK');
  const lines = checks.map(({ what, expected, got, ok: good }) =>
    printable(`      ${good ? ' ' : '!'} ${what}: ${got}${good ? '' : `, expected ${expected}`}`),
  );
  return [`${String(count).padStart(3)}  ${verdict}  ${printable(step)} (${took} ms)`, ...lines].join('\n');
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError('Give a number of seconds.');
  return seconds;
}
