import { UnsupportedFormat, UnsupportedMicAlgorithms } from '../errors.ts';
import type { As2Error } from '../errors.ts';
import { digestByMicalg } from '../cms/algorithms.ts';
import type { DigestName } from '../cms/algorithms.ts';
import { plainText } from './plain-text.ts';
import type { ReceiptRequest } from './receipt-request.ts';

/** What goes back to the sender. */
export interface ReceiptPlan {
  readonly delivery: 'none' | 'sync' | 'async';
  /** of the MIC of a message that is not signed */
  readonly micDigest: DigestName;
  /** of the signature on the receipt; undefined: the receipt is unsigned */
  readonly signWith?: DigestName;
  /** the spellings to answer in */
  readonly micalgsAsked: readonly string[];
  /** as asked for: it is for the caller to post only to addresses that the partnership names */
  readonly asyncUrl?: string;
  /** What is required of the receipt does not exist here: the message is refused with this. */
  readonly fault?: As2Error;
}

/**
 * RFC 4130 §7.3.1: a signed receipt that was asked for is sent, on errors too; nothing here can switch it off.
 *
 * @param allowed the digests that the partnership allows, best first
 */
export function planReceipt(request: ReceiptRequest | undefined, allowed: readonly DigestName[]): ReceiptPlan {
  // draft rfc4130bis §8.3: SHA-256 unless another is asked for; SHA-1 only ever by the sender's own wish.
  const standard = allowed.find((digest) => digest !== 'sha1') ?? 'sha256';
  if (request === undefined) return { delivery: 'none', micDigest: standard, micalgsAsked: [] };
  // RFC 4130 §7.3: the list is honoured from left to right.
  const asked = request.micalgs.map(digestByMicalg).find((digest) => digest !== undefined && allowed.includes(digest));
  const micDigest = asked ?? standard;
  const signed = request.protocol !== undefined && pkcs7.test(request.protocol);
  const fault = faultOf(request, asked);
  return {
    delivery: request.asyncUrl === undefined ? 'sync' : 'async',
    micDigest,
    micalgsAsked: request.micalgs,
    ...(signed && { signWith: micDigest }),
    ...(request.asyncUrl !== undefined && { asyncUrl: request.asyncUrl }),
    ...(fault !== undefined && { fault }),
  };
}

const pkcs7 = /^(?:application\/)?(?:x-)?pkcs7-signature$/;

/** RFC 4130 §7.5.3; RFC 3798 §2.2: what is required and can't be met makes the disposition `failed`. */
function faultOf(request: ReceiptRequest, asked: DigestName | undefined): As2Error | undefined {
  const { protocol, protocolRequired, micalgs, micalgRequired, unknownRequired } = request;
  if (protocolRequired && !pkcs7.test(protocol ?? ''))
    return new UnsupportedFormat(`The receipt protocol "${plainText(protocol ?? '')}" is required of us`);
  if (unknownRequired.length > 0)
    return new UnsupportedFormat(
      `Unknown receipt options are required of us: ${plainText(unknownRequired.join(', '))}`,
    );
  if (micalgRequired && asked === undefined)
    return new UnsupportedMicAlgorithms(`One of these is required of us: ${plainText(micalgs.join(', '))}`);
  return undefined;
}
