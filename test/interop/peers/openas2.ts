import { copyFile, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

import { until } from '../../support/until.ts';
import { receiptOf } from '../case.ts';
import { startChild, type Child } from '../child.ts';
import { mavenJars } from '../fetch.ts';
import type { Account, Agreement, PeerSystem, RunningPeer, Setting } from '../peer.ts';
import { places, sendingName, writeConfig } from './openas2-config.ts';
import { differences } from './openas2-differences.ts';
import { followLog, type MessageLog } from './openas2-log.ts';

const VERSION = '2.10.1';

export const openas2: PeerSystem = {
  name: 'openas2',
  title: 'OpenAS2',
  lanes: 6,
  differences,
  async fetch(folder) {
    await mavenJars(folder, [{ group: 'net.sf.openas2', artifact: 'openas2-server', version: VERSION }]);
    return VERSION;
  },
  urlAt: (port) => `http://127.0.0.1:${port}/`,
  async start(setting) {
    const server = await startOpenAs2(setting);
    const log = await followLog(path.join(setting.folder, 'output.log'));
    const agreements = new Map(setting.agreements.map((each) => [each.case.number, each]));
    const { folder } = setting;
    return {
      group: server.pid,
      send: (number, file) => send(folder, agreements.get(number)!, file, log),
      received: (_, messageId) => received(folder, messageId, log),
      async stop() {
        await server.stop();
        await log.close();
      },
    } satisfies RunningPeer;
  },
};

/** Configures and starts the server as its own start script does. */
async function startOpenAs2(setting: Setting): Promise<Child> {
  const { fetched, folder, port, port2 } = setting;
  await writeConfig(setting);
  const options = [
    '-Dorg.apache.commons.logging.Log=org.openas2.logging.Log',
    `-Dopenas2.config.file=${places.config(folder)}`,
    // Says what MIC it expects in an MDN; nothing of what it receives is told in more words.
    '-Dlogging.level.override.AS2Util=trace',
  ];
  const lib = path.join(fetched, 'lib');
  // The index in OpenAS2's own jar hides the mail handlers of another, if that isn't opened before; `lib/*` alone comes in
  // the order of the directory, and without them no unsigned MDN can be written.
  const mail = (await readdir(lib)).filter((each) => each.startsWith('javax.mail-'));
  const classPath = [...mail, '*'].map((each) => path.join(lib, each)).join(':');
  return startChild('java', ['-cp', classPath, ...options, 'org.openas2.app.OpenAS2Server'], {
    folder,
    // File names that are not ASCII.
    environment: { LC_ALL: 'C.UTF-8' },
    ready: [port, port2].map((each) => `http://127.0.0.1:${each}/healthcheck`),
  });
}

/** Moves a file into the outbox of its partnership. */
async function send(
  folder: string,
  { case: each, peer, us }: Agreement,
  file: string,
  log: MessageLog,
): Promise<Account> {
  const name = path.basename(file);
  const outbox = places.outbox(folder, each.number);
  const moved = path.join(folder, `${each.number}-${name}`);
  await copyFile(file, moved);
  await rename(moved, path.join(outbox, name));
  // No other case has this sender.
  const tail = `@${sendingName(peer.as2Id)}_${sendingName(us.as2Id)}>`;
  const messageId = await until('OpenAS2 takes the file', () => log.idEnding(tail), 20_000);
  const { mode } = receiptOf(each);
  const done = mode === 'none' ? 'Message sent and response received' : 'Message sent and MDN received successfully';
  const entries = await until(
    'OpenAS2 is done with the message',
    async () => {
      const about = await log.about(messageId);
      return about.some((entry) => entry.includes(done) || entry.includes('/outbox-error/')) ? about : undefined;
    },
    30_000,
  );
  const ended = entries.some((entry) => entry.includes(done));
  const mdn = await read(places.mdn(folder, messageId));
  return {
    // One that it could not make has an id as well, and never left.
    messageId: entries.some((entry) => entry.includes('Connecting to')) ? messageId : undefined,
    status: !ended ? 'failed' : mode === 'none' ? 'none' : 'processed',
    mic: find(entries, /calculated MIC: (\S+),/),
    disposition: find(entries, /received MDN \[(.*?)\]/),
    // It verifies whatever MDN comes with a signature, and keeps it then.
    mdnSigned: mdn === '' ? undefined : /^content-type: *multipart\/signed/im.test(mdn),
    told: tellingOf(entries),
  };
}

async function received(folder: string, messageId: string, log: MessageLog): Promise<Account | undefined> {
  const entries = await log.about(messageId);
  if (!entries.some((line) => /Sent MDN \[|no MDN requested|Unexpected error occurred/.test(line))) return undefined;
  const disposition = find(entries, /Sent MDN \[(.*?)\]/);
  const stored = await readdir(places.inbox(folder, messageId)).catch(() => []);
  const good = disposition === undefined ? 'none' : /processed$/.test(disposition) ? 'processed' : 'failed';
  return {
    messageId,
    status: entries.some((line) => line.includes('Unexpected error')) ? 'failed' : good,
    mic: find([await read(places.mdn(folder, messageId))], /^MIC: (\S+),/m),
    disposition,
    fileName: stored[0],
    stored: entries.filter((entry) => entry.includes('stored message to')).length,
    payloadFile: stored[0] && path.join(places.inbox(folder, messageId), stored[0]),
    told: tellingOf(entries),
  };
}

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
const find = (texts: readonly string[], pattern: RegExp): string | undefined =>
  texts.map((text) => pattern.exec(text)?.[1]).find((each) => each !== undefined);

/** What went wrong, else what it did last. */
function tellingOf(entries: readonly string[]): string {
  const wrong = entries.filter((entry) => /^(ERROR|WARN)/.test(entry));
  return (wrong.length > 0 ? wrong : entries.slice(-1)).join(' | ').slice(0, 1_000);
}
