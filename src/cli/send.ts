import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Command } from 'commander';

import { partnerByShortName } from '../config/home.ts';
import { makeMessage } from '../exchange/send.ts';
import { HomeInUse, holdLock } from '../store/lock.ts';
import type { MessageDetail, Store } from '../store/store.ts';
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
      if (sent.state === 'pending') note(terminal, 'It is tried again by the next `countersign serve`.');
      if (!['delivered', 'awaiting-mdn'].includes(sent.state))
        throw new CommandError(`Not delivered: ${sent.detail ?? ''}`);
    });
}

/** Queues the message; a running server sends it, or, when there is none, this process makes the first attempt. */
async function send(partnerName: string, file: string, directory: string, options: SendOptions, terminal: Terminal) {
  const { exchange, startWorkers, close } = await openExchange(directory, terminal.env, createLog('silent'));
  try {
    const home = exchange.home();
    const partner = partnerByShortName(home, partnerName);
    if (partner === undefined) throw new CommandError(`There is no partners/${partnerName}.yaml.`);
    const payload = {
      content: await readFile(file),
      contentType: options.contentType ?? partner.send.contentType,
      fileName: path.basename(file),
    };
    const message = await makeMessage({ payload, subject: options.subject }, partner, home, terminal.now());
    await exchange.store.queueOutbound([message]);

    const letGo = lockUnlessServed(home.endpoint.data);
    const workers = letGo && startWorkers();
    const sent = await firstOutcome(message.id, exchange.store);
    await workers?.stop();
    letGo?.();
    return sent;
  } finally {
    await close();
  }
}

function lockUnlessServed(data: string): (() => void) | undefined {
  try {
    return holdLock(data);
  } catch (error) {
    if (error instanceof HomeInUse) return undefined;
    throw error;
  }
}

/** What the first attempt came to: the end of the message, an MDN that will come later, or a pause. */
async function firstOutcome(id: string, store: Store): Promise<MessageDetail> {
  for (;;) {
    const message = await store.getMessage(id);
    const tried = message?.attempts !== 0 && message?.detail !== undefined;
    if (message !== undefined && (message.state !== 'pending' || tried)) return message;
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
