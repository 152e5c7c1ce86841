import { CountersignError, InvalidMessageId, SenderEqualsReceiver } from '../errors.ts';
import type { As2Error } from '../errors.ts';
import { header } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { parseAs2Name } from './names.ts';
import { parseReceiptRequest } from './receipt-request.ts';
import type { ReceiptRequest } from './receipt-request.ts';

/** What the HTTP headers of an AS2 message or receipt say. None of it is covered by a signature. */
export interface As2Request {
  /** AS2-From and AS2-To without quotes and escapes (RFC 4130 §6.2) */
  readonly from: string;
  readonly to: string;
  /** as received, with or without `<>`; '' when it is missing or unusable, and `fault` says so */
  readonly messageId: string;
  readonly subject?: string;
  readonly date?: string;
  /** RFC 4130 §6.1: may be absent, and any is understood */
  readonly version?: string;
  /** EDIINT-Features (RFC 6017 §2) */
  readonly features: readonly string[];
  /** AS2-Product */
  readonly product?: string;
  readonly receipt?: ReceiptRequest;
  /** The message can't be taken, but its sender can be told why. */
  readonly fault?: As2Error;
}

/** @throws NotAnAs2Message */
export function parseAs2Request(headers: Headers): As2Request {
  const from = party(headers, 'AS2-From');
  const to = party(headers, 'AS2-To');
  const ids = all(headers, 'Message-ID');
  const messageId = ids.length === 1 && isUsableMessageId(ids[0] ?? '') ? (ids[0] ?? '') : '';
  const fault = faultOf(from, to, messageId);
  const receipt = parseReceiptRequest(headers);
  return {
    from,
    to,
    messageId,
    ...optional('subject', header(headers, 'Subject')),
    ...optional('date', header(headers, 'Date')),
    ...optional('version', header(headers, 'AS2-Version')),
    features: (header(headers, 'EDIINT-Features') ?? '')
      .split(',')
      .map((feature) => feature.trim())
      .filter((feature) => feature !== ''),
    ...optional('product', header(headers, 'AS2-Product')),
    ...optional('receipt', receipt),
    ...optional('fault', fault),
  };
}

/** AS2-From or AS2-To is missing, there twice, or no name: nobody is there to be sent an MDN. */
export class NotAnAs2Message extends CountersignError {
  readonly code = 'AS2_NOT_A_MESSAGE';
}

/**
 * RFC 4130 §5.3.3: at most 998 characters; none of them a control character. Bytes above 127 are taken, because the
 * identifier only has to come back as it was.
 */
export function isUsableMessageId(text: string): boolean {
  return /^[ -~\x80-\xff]{1,998}$/.test(text);
}

function faultOf(from: string, to: string, messageId: string): As2Error | undefined {
  if (messageId === '') return new InvalidMessageId('There is no usable Message-ID, or more than one');
  if (from === to) return new SenderEqualsReceiver('AS2-From and AS2-To are the same');
  return undefined;
}

/** RFC 4130 §6.2: AS2-From and AS2-To MUST be there. Two of them would let two readers see two senders. */
function party(headers: Headers, name: string): string {
  const values = all(headers, name);
  if (values.length !== 1) throw new NotAnAs2Message(`There is not one ${name} header, but ${values.length}`);
  const party = parseAs2Name(values[0] ?? '');
  if (party === undefined) throw new NotAnAs2Message(`${name} is not an AS2 name`);
  return party;
}

function all(headers: Headers, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers
    .filter(([found]) => found.length === wanted.length && found.toLowerCase() === wanted)
    .map(([, value]) => value.trim());
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
