import type { HeaderField, Headers } from '../mime/headers.ts';
import { formatAs2Name } from './names.ts';
import { plainText } from './plain-text.ts';

export interface MessageHeaders {
  readonly from: string;
  readonly to: string;
  /** `<…@…>` */
  readonly messageId: string;
  readonly subject: string;
  readonly date: Date;
  /** undefined: none is asked for */
  readonly receipt?: {
    /** the MIC algorithms that a signed one may have, best first, as the partner spells them; none: an unsigned one */
    readonly micalgs: readonly string[];
    /** where it is to be posted; undefined: on the response */
    readonly asyncUrl?: string;
  };
}

/**
 * The headers that an AS2 message or receipt has of its own (RFC 4130 §6.1, §6.2, §7.3). None of them is ever folded:
 * some systems don't unfold.
 */
export function messageHeaders({ from, to, messageId, subject, date, receipt }: MessageHeaders): Headers {
  return [
    // RFC 4130 §6.1, RFC 5402 §6: 1.1 and above may compress; RFC 6017 §3: 1.2 tells its features, in each message.
    ['AS2-Version', '1.2'],
    // draft-duker-as2-reliability: what comes again has the same Message-ID, and is delivered once.
    ['EDIINT-Features', 'AS2-Reliability'],
    ['AS2-From', formatAs2Name(from)],
    ['AS2-To', formatAs2Name(to)],
    ['Message-ID', messageId],
    ['Date', date.toUTCString()],
    ['Subject', plainText(subject)],
    ['MIME-Version', '1.0'],
    ...(receipt === undefined ? [] : receiptHeaders(from, receipt)),
  ];
}

function receiptHeaders(from: string, { micalgs, asyncUrl }: NonNullable<MessageHeaders['receipt']>): Headers {
  // RFC 4130 §7.3: that it is there is what asks; the value MUST be ignored.
  const headers: HeaderField[] = [['Disposition-Notification-To', formatAs2Name(from)]];
  if (micalgs.length > 0) {
    // RFC 4130 §7.3: a signed receipt is asked for by both options together.
    const options = `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${micalgs.join(', ')}`;
    headers.push(['Disposition-Notification-Options', options]);
  }
  if (asyncUrl !== undefined) headers.push(['Receipt-Delivery-Option', asyncUrl]);
  return headers;
}
