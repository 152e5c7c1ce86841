import { BER_DEPTH, BER_ELEMENTS, LONGEST_OID } from '../limits.ts';
import { CmsError } from './cms-error.ts';
import { dottedOid } from './object-identifier.ts';

/** Identifier octets (X.690 §8.1.2). */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** [n] IMPLICIT or EXPLICIT: the identifier octet of a context-specific tag. */
export const context = (number: number, constructed: boolean): number => 0x80 | (constructed ? 0x20 : 0) | number;

const CONSTRUCTED = 0x20;

/** The identifier and length octets of one element. */
export interface BerHeader {
  readonly tag: number;
  /** First content octet. */
  readonly content: number;
  /** End of the content octets; undefined when the length is indefinite (X.690 §8.1.3.6). */
  readonly end: number | undefined;
}

/**
 * Reads the header at `at`, within `limit`.
 * @throws CmsError
 */
export function readHeader(bytes: Buffer, at: number, limit: number): BerHeader {
  const tag = octet(bytes, at, limit);
  let next = at + 1;
  // Tag numbers above 30: none is used in CMS, but they may occur in what we step over.
  if ((tag & 0x1f) === 0x1f) {
    while ((octet(bytes, next++, limit) & 0x80) !== 0) {
      if (next - at > 5) throw new CmsError('CMS_STRUCTURE', 'A tag number is too large', at);
    }
  }
  const first = octet(bytes, next++, limit);
  if (first < 0x80) return header(tag, next, next + first, limit);
  if (first === 0x80) {
    if ((tag & CONSTRUCTED) === 0) throw new CmsError('CMS_STRUCTURE', 'A primitive element has no length', at);
    return { tag, content: next, end: undefined };
  }
  // Senders pad lengths to a fixed width, so that leading zeros are nothing special.
  let length = 0;
  for (let left = first & 0x7f; left > 0; left--) {
    length = length * 256 + octet(bytes, next++, limit);
    if (length > limit) throw new CmsError('CMS_STRUCTURE', 'A length goes beyond the end', at);
  }
  return header(tag, next, next + length, limit);
}

function header(tag: number, content: number, end: number, limit: number): BerHeader {
  if (end > limit) throw new CmsError('CMS_STRUCTURE', 'A length goes beyond the end', content);
  return { tag, content, end };
}

function octet(bytes: Buffer, at: number, limit: number): number {
  const value = at < limit ? bytes[at] : undefined;
  if (value === undefined) throw new CmsError('CMS_STRUCTURE', 'The structure ends too early', at);
  return value;
}

export const isEndOfContents = (bytes: Buffer, at: number, limit: number): boolean =>
  at + 1 < limit && bytes[at] === 0 && bytes[at + 1] === 0;

/**
 * Walks over one element with all that it holds, without recursion, and tells `visit` of each on the way.
 * @returns the offset after it
 * @throws CmsError
 */
export function walk(bytes: Buffer, start: number, limit: number, visit?: (header: BerHeader) => void): number {
  // Of the elements that were entered: where they end, Infinity when the length is indefinite, and the bound around them.
  const ends: number[] = [];
  const outerBounds: number[] = [];
  let at = start;
  let bound = limit;
  for (let elements = 0; elements < BER_ELEMENTS; elements++) {
    const next = readHeader(bytes, at, bound);
    visit?.(next);
    if ((next.tag & CONSTRUCTED) === 0) {
      // A primitive element always has a length: readHeader refuses others.
      at = next.end ?? bound;
    } else {
      if (ends.length >= BER_DEPTH) throw new CmsError('CMS_LIMIT', 'Elements are nested too deeply', at);
      ends.push(next.end ?? Infinity);
      outerBounds.push(bound);
      at = next.content;
      bound = next.end ?? bound;
    }
    for (let end = ends.at(-1); end !== undefined; end = ends.at(-1)) {
      if (end === Infinity) {
        if (!isEndOfContents(bytes, at, bound)) break;
        at += 2;
      } else if (at !== end) break;
      ends.pop();
      bound = outerBounds.pop() ?? limit;
    }
    if (ends.length === 0) return at;
  }
  throw new CmsError('CMS_LIMIT', 'There are too many elements', at);
}

