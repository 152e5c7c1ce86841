import { gather, sourceOf } from '../bytes/source.ts';
import { formatHeaders } from '../mime/headers.ts';
import type { HeaderField, Headers } from '../mime/headers.ts';
import { joinMultipart } from '../mime/multipart.ts';
import { formatDisposition, formatOutcome } from './disposition.ts';
import type { Disposition } from './disposition.ts';
import { messageHeaders } from './message-headers.ts';
import { formatMic, micalgAsAsked } from './mic.ts';
import type { Mic } from './mic.ts';
import { formatAs2Name } from './names.ts';
import { plainText } from './plain-text.ts';
import { isUsableMessageId } from './request.ts';
import { signDetached } from './sign-detached.ts';
import type { DetachedSignature } from './sign-detached.ts';

export interface MdnDraft {
  /** RFC 4130 §6.2: the names of the message, swapped: `from` is its AS2-To, that is us */
  readonly from: string;
  readonly to: string;
  /** of the MDN itself: `<…@…>` */
  readonly messageId: string;
  readonly date: Date;
  /** the message that it answers, as its headers had it; the messageId is '' when that was unusable */
  readonly original: { readonly messageId: string; readonly subject?: string; readonly date?: string };
  readonly disposition: Disposition;
  /** what happened, for a person */
  readonly explanation: string;
  /** undefined: it could not be computed */
  readonly mic?: Mic;
  /** the spellings that the sender used: the receipt plan has them */
  readonly micalgsAsked?: readonly string[];
  readonly reportingUa: string;
  readonly sign?: Pick<DetachedSignature, 'identity' | 'digest' | 'scheme'>;
  /** fresh random letters and digits, at least 128 bits' worth, at most 60 */
  readonly boundary: string;
}

/**
 * An MDN: multipart/report alone (RFC 4130 §7.4.1), or in multipart/signed (RFC 4130 §7.4.2). It asks for no MDN itself
 * (RFC 3798 §2.1), and brings nothing of the message back (RFC 3798 §3; RFC 4130 §7.6: no third part).
 */
export function makeMdn(draft: MdnDraft): { readonly headers: Headers; readonly body: Buffer } {
  const { from, to, messageId, date, sign } = draft;
  const own = messageHeaders({ from, to, messageId, date, subject: 'Message disposition notification' });
  const report = reportOf(draft);
  if (sign === undefined) return { headers: [...own, ...report.headers], body: report.body };
  const content = sourceOf(Buffer.concat([formatHeaders(report.headers), report.body]));
  const micalg = micalgAsAsked(sign.digest, draft.micalgsAsked);
  // A boundary must not be the beginning of another: hence the letters before, not behind.
  const signed = signDetached(content, `signed.${draft.boundary}`, { micalg, signingTime: date, ...sign });
  return { headers: [...own, ...signed.headers], body: gather(signed.body.pieces()) };
}

function reportOf(draft: MdnDraft): { readonly headers: Headers; readonly body: Buffer } {
  const boundary = `report.${draft.boundary}`;
  const text = part('text/plain; charset=us-ascii', Buffer.from(humanText(draft), 'latin1'));
  // RFC 3798 §3.1: fields, and no empty line after them; one that verifies what it writes anew would lose it.
  const fields = formatHeaders(fieldsOf(draft)).subarray(0, -2);
  const notification = part('message/disposition-notification', fields);
  const type = `multipart/report; report-type=disposition-notification; boundary="${boundary}"`;
  return { headers: [['Content-Type', type]], body: joinMultipart([text, notification], boundary) };
}

function part(contentType: string, body: Buffer): Buffer {
  const headers = formatHeaders([
    ['Content-Type', contentType],
    ['Content-Transfer-Encoding', '7bit'],
  ]);
  return Buffer.concat([headers, body]);
}

/** RFC 4130 §7.4.3, RFC 3798 §3.2.4 to RFC 3798 §3.2.6 */
function fieldsOf({ from, original, disposition, mic, micalgsAsked, reportingUa }: MdnDraft): Headers {
  // RFC 4130 §5.3.2, draft rfc4130bis §8.4: no alias; both are the AS2 name that the message was sent to.
  const recipient = `rfc822; ${formatAs2Name(from)}`;
  const fields: HeaderField[] = [
    ['Reporting-UA', plainText(reportingUa)],
    ['Original-Recipient', recipient],
    ['Final-Recipient', recipient],
  ];
  // RFC 3798 §3.2.5: exactly as received.
  if (isUsableMessageId(original.messageId)) fields.push(['Original-Message-ID', original.messageId]);
  fields.push(['Disposition', formatDisposition(disposition)]);
  // RFC 4130 §2.4.2: a MIC, unless it could not be computed.
  if (mic !== undefined) fields.push(['Received-Content-MIC', formatMic(mic, micalgsAsked)]);
  return fields;
}

/** RFC 4130 §7.6: names the message by its subject and date. */
function humanText({ from, to, original, disposition, explanation }: MdnDraft): string {
  const known = [
    ['Message-ID', original.messageId],
    ['From', to],
    ['To', from],
    ['Subject', original.subject],
    ['Date', original.date],
    ['Disposition', formatOutcome(disposition)],
  ] as const;
  const lines = known.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`  ${name}: ${plainText(value)}`],
  );
  return [plainText(explanation, 800), '', ...lines, ''].join('\r\n');
}
