import { header } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';

/** What the sender asks of the receipt (RFC 4130 §7.3). */
export interface ReceiptRequest {
  /** lower case, as `pkcs7-signature`; undefined: the receipt need not be signed */
  readonly protocol?: string;
  readonly protocolRequired: boolean;
  /** as spelled, best first */
  readonly micalgs: readonly string[];
  readonly micalgRequired: boolean;
  /** names of options that are required and unknown here */
  readonly unknownRequired: readonly string[];
  /** where the receipt is to be posted; undefined: it goes on the response (RFC 4130 §7.2) */
  readonly asyncUrl?: string;
}

/**
 * RFC 4130 §7.3: Disposition-Notification-To asks for a receipt, and its value is ignored; without it there is none.
 * However odd its options are (draft rfc4130bis §8.3), they are no reason to refuse the message: what can't be read is
 * left out.
 */
export function parseReceiptRequest(headers: Headers): ReceiptRequest | undefined {
  if (header(headers, 'Disposition-Notification-To') === undefined) return undefined;
  const options = parseOptions(header(headers, 'Disposition-Notification-Options') ?? '');
  const protocol = options.find((option) => option.name === 'signed-receipt-protocol');
  const micalg = options.find((option) => option.name === 'signed-receipt-micalg');
  const name = protocol?.values[0]?.toLowerCase();
  // An empty Receipt-Delivery-Option is sent by systems that mean a synchronous receipt.
  const asyncUrl = header(headers, 'Receipt-Delivery-Option')?.trim();
  return {
    ...(name !== undefined && { protocol: name }),
    protocolRequired: protocol?.required ?? false,
    micalgs: micalg?.values ?? [],
    micalgRequired: micalg?.required ?? false,
    unknownRequired: options.filter((option) => option.required && !known.has(option.name)).map(({ name }) => name),
    ...(asyncUrl !== undefined && asyncUrl !== '' && { asyncUrl }),
  };
}

interface Option {
  readonly name: string;
  readonly required: boolean;
  readonly values: readonly string[];
}

const known = new Set(['signed-receipt-protocol', 'signed-receipt-micalg']);

/** RFC 3798 §2.2: `name=importance, value, value; name=…`, with or without blanks; a missing importance is `optional`. */
function parseOptions(text: string): Option[] {
  return text.split(';').flatMap((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) return [];
    const [first = '', ...rest] = part
      .slice(equals + 1)
      .split(',')
      .map((value) => value.replaceAll('"', '').trim());
    const importance = first.toLowerCase();
    const stated = importance === 'required' || importance === 'optional';
    return {
      name: part.slice(0, equals).trim().toLowerCase(),
      required: importance === 'required',
      values: (stated ? rest : [first, ...rest]).filter((value) => value !== ''),
    };
  });
}