/** Reads elements one after the other, in BER (RFC 5652 §1); offsets in errors count from the start of the buffer. */
export class BerReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #indefinite: boolean;
  #at: number;

  /** Reads from `at` to `end`; `indefinite`: or to the end-of-contents octets. */
  constructor(bytes: Buffer, at = 0, end = bytes.length, indefinite = false) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#indefinite = indefinite;
  }

  get offset(): number {
    return this.#at;
  }

  /** Whether another element follows. */
  get more(): boolean {
    if (this.#indefinite) return !isEndOfContents(this.#bytes, this.#at, this.#end);
    return this.#at < this.#end;
  }

  /** The identifier octet of the next element; undefined at the end. */
  get next(): number | undefined {
    return this.more ? this.#bytes[this.#at] : undefined;
  }

  /** What lies inside the next element, which must be constructed and read to its end. */
  inside<T>(tag: number, read: (inner: BerReader) => T): T {
    const { content, end } = this.#expect(tag);
    const inner = new BerReader(this.#bytes, content, end ?? this.#end, end === undefined);
    const result = read(inner);
    this.#at = inner.#finish();
    return result;
  }

  /** The same for an OPTIONAL element. */
  optional<T>(tag: number, read: (inner: BerReader) => T): T | undefined {
    return this.next === tag ? this.inside(tag, read) : undefined;
  }

  /** SET OF and SEQUENCE OF. */
  all<T>(tag: number, limit: number, read: (inner: BerReader) => T): T[] {
    return this.inside(tag, (inner) => {
      const items: T[] = [];
      while (inner.more) {
        if (items.length >= limit) throw new CmsError('CMS_LIMIT', `There are more than ${limit} items`, inner.offset);
        items.push(read(inner));
      }
      return items;
    });
  }

  /** The content octets of a primitive element. */
  primitive(tag: number): Buffer {
    const { content, end } = this.#expect(tag);
    if (end === undefined) throw new CmsError('CMS_STRUCTURE', 'A primitive element has no length', content);
    this.#at = end;
    return this.#bytes.subarray(content, end);
  }

  /** The next element as it stands, whatever it is. */
  raw(): Buffer {
    const start = this.#at;
    if (!this.more) throw new CmsError('CMS_STRUCTURE', 'An element is missing', start);
    this.#at = walk(this.#bytes, start, this.#end);
    return this.#bytes.subarray(start, this.#at);
  }

  /** OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    const start = this.#at;
    const content = this.primitive(TAG.oid);
    if (content.length === 0 || content.length > LONGEST_OID)
      throw new CmsError('CMS_STRUCTURE', 'An object identifier is empty or too long', start);
    return dottedOid(content);
  }

  /** A small INTEGER, zero or more: versions, lengths. */
  smallInteger(): number {
    const start = this.#at;
    const content = this.primitive(TAG.integer);
    if (content.length === 0 || content.length > 4 || (content[0] ?? 0) >= 0x80)
      throw new CmsError('CMS_STRUCTURE', 'An integer is out of range', start);
    return content.readUIntBE(0, content.length);
  }

  /**
   * The value of an OCTET STRING, primitive or constructed (X.690 §8.7), also behind an IMPLICIT tag.
   * A slice when it lies in one piece, else gathered.
   * @param tag the identifier octet of the primitive form
   */
  octetString(tag: number = TAG.octetString): Buffer {
    if (this.next === tag) return this.primitive(tag);
    const start = this.#at;
    const outer = this.#expect(tag | CONSTRUCTED);
    let length = 0;
    let pieces = 0;
    let only = this.#bytes.subarray(0, 0);
    this.#at = walk(this.#bytes, start, this.#end, (piece) => {
      if (piece.tag !== TAG.octetString) {
        if (piece.tag === (TAG.octetString | CONSTRUCTED) || piece.content === outer.content) return;
        throw new CmsError('CMS_STRUCTURE', 'A constructed OCTET STRING holds something else', piece.content);
      }
      const content = this.#bytes.subarray(piece.content, piece.end);
      if (content.length > 0 && pieces++ === 0) only = content;
      length += content.length;
    });
    if (pieces <= 1) return only;
    const whole = Buffer.allocUnsafe(length);
    let filled = 0;
    walk(this.#bytes, start, this.#end, (piece) => {
      if (piece.tag === TAG.octetString) filled += this.#bytes.copy(whole, filled, piece.content, piece.end);
    });
    return whole;
  }

  #expect(tag: number): BerHeader {
    const found = this.next;
    if (found !== tag) {
      const shown = found === undefined ? 'nothing' : `tag ${found.toString(16)}`;
      throw new CmsError('CMS_STRUCTURE', `Tag ${tag.toString(16)} was expected, ${shown} found`, this.#at);
    }
    return readHeader(this.#bytes, this.#at, this.#end);
  }

  #finish(): number {
    if (this.#indefinite && this.#at >= this.#end)
      throw new CmsError('CMS_STRUCTURE', 'The structure ends too early', this.#at);
    if (this.more) throw new CmsError('CMS_STRUCTURE', 'There is more inside an element than belongs there', this.#at);
    return this.#indefinite ? this.#at + 2 : this.#at;
  }
}
