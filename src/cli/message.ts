import { Option, type Command } from 'commander';

import { formatHeaders } from '../mime/headers.ts';
import type { MessageDetail, MessageFilter, MessageSummary } from '../store/store.ts';
import { instant, outcome, withPageOptions, withStore, type PageOptions } from './looking.ts';
import { CommandError, fields, note, printBytes, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

type ListOptions = PageOptions & Pick<MessageFilter, 'direction' | 'state' | 'contrl'>;

export function registerMessage(program: Command, terminal: Terminal): void {
  const message = program.command('message').description('messages received and sent');

  withPageOptions(message.command('list').description('list them, newest first'))
    .addOption(new Option('--direction <way>', 'in or out').choices(['in', 'out']))
    .addOption(
      new Option(
        '--state <state>',
        'accepted, answered, unreadable, stuck, refused; pending, awaiting-mdn, delivered, failed',
      ).choices([
        'accepted',
        'answered',
        'unreadable',
        'stuck',
        'refused',
        'pending',
        'awaiting-mdn',
        'delivered',
        'failed',
      ]),
    )
    .addOption(
      new Option('--contrl <outcome>', "what the partner's CONTRL said of it").choices([
        'received',
        'acknowledged',
        'partly-rejected',
        'rejected',
      ]),
    )
    .action(async (_options: unknown, command: Command) => {
      const { home, json, ...filter } = optionsOf<ListOptions>(command);
      const messages = await withStore(home, terminal, (store) => store.listMessages(filter));
      printResult(terminal, json, messages, listing(messages));
    });

  message
    .command('show')
    .description('everything about one')
    .argument('<id>', 'our id, or the AS2 Message-ID')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const found = await withStore(home, terminal, (store) => store.getMessage(id));
      if (found === undefined) throw new CommandError(`There is no message ${id}.`);
      printResult(terminal, json, found, described(found));
    });

  message
    .command('raw')
    .description('its bytes on stdout: the HTTP body as it was received or sent')
    .argument('<id>', 'our id, or the AS2 Message-ID')
    .option('--headers', 'with the HTTP headers before them', false)
    .option('--payload', 'the payload instead, decrypted and decompressed', false)
    .action(async (id: string, _options: unknown, command: Command) => {
      const { home, headers, payload } = optionsOf<{ readonly headers: boolean; readonly payload: boolean }>(command);
      await withStore(home, terminal, async (store) => {
        const message = await store.getMessage(id);
        const content = await store.getContent(id, payload ? 'payload' : 'raw');
        if (message === undefined || content === undefined)
          throw new CommandError(`There is no ${payload ? 'payload of a ' : ''}message ${id}.`);
        if (headers) terminal.stdout.write(formatHeaders(message.headers));
        await printBytes(terminal, content.stream?.() ?? content.pieces());
      });
    });

  message
    .command('resend')
    .description('send it again, same Message-ID and bytes; or work again on a received one that is stuck')
    .argument('<id>', 'our id, or the AS2 Message-ID')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const outcome = await withStore(home, terminal, async (store) => {
        const message = await store.getMessage(id);
        return store.resend(message?.id ?? id, terminal.now());
      });
      if (outcome === 'not-found') throw new CommandError(`There is no message ${id}.`);
      if (outcome === 'nothing-to-do') throw new CommandError(`Message ${id} was received, and is not stuck.`);
      printResult(terminal, json, { id, outcome }, `${id} is queued.`);
      note(terminal, 'A running server takes it up within seconds.');
    });
}

function listing(messages: readonly MessageSummary[]): string {
  return table(
    ['id', 'at', 'way', 'partner', 'state', 'contrl', 'size', 'subject', 'disposition'],
    messages.map(({ id, at, direction, partner = '-', state, contrl = '', size, subject = '', disposition }) => [
      id,
      instant(at),
      direction,
      partner,
      state,
      contrl,
      String(size),
      subject,
      outcome(disposition),
    ]),
  );
}

function described(message: MessageDetail): string {
  return fields([
    ['id', message.id],
    ['direction', message.direction],
    ['at', message.at.toISOString()],
    ['environment', message.environment],
    ['partner', message.partner],
    ['AS2-From', message.as2From],
    ['AS2-To', message.as2To],
    ['Message-ID', message.messageId],
    ['subject', message.subject],
    ['state', message.state],
    ['disposition', message.disposition],
    ...message.acknowledgements.map(({ at, reference, outcome, detail, messageId }) => {
      const why = detail === undefined ? '' : `: ${detail}`;
      return ['CONTRL', `${at.toISOString()}  ${reference} ${outcome}${why} (in ${messageId})`] as const;
    }),
    ['detail', message.detail],
    ['remote', message.remote],
    ['signer', message.signer && `${message.signer.subject} (${message.signer.fingerprint})`],
    ['MIC', message.mic],
    ['security', JSON.stringify(message.facts)],
    ['content type', message.contentType],
    ['file name', message.fileName],
    ['size', String(message.size)],
    ['SHA-256, raw', message.rawSha256],
    ['SHA-256, payload', message.payloadSha256],
    ['answers', message.answers],
    ['answered by', message.answeredBy.join(' ') || undefined],
    ['attempts', message.direction === 'out' ? String(message.attempts) : undefined],
    ['next attempt', message.nextAttemptAt?.toISOString()],
    ...message.mdns.map(({ direction, at, state, disposition }) => {
      const way = direction === 'in' ? 'MDN received' : 'MDN sent';
      return [way, `${at.toISOString()}  ${state}  ${disposition ?? ''}`] as const;
    }),
  ]);
}
