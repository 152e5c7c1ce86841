import { gather } from '../bytes/source.ts';
import { contentTypeOf, wholeOf } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { header } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { canonicalLines } from '../mime/transfer-encoding.ts';
import { LARGEST_WITH_VARIANTS } from '../limits.ts';

/** Bytes that the signer may have signed. */
export interface SignedVariant {
  /** how they differ from those that came */
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * RFC 1847 §2.1: what is signed is the part exactly as it is sent. Some senders sign before they make line ends
 * canonical, or count the last line end otherwise; so their likely variants follow, unless the part is large. The one that verifies is also what
 * the MIC is made over and what is delivered: nothing that was not signed is ever used.
 *
 * @throws MimeError
 */
export function* signedVariants(received: Entity): Generator<SignedVariant> {
  const whole = wholeOf(received);
  if (whole.size > LARGEST_WITH_VARIANTS) return;
  const part = gather(whole.pieces());
  const tried: Buffer[] = [part];
  for (const variant of candidates(part, received)) {
    if (tried.some((bytes) => bytes.equals(variant.bytes))) continue;
    tried.push(variant.bytes);
    yield variant;
  }
}

function* candidates(part: Buffer, { headers, head }: Entity): Generator<SignedVariant> {
  const bodyOffset = head.length;
  const lineEnds = [
    { name: 'as-received', bytes: part },
    {
      name: 'header-lines-crlf',
      bytes: Buffer.concat([canonicalLines(part.subarray(0, bodyOffset)), part.subarray(bodyOffset)]),
    },
    ...(isText(headers) ? [{ name: 'all-lines-crlf', bytes: canonicalLines(part) }] : []),
  ];
  yield* lineEnds;
  for (const { name, bytes } of lineEnds) {
    yield { name: `${name}, line end added`, bytes: Buffer.concat([bytes, CRLF]) };
    yield { name: `${name}, line end removed`, bytes: withoutLineEnd(bytes) };
  }
}

/** Three ways of line ends, each with one more at the end, and with one less; one of the nine is what was received. */
export const MOST_VARIANTS = 8;

const CRLF = Buffer.from('\r\n');

/** Only where line ends carry no meaning: never in binary bodies, as all are that do not say otherwise (RFC 4130 §5.2.1). */
function isText(headers: Headers): boolean {
  const encoding = header(headers, 'Content-Transfer-Encoding')?.toLowerCase();
  if (encoding === undefined) return /^(?:text|multipart|message)\//.test(contentTypeOf(headers).type);
  return encoding !== 'binary';
}

function withoutLineEnd(bytes: Buffer): Buffer {
  const lineEnd = bytes.at(-1) !== 0x0a ? 0 : bytes.at(-2) === 0x0d ? 2 : 1;
  return bytes.subarray(0, bytes.length - lineEnd);
}
