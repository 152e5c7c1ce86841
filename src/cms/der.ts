import { gather } from '../bytes/source.ts';
import type { Sized } from '../bytes/source.ts';
import { BerReader, TAG } from './ber.ts';
import { oidContent } from './object-identifier.ts';

/**
 * An encoding in pieces, joined at the end, so that nothing is copied at every level. Content of any size may stand in it
 * that is made only when it is read: its length is enough.
 */
export type Der = readonly (Buffer | Sized)[];

/** One element around its content (X.690 §10.1: definite length, in the fewest octets). */
export function element(tag: number, ...content: readonly Der[]): Der {
  // Not by `flat` and the like: a signature has some dozens of elements, and they are made for every message.
  const pieces: (Buffer | Sized)[] = [NOTHING];
  let length = 0;
  for (const der of content)
    for (const piece of der) {
      pieces.push(piece);
      length += Buffer.isBuffer(piece) ? piece.length : piece.size;
    }
  pieces[0] = elementHeader(tag, length);
  return pieces;
}

const NOTHING = Buffer.alloc(0);

/** All of it. */
export const encode = (der: Der): Buffer =>
  Buffer.concat(der.map((piece) => (Buffer.isBuffer(piece) ? piece : gather(piece.pieces()))));

/** All of it, made while it is read. */
export const streamed = (der: Der): Sized => ({
  size: lengthOf(der),
  *pieces() {
    for (const piece of der) {
      if (Buffer.isBuffer(piece)) yield piece;
      else yield* piece.pieces();
    }
  },
});

export const sequence = (...content: readonly Der[]): Der => element(TAG.sequence, ...content);

/** X.690 §11.6: the elements of a SET OF stand in the order of their encodings. */
export function setOf(items: readonly Der[], tag: number = TAG.set): Der {
  // One alone is in order, and need not be encoded to be compared.
  if (items.length === 1) return element(tag, ...items);
  return element(
    tag,
    items.map(encode).sort((a, b) => a.compare(b)),
  );
}

export const octetString = (content: Buffer): Der => element(TAG.octetString, [content]);

/** INTEGER from its content octets. */
export const integer = (content: Buffer): Der => element(TAG.integer, [content]);

/** An INTEGER from 0 to 127: versions, lengths of salts, nonces and tags. */
export const smallInteger = (value: number): Der => integer(Buffer.of(value));

export const nullValue: Der = [Buffer.of(TAG.null, 0)];

/** OBJECT IDENTIFIER from its dotted form. Those that we write are few, and each is made once. */
export function oid(dotted: string): Der {
  const known = OIDS.get(dotted) ?? element(TAG.oid, [oidContent(dotted)]);
  OIDS.set(dotted, known);
  return known;
}

const OIDS = new Map<string, Der>();

/** UTCTime to the end of 2049, GeneralizedTime from then on (RFC 5652 §11.3). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? element(TAG.utcTime, [Buffer.from(digits.slice(2), 'latin1')])
    : element(TAG.generalizedTime, [Buffer.from(digits, 'latin1')]);
}

/** The DER of an element that is given in BER. It recurses as deep as `walk` lets elements be nested. */
export function canonical(ber: Buffer): Der {
  const reader = new BerReader(ber);
  const tag = ber[0] ?? 0;
  if ((tag & 0x20) === 0) return element(tag, [reader.primitive(tag)]);
  if (tag === (TAG.octetString | 0x20)) return octetString(reader.octetString());
  const items = reader.inside(tag, (inner) => {
    const found: Der[] = [];
    while (inner.more) found.push(canonical(inner.raw()));
    return found;
  });
  return tag === TAG.set ? setOf(items) : element(tag, ...items);
}

const lengthOf = (pieces: Der): number =>
  pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.size), 0);

function elementHeader(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.of(tag, length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.of(tag, 0x80 | octets.length, ...octets);
}
