import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { compression, isEncrypted, isSigned, receiptOf, type Case } from '../case.ts';
import { payloadOf } from '../payload.ts';
import type { Agreement, Setting } from '../peer.ts';
import { PASSWORD, writeKeyStore, type Aliases } from './openas2-keys.ts';

/** Where OpenAS2 puts what; a file in a folder is named after the Message-ID. */
export const places = {
  config: (folder: string) => path.join(folder, 'config/config.xml'),
  /** Polled; what is moved in here is sent. */
  outbox: (folder: string, number: number) => path.join(folder, 'data/outbox', String(number)),
  inbox: (folder: string, messageId: string) => path.join(folder, 'data/inbox', messageId),
  /** MDNs that it sent or got. */
  mdn: (folder: string, messageId: string) => path.join(folder, 'data/mdn', messageId),
} as const;

/** Writes `config.xml`, the partnerships and the key store that OpenAS2 is to be started with. */
export async function writeConfig(setting: Setting): Promise<void> {
  const { folder, agreements } = setting;
  const config = path.join(folder, 'config');
  await mkdir(config, { recursive: true });
  const aliases = await writeKeyStore(path.join(config, 'keys.p12'), agreements);
  await writeFile(path.join(config, 'partnerships.xml'), partnershipsOf(setting, aliases));
  await writeFile(path.join(config, 'commands.xml'), '<commands/>');
  await writeFile(places.config(folder), configOf(setting));
  for (const { case: each } of agreements) {
    await mkdir(places.outbox(folder, each.number), { recursive: true });
  }
}

const moduleOf = (name: string, attributes: Attributes) =>
  element('module', { classname: `org.openas2.${name}`, ...attributes });

function configOf({ folder, port, port2, agreements }: Setting): string {
  const data = path.join(folder, 'data');
  const modules = [
    moduleOf('processor.sender.AS2SenderModule', {}),
    moduleOf('processor.sender.MDNSenderModule', {}),
    ...agreements.filter((each) => each.case.direction === 'from-peer').map((each) => pollerOf(folder, each)),
    moduleOf('processor.storage.MDNFileModule', {
      filename: `${data}/mdn/$mdn.msg.headers.message-id$`,
      protocol: 'as2',
    }),
    moduleOf('processor.storage.MessageFileModule', {
      filename: `${data}/inbox/$msg.headers.message-id$/$msg.content-disposition.filename$`,
      protocol: 'as2',
    }),
    moduleOf('processor.receiver.AS2ReceiverModule', {
      address: '127.0.0.1',
      port: String(port),
      errordir: `${data}/inbox-error`,
      errorformat: 'sender.as2_id, receiver.as2_id, headers.message-id',
    }),
    moduleOf('processor.receiver.AS2MDNReceiverModule', { address: '127.0.0.1', port: String(port2) }),
    moduleOf('processor.resender.DirectoryResenderModule', {
      resenddir: `${data}/resend`,
      errordir: `${data}/resend-error`,
      resenddelay: '60',
    }),
  ];
  return [
    '<openas2>',
    element('properties', {
      sql_timestamp_format: 'yyyy-MM-dd HH:mm:ss.SSS',
      as2_message_id_format: MESSAGE_ID,
      // Names of files are kept as they come.
      reservedFilenameCharacters: '',
    }),
    element('certificates', {
      classname: 'org.openas2.cert.PKCS12CertificateFactory',
      filename: '%home%/keys.p12',
      password: PASSWORD,
      interval: '300',
    }),
    element('partnerships', {
      classname: 'org.openas2.partner.XMLPartnershipFactory',
      filename: '%home%/partnerships.xml',
    }),
    '<loggers>',
    element('logger', { classname: 'org.openas2.logging.ConsoleLogger', enabled: 'true' }),
    '</loggers>',
    element('commands', { classname: 'org.openas2.cmd.XMLCommandRegistry', filename: '%home%/commands.xml' }),
    '<commandProcessors/>',
    `<processor classname="org.openas2.processor.DefaultProcessor" pendingMDN="${data}/pending" pendingMDNinfo="${data}/pending-info">`,
    ...modules,
    '</processor>',
    '</openas2>',
  ].join('\n');
}

