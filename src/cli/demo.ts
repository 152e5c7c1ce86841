import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Command } from 'commander';
import { stringify } from 'yaml';

import { gathered } from '../bytes/source.ts';
import { createHome } from '../config/scaffold.ts';
import { DEMO_SCENARIO, loadScenario } from '../config/scenario.ts';
import { playStep } from '../exchange/simulation.ts';
import { numbersFrom } from '../exchange/simulation-draft.ts';
import type { Store } from '../store/store.ts';
import { createLog } from '../telemetry/log.ts';
import { startEndpoint } from './endpoint.ts';
import { withStore } from './looking.ts';
import { CommandError, paint, type Terminal } from './output.ts';
import { described, partiesOf, servePlaying, type PlayingHome } from './playing.ts';
import { optionsOf } from './program.ts';

interface DemoOptions {
  readonly once: boolean;
}

type Say = (text?: string) => void;

/** The two sides: AS2 name, EDIFACT identity, and the countries that it speaks for. */
const agencySide = { as2Id: 'USCBP-AS2', edifact: { id: 'USCBP', qualifier: 'ZZZ' }, countries: ['US'] };
const networkSide = { as2Id: 'EXAMPLEVAN', edifact: { id: 'AUDAFF', qualifier: 'ZZZ' }, countries: ['AU'] };
const patience = 30_000;

export function registerDemo(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .description('a whole exchange on this machine, in a temporary home, between an agency and a network')
    .option('--once', 'end when all was verified, instead of staying up', false)
    .action(async (_options: unknown, command: Command) => {
      const { once } = optionsOf<DemoOptions>(command);
      const directory = await mkdtemp(path.join(tmpdir(), 'countersign-demo-'));
      try {
        await demonstrate(directory, once, terminal);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
}

async function demonstrate(directory: string, once: boolean, terminal: Terminal): Promise<void> {
  const say: Say = (text = '') => terminal.stdout.write(`${text}\n`);
  const step: Say = (text = '') => say(`\n${paint(terminal, terminal.stdout, 'bold', text)}`);
  const [agencyHome, networkHome] = [path.join(directory, 'agency'), path.join(directory, 'network')];
  const env = onFreePorts(terminal.env);

  step('1  A home for the agency, and one for a network, each with a key of its own');
  const usual = { keyType: 'rsa-2048', days: 365, now: terminal.now() } as const;
  await createHome(agencyHome, { ...agencySide, ...usual });
  await createHome(networkHome, { ...networkSide, ...usual });
  say(`   ${directory}/agency and /network: countersign.yaml, keys/, partners/`);

  const agency = await startEndpoint(agencyHome, env, createLog('warn'));
  let network: PlayingHome | undefined;
  try {
    await addPartner(networkHome, 'agency', agencySide, agencyHome, agency.as2Address);
    network = await servePlaying(networkHome, env);
    await addPartner(agencyHome, 'example', networkSide, networkHome, network.endpoint.as2Address);
    await agency.reload();

    await exchange(network, say, step);
    step('6  What the agency has on file, and its ledger');
    await showRecords(agencyHome, terminal, say);
    say(`\nAll was verified. AS2 ${agency.as2Address}, health and metrics ${agency.operatorsAddress}/healthz`);
    if (!once) await untilStopped(agencyHome, say);
  } finally {
    await network?.endpoint.stop();
    await agency.stop();
  }
}

/** Plays the scenario, and shows what went and what came as the network has it. */
async function exchange({ exchange: network, inbox }: PlayingHome, say: Say, step: Say): Promise<void> {
  const scenario = await loadScenario(DEMO_SCENARIO);
  const numbers = numbersFrom(123, scenario, network.clock());
  const player = { exchange: network, inbox, ...partiesOf(network.home(), 'agency'), scenario, numbers, patience };
  const { store } = network;
  for (const each of scenario.steps) {
    const result = await playStep(each, player);
    step('2  The network pushes four certificates: signed, encrypted, a signed receipt asked for');
    say(await payloadOf(store, result.message));
    step('3  The receipt (MDN): its signature, Message-ID and MIC are checked');
    const receipt = (await store.getMessage(result.message))?.mdns[0];
    say(indented((receipt && (await store.getMdn(receipt.id)))?.text ?? ''));
    for (const [type, title] of answerTitles) {
      const answer = inbox.arrived.find(({ interchange }) => interchange.messages[0]?.type === type);
      demand(answer !== undefined, `no ${type} came`);
      step(title);
      if (answer !== undefined) say(await payloadOf(store, answer.message));
    }
    say(described(result));
    demand(result.ok, 'something was answered otherwise than it should be');
  }
}

const answerTitles = [
  ['CONTRL', '4  CONTRL, over AS2: the syntax of the interchange is acknowledged'],
  ['CUSRES', '5  CUSRES, over AS2: one answer for each certificate'],
] as const;

async function payloadOf(store: Store, id: string): Promise<string> {
  const payload = await store.getContent(id, 'payload');
  return payload === undefined ? '' : indented((await gathered(payload)).toString('latin1'));
}

async function showRecords(directory: string, terminal: Terminal, say: (text: string) => void): Promise<void> {
  await withStore(directory, terminal, async (store) => {
    for (const { number, state, country, programme } of await store.listCertificates({})) {
      say(`   ${number}  ${state}  ${country}  ${programme}`);
    }
    const verdict = await store.verifyLedger();
    demand(verdict.kind === 'whole', 'the ledger is broken');
    if (verdict.kind === 'whole') say(`   ledger: ${verdict.entries} entries in ${verdict.chains} chains, whole`);
  });
}

/** Ports that are free, whatever else runs on this machine. */
function onFreePorts(env: Terminal['env']): Terminal['env'] {
  const free = { COUNTERSIGN_LISTEN_PORT: '0', COUNTERSIGN_OPERATORS_PORT: '0' };
  return { ...env, ...free, COUNTERSIGN_LISTEN_HOST: '127.0.0.1', COUNTERSIGN_LOG_LEVEL: 'warn' };
}

/** Tells the home of one side of the other. */
async function addPartner(home: string, name: string, side: typeof agencySide, itsHome: string, url: string) {
  const file = {
    as2: { id: side.as2Id, url },
    certificates: [{ pem: await readFile(path.join(itsHome, 'keys/endpoint.cert.pem'), 'utf8') }],
    edifact: { identities: [{ ...side.edifact, countries: side.countries }] },
  };
  await writeFile(path.join(home, `partners/${name}.yaml`), stringify({ name, ...file }));
}

async function untilStopped(directory: string, say: (text: string) => void): Promise<void> {
  say(`Look around with: npx countersign --home ${directory} message list`);
  say('Ctrl-C ends it and removes the home.');
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

/** @throws CommandError, which makes the exit status 1 */
function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new CommandError(`The demonstration failed: ${otherwise}.`);
}

/** An interchange with a segment a line, or a text, set in. */
function indented(text: string): string {
  const lines = text
    .replace(/(?<!\?)'(?:\r\n)?/g, "'\n")
    .trimEnd()
    .split('\n');
  return lines.map((line) => `   ${line.trimEnd()}`).join('\n');
}
