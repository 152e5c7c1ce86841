import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import { dimensions, receiptOf, type Traits } from '../case.ts';
import type { Account, Agreement } from '../peer.ts';
import { digestOf, signed, verify } from './openssl-cms.ts';
import { Refused, signedParts, unwrap } from './openssl-layers.ts';
import { bytesOf, contentOf, field, parameterOf, quotedName, readEntity, typeOf } from './openssl-mime.ts';
import type { Entity, Headers } from './openssl-mime.ts';
import { readReport, reportEntity, type Report } from './openssl-report.ts';

type Digest = Traits['digest'];

/** What a message asks for (RFC 4130 §7.3). */
export interface ReceiptAsked {
  readonly signed: boolean;
  readonly digest: Digest | undefined;
  /** Where it is to go; on the response when undefined. */
  readonly url: string | undefined;
}

export function receiptAsked(headers: Headers): ReceiptAsked | undefined {
  if (field(headers, 'Disposition-Notification-To') === undefined) return undefined;
  const options = field(headers, 'Disposition-Notification-Options') ?? '';
  const names = /signed-receipt-micalg\s*=\s*\w+\s*,([^;]*)/i.exec(options)?.[1]?.split(',') ?? [];
  const digest = names.map(digestNamed).find((each) => each !== undefined);
  return { signed: /pkcs7-signature/i.test(options), digest, url: field(headers, 'Receipt-Delivery-Option') };
}

/** RFC 5751 §3.4.3.2 writes a hyphen, older ones do not. */
function digestNamed(name: string): Digest | undefined {
  const plain = (text: string) => text.trim().toLowerCase().replace('-', '');
  return dimensions.digest.find((each) => plain(each) === plain(name));
}

const newMessageId = (): string => `<${randomUUID()}@openssl.test>`;

const common = (from: string, to: string, messageId: string): Headers => [
  ['AS2-Version', '1.1'],
  ['AS2-From', from],
  ['AS2-To', to],
  ['Message-ID', messageId],
  ['Date', new Date().toUTCString()],
];

/** A message with everything over it but HTTP. */
export interface Sent {
  readonly agreement: Agreement;
  readonly messageId: string;
  readonly message: Entity;
  readonly covered: Buffer;
}

export function address(agreement: Agreement, entity: Entity, covered: Buffer, mdnUrl: string): Sent {
  const { case: how, peer, us } = agreement;
  const { mode, signed: isSigned } = receiptOf(how);
  const messageId = newMessageId();
  const options = `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${how.digest}`;
  const headers: Headers = [
    ...common(quotedName(peer.as2Id), quotedName(us.as2Id), messageId),
    ['Subject', 'Certificates'],
    ...(mode === 'none' ? [] : [['Disposition-Notification-To', 'openssl@openssl.test'] as const]),
    ...(isSigned ? [['Disposition-Notification-Options', options] as const] : []),
    ...(mode === 'async' ? [['Receipt-Delivery-Option', mdnUrl] as const] : []),
    ...entity.headers,
  ];
  return { agreement, messageId, message: { headers, body: entity.body }, covered };
}

/** Takes a message, or says why not. `file` names what is kept of it. */
export async function take(
  message: Entity,
  agreement: Agreement | undefined,
  asked: ReceiptAsked | undefined,
  file: string,
): Promise<Account> {
  const action = 'automatic-action/MDN-sent-automatically; processed';
  try {
    if (agreement === undefined) throw new Refused('authentication-failed', 'there is no such partnership');
    mustComeAsAgreed(message, asked, agreement);
    const { entity, covered } = await unwrap(message, agreement, file);
    const payloadFile = `${file}.payload`;
    await writeFile(payloadFile, contentOf(entity));
    const fileName = parameterOf(field(entity.headers, 'Content-Disposition') ?? '', 'filename');
    const mic = await digestOf(covered, asked?.digest ?? agreement.case.digest);
    return { status: asked ? 'processed' : 'none', disposition: action, mic, payloadFile, fileName };
  } catch (error) {
    const modifier = error instanceof Refused ? error.modifier : 'unexpected-processing-error';
    return { status: 'failed', disposition: `${action}/error: ${modifier}`, told: String(error) };
  }
}

