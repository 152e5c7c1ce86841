import { Option, type Command } from 'commander';

import { formatHeaders } from '../mime/headers.ts';
import type { MdnDetail, MdnFilter, MdnSummary } from '../store/mdn-view.ts';
import { instant, outcome, withPageOptions, withStore, type PageOptions } from './looking.ts';
import { CommandError, fields, printResult, table, type Terminal } from './output.ts';
import { optionsOf } from './program.ts';

type ListOptions = PageOptions & Pick<MdnFilter, 'direction' | 'state'>;

export function registerMdn(program: Command, terminal: Terminal): void {
  const mdn = program.command('mdn').description('receipts (MDN) sent and received');

  withPageOptions(mdn.command('list').description('list them, newest first'))
    .addOption(new Option('--direction <way>', 'in or out').choices(['in', 'out']))
    .addOption(
      new Option(
        '--state <state>',
        'sent: sent, pending, delivered, failed; received: delivered, refused, invalid',
      ).choices(['sent', 'pending', 'delivered', 'failed', 'refused', 'invalid']),
    )
    .action(async (_options: unknown, command: Command) => {
      const { home, json, ...filter } = optionsOf<ListOptions>(command);
      const mdns = await withStore(home, terminal, (store) => store.listMdns(filter));
      printResult(terminal, json, mdns, listing(mdns));
    });

  mdn
    .command('show')
    .description('everything about one')
    .argument('<id>', 'our id of the MDN')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const found = await findMdn(id, home, terminal);
      const { body, ...rest } = found;
      printResult(terminal, json, { ...rest, body: body.toString('base64') }, described(found));
    });

  mdn
    .command('raw')
    .description('its headers and body on stdout, as they were sent or received')
    .argument('<id>', 'our id of the MDN')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { headers, body } = await findMdn(id, optionsOf(command).home, terminal);
      terminal.stdout.write(Buffer.concat([formatHeaders(headers), body]));
    });
}

async function findMdn(id: string, home: string, terminal: Terminal): Promise<MdnDetail> {
  const found = await withStore(home, terminal, (store) => store.getMdn(id));
  if (found === undefined) throw new CommandError(`There is no MDN ${id}.`);
  return found;
}

function listing(mdns: readonly MdnSummary[]): string {
  return table(
    ['id', 'at', 'way', 'partner', 'mode', 'signed', 'state', 'disposition', 'original message-id'],
    mdns.map(({ id, at, direction, partner = '-', mode, signed, state, disposition, originalMessageId = '' }) => [
      id,
      instant(at),
      direction,
      partner,
      mode,
      signed ? 'yes' : 'no',
      state,
      outcome(disposition),
      originalMessageId,
    ]),
  );
}

function described(mdn: MdnDetail): string {
  return fields([
    ['id', mdn.id],
    ['direction', mdn.direction],
    ['at', mdn.at.toISOString()],
    ['partner', mdn.partner],
    ['about message', mdn.subjectId],
    ['Original-Message-ID', mdn.originalMessageId],
    ['Message-ID', mdn.messageId],
    ['mode', mdn.mode],
    ['signed', mdn.signed ? 'yes' : 'no'],
    ['signer', mdn.signer && `${mdn.signer.subject} (${mdn.signer.fingerprint})`],
    ['disposition', mdn.disposition],
    ['MIC', mdn.mic],
    ['state', mdn.state],
    ['detail', mdn.detail],
    ['text', mdn.text],
  ]);
}