/** As in the configuration that it comes with. */
const MESSAGE_ID = '<OPENAS2-$date.ddMMyyyyHHmmssZ$-$rand.UUID$@$msg.sender.as2_id$_$msg.receiver.as2_id$>';

function pollerOf(folder: string, { case: each, peer, us }: Agreement): string {
  return moduleOf('processor.receiver.AS2DirectoryPollingModule', {
    outboxdir: places.outbox(folder, each.number),
    errordir: path.join(folder, 'data/outbox-error', String(each.number)),
    interval: '1',
    defaults: `sender.as2_id=${sendingName(peer.as2Id)},receiver.as2_id=${sendingName(us.as2Id)}`,
    sendfilename: String(each.fileName !== 'none'),
    mimetype: payloadOf(each).contentType,
  });
}

/** OpenAS2 puts quotes around a name with spaces, and escapes nothing that is in it. */
export const sendingName = (name: string): string => name.replace(/["\\]/g, '\\$&');
/** It takes quotes away only if there are none inside; else the header is the name to it, as it stands. */
const arrivingName = (name: string): string => (/["\\]/.test(name) ? `"${sendingName(name)}"` : name);

/** A partner has one certificate in a partnership: what it encrypts to, it takes signatures of as well, and so on. */
function partnershipsOf({ port2, agreements }: Setting, aliases: Aliases): string {
  const partner = (as2Id: string, certificate: string) => ({
    as2_id: as2Id,
    x509_alias: aliases(certificate),
    email: 'edi@peer.test',
  });
  const lines = agreements.flatMap(({ case: each, peer, us }) => {
    const settings = { protocol: 'as2', subject: `Case ${each.number}`, as2_url: us.url, ...sendSettings(each, port2) };
    const outbound = (kind: string, nameOf: (name: string) => string) =>
      partnership(
        `${each.number}-${kind}`,
        partner(nameOf(peer.as2Id), peer.sign.certificate),
        partner(nameOf(us.as2Id), us.encryptCertificate),
        settings,
      );
    const inbound = partnership(
      `${each.number}-in`,
      partner(arrivingName(us.as2Id), us.signCertificate),
      partner(arrivingName(peer.as2Id), peer.decrypt.certificate),
      { protocol: 'as2' },
    );
    // An MDN belongs to the partnership that has the names as they arrive with it.
    return [outbound('out', sendingName), inbound, ...(each.names === 'quoted' ? [outbound('mdn', arrivingName)] : [])];
  });
  return ['<partnerships>', ...lines, '</partnerships>'].join('\n');
}

function partnership(name: string, sender: Attributes, receiver: Attributes, attributes: Attributes): string {
  return [
    `<partnership name="${name}">`,
    element('sender', sender),
    element('receiver', receiver),
    ...Object.entries(attributes).map(([each, value]) => element('attribute', { name: each, value })),
    '</partnership>',
  ].join('\n');
}

/** The attributes of a partnership that sends as the case says. */
function sendSettings(each: Case, port2: number): Attributes {
  const { mode, signed } = receiptOf(each);
  const compressed = compression(each);
  return {
    content_transfer_encoding: 'binary',
    resend_max_retries: '0',
    ...(isSigned(each) && { sign: each.digest.toUpperCase() }),
    ...(isEncrypted(each) && { encrypt: each.cipher.replace('-cbc', '') }),
    ...(compressed !== 'none' && {
      compression_type: 'ZLIB',
      compression_mode: compressed === 'before-signing' ? 'compress-before-signing' : 'compress-after-signing',
    }),
    ...(mode !== 'none' && { as2_mdn_to: 'edi@peer.test' }),
    as2_mdn_options: signed
      ? `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${each.digest}`
      : 'none',
    ...(mode === 'async' && { as2_receipt_option: `http://127.0.0.1:${port2}/` }),
    // Without it everything is sent in chunks.
    ...(each.framing === 'sized' && { no_chunked_max_size: String(1 << 26) }),
  };
}

type Attributes = Readonly<Record<string, string>>;

function element(name: string, attributes: Attributes): string {
  const text = Object.entries(attributes).map(([each, value]) => ` ${each}="${escape(value)}"`);
  return `<${name}${text.join('')}/>`;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