/** What we answer to messages of the peer is as we are set up, and not what the case is about. @throws Refused */
function mustComeAsAgreed(
  { headers, body }: Entity,
  asked: ReceiptAsked | undefined,
  { case: how, us }: Agreement,
): void {
  if (how.direction === 'from-peer') return;
  const framing = field(headers, 'Transfer-Encoding') === 'chunked' ? 'chunked' : 'sized';
  const mode = asked === undefined ? 'none' : asked.url === undefined ? 'sync' : 'async';
  const agreed = receiptOf(how);
  const isAsked =
    mode === agreed.mode &&
    (asked === undefined || asked.signed === agreed.signed) &&
    (asked?.url === undefined || asked.url === us.url) &&
    (asked?.digest === undefined || asked.digest === how.digest);
  // Nothing has no chunks.
  if (framing !== how.framing && body.length > 0)
    throw new Refused('unexpected-processing-error', `${framing}, not ${how.framing}`);
  if (!isAsked) throw new Refused('unexpected-processing-error', `a receipt ${JSON.stringify(asked)}, not ${how.mdn}`);
}

/** Names come back as they came, the other way round (RFC 4130 §6.2). To whom nobody knows, nothing is signed. */
export async function mdnFor(
  { headers }: Entity,
  agreement: Agreement | undefined,
  asked: ReceiptAsked,
  { disposition = '', mic }: Account,
): Promise<Entity> {
  const [from = '', to = ''] = [field(headers, 'AS2-To'), field(headers, 'AS2-From')];
  const digest = asked.digest ?? agreement?.case.digest ?? 'sha-256';
  const originalMessageId = field(headers, 'Message-ID');
  const report = reportEntity({ originalMessageId, disposition, mic: mic === undefined ? mic : [mic, digest] }, from);
  const entity =
    agreement !== undefined && asked.signed
      ? readEntity(await signed(bytesOf(report), agreement.peer.sign, { digest, scheme: agreement.case.scheme }))
      : report;
  return { headers: [...common(from, to, newMessageId()), ...entity.headers], body: entity.body };
}

/** The report in an MDN, signed or not. */
export function reportIn(mdn: Entity): Report {
  return readReport(typeOf(mdn) === 'multipart/signed' ? readEntity(signedParts(mdn).content) : mdn);
}

/** What the sender makes of the MDN for its message. `file` names what is kept of it. */
export async function judge(sent: Sent, mdn: Entity, file: string): Promise<Account> {
  const { messageId, agreement, covered } = sent;
  let mdnSigned = false;
  try {
    if (typeOf(mdn) === 'multipart/signed') {
      const { content, signature } = signedParts(mdn);
      await verify(content, signature, agreement.us.signCertificate, file);
      mdnSigned = true;
    }
    const { originalMessageId, disposition, mic: [value, name = ''] = [] } = reportIn(mdn);
    const mic = await digestOf(covered, digestNamed(name) ?? agreement.case.digest);
    const account = { messageId, mic, disposition, mdnSigned } as const;
    const failed = (told: string): Account => ({ ...account, status: 'failed', told });
    if (receiptOf(agreement.case).signed && !mdnSigned) return failed('the MDN is not signed');
    if (originalMessageId !== messageId) return failed(`the MDN is for ${originalMessageId}`);
    if (!/;\s*processed$/i.test(disposition)) return failed('the MDN says so');
    if (value !== mic) return failed(`the MIC in the MDN is ${value}`);
    return { ...account, status: 'processed' };
  } catch (error) {
    return { messageId, mdnSigned, status: 'failed', told: String(error) };
  }
}
