import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Command } from 'commander';
import { stringify } from 'yaml';

import { loadHome } from '../config/load.ts';
import { createHome } from '../config/scaffold.ts';
import { allFindings, valueOf, type Message } from '../edifact/interchange.ts';
import { readInterchange } from '../edifact/reader.ts';
import { createPost } from '../http/client.ts';
import { issueSelfSigned } from '../pki/issue.ts';
import { createLog } from '../telemetry/log.ts';
import { demoInterchange, type DemoInterchange } from './demo/interchange.ts';
import { startVan, type Answer, type Van } from './demo/van.ts';
import { startEndpoint, type RunningEndpoint } from './endpoint.ts';
import { withStore } from './looking.ts';
import { CommandError, paint, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

interface DemoOptions {
  readonly once: boolean;
}

const edifact = { id: 'USCBP', qualifier: 'ZZZ' };
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
  const say = (text = '') => terminal.stdout.write(`${text}\n`);
  const step = (text: string) => say(`\n${paint(terminal, terminal.stdout, 'bold', text)}`);
  const { post, close: closePost } = createPost();
  const now = terminal.now();

  step('1  A home for the agency, and a network with a key of its own');
  await createHome(directory, { as2Id: 'USCBP-AS2', edifact, keyType: 'rsa-2048', days: 365, now });
  const issued = await issueSelfSigned({ commonName: 'EXAMPLE-VAN', keyType: 'rsa-2048', days: 365, now });
  const [identity] = (await loadHome(directory, terminal.env, now)).endpoint.identities;
  if (identity === undefined) throw new CommandError('The home has no identity.');
  const endpointCertificate = identity.certificate;
  const vanIdentity = { certificate: issued.certificate, privateKey: createPrivateKey(issued.privateKeyPem) };
  const van = await startVan('EXAMPLEVAN', vanIdentity, endpointCertificate, post);
  await writeFile(path.join(directory, 'partners/example.yaml'), partnerFile(van.url, issued.certificate.pem));
  say(`   ${directory}: countersign.yaml, keys/, partners/example.yaml`);

  let endpoint: RunningEndpoint | undefined;
  try {
    endpoint = await startEndpoint(directory, onFreePorts(terminal.env), createLog('warn'));
    step('2  The network pushes four certificates: compressed, signed, encrypted, a signed receipt asked for');
    const sent = demoInterchange(now);
    say(indented(sent.bytes));
    const to = { url: endpoint.as2Address, as2Id: 'USCBP-AS2', certificate: endpointCertificate };
    const { status, mdn, verdict } = await van.send(to, sent.bytes);
    step(`3  The receipt (MDN), HTTP ${status}: its signature, Message-ID and MIC are checked`);
    say(indented(Buffer.from(mdn.report.text)));
    demand(verdict.kind === 'delivered', `the MDN is not good: ${verdict.reason}`);
    say(`   verified: ${verdict.kind}`);

    await showAnswers(van, sent, say, step);

    step('6  What the agency has on file, and its ledger');
    await showRecords(directory, terminal, say);
    say(`\nAll was verified. AS2 ${endpoint.as2Address}, health and metrics ${endpoint.operatorsAddress}/healthz`);
    if (!once) await untilStopped(directory, say);
  } finally {
    await endpoint?.stop();
    await van.close();
    await closePost();
  }
}

/** CONTRL and CUSRES, in whichever order they come. */
async function showAnswers(van: Van, sent: DemoInterchange, say: (text: string) => void, step: (text: string) => void) {
  const answers = [await van.nextAnswer(patience), await van.nextAnswer(patience)];
  const answerOf = (type: string): { answer: Answer; messages: readonly Message[] } => {
    const found = answers
      .map((answer) => ({ answer, interchange: readInterchange(answer.content) }))
      .find(({ interchange }) => interchange.messages[0]?.type === type);
    if (found === undefined) throw new CommandError(`The demonstration failed: no ${type} came.`);
    demand(allFindings(found.interchange).length === 0, `the ${type} has syntax errors`);
    return { answer: found.answer, messages: found.interchange.messages };
  };

  const contrl = answerOf('CONTRL');
  step(`4  CONTRL, over AS2 (${contrl.answer.layers.join(', ')}): the syntax of the interchange is acknowledged`);
  say(indented(contrl.answer.content));

  const cusres = answerOf('CUSRES');
  step(`5  CUSRES, over AS2 (${cusres.answer.layers.join(', ')}): one answer for each certificate`);
  say(indented(cusres.answer.content));
  demand(cusres.messages.length === sent.expected.length, 'there is not one answer for each certificate');
  cusres.messages.forEach(({ segments }, index) => {
    const expected = sent.expected[index];
    const bgm = segments.find(({ tag }) => tag === 'BGM');
    const accepted = bgm !== undefined && valueOf(bgm, 4) === 'AP';
    const codes = segments.filter(({ tag }) => tag === 'ERC').map((segment) => valueOf(segment, 1));
    say(
      `   ${expected?.number ?? ''}  ${accepted ? 'accepted' : `rejected: ${codes.join(', ')}`}  (${expected?.note ?? ''})`,
    );
    demand(accepted === expected?.accepted, `${expected?.number ?? ''} was answered otherwise than it should be`);
  });
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

function partnerFile(url: string, certificatePem: string): string {
  return stringify({
    name: 'Example network',
    as2: { id: 'EXAMPLEVAN', url },
    certificates: [{ pem: certificatePem }],
    edifact: { identities: [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] }] },
  });
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
function indented(bytes: Buffer): string {
  const lines = bytes
    .toString('latin1')
    .replace(/(?<!\?)'(?:\r\n)?/g, "'\n")
    .trimEnd()
    .split('\n');
  return lines.map((line) => `   ${line.trimEnd()}`).join('\n');
}
