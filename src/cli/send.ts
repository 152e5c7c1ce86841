import { createReadStream } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Command } from 'commander';

import { keep, keptSource } from '../bytes/kept.ts';
import { PIECE } from '../bytes/source.ts';
import { fileSpool } from '../bytes/spool.ts';
import { partnerByShortName, type Home, type Partner } from '../config/home.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { sentInterchanges } from '../exchange/interchange.ts';
import { startOutbox } from '../exchange/outbox.ts';
import { makeMessage } from '../exchange/send.ts';
import { HomeInUse, holdLock } from '../store/lock.ts';
import type { MessageDetail, OutboundMessage, Store } from '../store/store.ts';
import { createLog } from '../telemetry/log.ts';
import { openExchange } from './endpoint.ts';
import { CommandError, fields, note, printResult, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

interface SendOptions {
  readonly subject?: string;
  readonly contentType?: string;
}

export function registerSend(program: Command, terminal: Terminal): void {
  program
    .command('send')
    .description('send a file to a partner, protected as its file says, and show the receipt')
    .argument('<partner>', "partner's short name")
    .argument('<file>', 'what to send; the partner is told its name')
    .option('--subject <text>', "instead of the partner's `send.subject`")
    .option('--content-type <type>', "instead of the partner's `send.contentType`")
    .action(async (partner: string, file: string, _options: unknown, command: Command) => {
      const { home, json, ...options } = optionsOf<SendOptions>(command);
      const sent = await send(partner, file, home, options, terminal);
      printResult(terminal, json, sent, described(sent));
      if (sent.state === 'pending') note(terminal, 'It is tried again while `countersign serve` runs.');
      if (!['delivered', 'awaiting-mdn'].includes(sent.state))
        throw new CommandError(`Not delivered yet: ${sent.detail ?? 'no attempt was made'}`);
    });
}

/** Queues the message; a running server sends it, or, when there is none, this process makes the first attempt. */
async function send(partnerName: string, file: string, directory: string, options: SendOptions, terminal: Terminal) {
  const { exchange, close } = await openExchange(directory, terminal.env, createLog('silent'));
  try {
    const home = exchange.home();
    const { data, outbox } = home.endpoint;
    const partner = partnerByShortName(home, partnerName);
    if (partner === undefined) throw new CommandError(`There is no partners/${partnerName}.yaml.`);
    if (!partner.active) throw new CommandError(`partners/${partnerName}.yaml says \`active: false\`.`);
    const message = await queue(file, options, partner, home, exchange, terminal.now());
    const patienceMs = (partner.send.timeout ?? outbox.timeout) + 10_000;
    return await unlessServed(data, exchange, () => firstOutcome(message.id, exchange.store, patienceMs));
  } finally {
    await close();
  }
}

/** The file is copied once: the store takes over the copy, and whoever changes the file changes nothing that is sent. */
async function queue(
  file: string,
  { contentType, subject }: SendOptions,
  partner: Partner,
  home: Home,
  { store }: Exchange,
  now: Date,
): Promise<OutboundMessage> {
  const { spool, clear } = fileSpool(store.spoolDirectory);
  try {
    const payload = {
      content: await keep(createReadStream(file, { highWaterMark: PIECE }), spool),
      contentType: contentType ?? partner.send.contentType,
      fileName: path.basename(file),
    };
    const interchanges = await sentInterchanges(keptSource(payload.content));
    const message = await makeMessage({ payload, subject, interchanges }, partner, home, now, spool);
    await store.queueOutbound([message]);
    return message;
  } finally {
    clear();
  }
}

/** Runs the outbox meanwhile, unless a server does. */
async function unlessServed<T>(data: string, exchange: Exchange, meanwhile: () => Promise<T>): Promise<T> {
  let letGo: () => void;
  try {
    letGo = holdLock(data);
  } catch (error) {
    if (error instanceof HomeInUse) return meanwhile();
    throw error;
  }
  const outbox = startOutbox(exchange);
  try {
    return await meanwhile();
  } finally {
    await outbox.stop();
    letGo();
  }
}

/** What the first attempt came to: the end of the message, an MDN that will come later, or a pause. */
async function firstOutcome(id: string, store: Store, patienceMs: number): Promise<MessageDetail> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const message = await store.getMessage(id);
    const tried = message?.attempts !== 0 && message?.detail !== undefined;
    const settled = message !== undefined && (message.state !== 'pending' || tried);
    if (settled || (message !== undefined && Date.now() > deadline)) return message;
    await pause(100);
  }
}

function described({ id, messageId, state, disposition, detail }: MessageDetail): string {
  return fields([
    ['id', id],
    ['Message-ID', messageId],
    ['state', state],
    ['disposition', disposition],
    ['detail', detail],
  ]);
}
