import { Reader } from '../bytes/reader.ts';
import { drain, type Pieces } from '../bytes/source.ts';
import { BER_DEPTH, BER_ELEMENTS } from '../limits.ts';
import { BerReader, isEndOfContents, readHeader, TAG, walk } from './ber.ts';
import type { BerHeader } from './ber.ts';
import { CmsError } from './cms-error.ts';

/** An encoding that can be read again, from any octet on. */
export interface Encoded {
  /** How many octets there are at most. */
  readonly size: number;
  pieces(start?: number): Pieces;
}

/** Tag and length octets: 1 to 6 and 1 to 127. */
const LONGEST_HEADER = 136;

const CONSTRUCTED = 0x20;

/**
 * The frame of a structure whose content may be of any length: elements are entered and left one by one, content is
 * handed out piece by piece, and what is small is gathered for a `BerReader`.
 */
export class BerStream {
  #reader: Reader;
  /** Ends of the elements that were entered, the innermost last; Infinity where the length is indefinite. */
  readonly #open: number[] = [];
  readonly #encoded: Encoded;
  /** Octets before those that `#reader` reads. */
  #base = 0;

  constructor(encoded: Encoded) {
    this.#encoded = encoded;
    this.#reader = new Reader(encoded.pieces());
  }

  get offset(): number {
    return this.#base + this.#reader.offset;
  }

  /** The identifier octet of the next element; undefined at the end of the one that was entered last. */
  get next(): number | undefined {
    return this.#isAtEnd() ? undefined : this.#reader.peekPiece()?.[0];
  }

  /** Goes into the next element. */
  enter(tag: number): void {
    const { content, end } = this.#header(tag);
    const begin = this.offset + content;
    this.#open.push(end === undefined ? Infinity : begin + (end - content));
    this.#reader.skip(content);
  }

  /** Leaves the element that was entered last, which must be at its end. */
  leave(): void {
    if (!this.#isAtEnd())
      throw this.#reader.peekPiece() === undefined
        ? tooEarly(this.offset)
        : new CmsError('CMS_STRUCTURE', 'There is more inside an element than belongs there', this.offset);
    if (this.#open.pop() === Infinity) this.#reader.skip(2);
  }

  /** The next element as it stands, up to `limit` octets of it, for a reader. */
  gather(limit: number): BerReader {
    return new BerReader(this.raw(limit));
  }

  /** The next element as it stands. */
  raw(limit: number): Buffer {
    const { end } = this.#header();
    const length = end ?? this.#lengthOfIndefinite(limit);
    if (length > limit) throw new CmsError('CMS_LIMIT', 'A structure is too long', this.offset);
    const raw = this.#reader.take(length);
    if (raw.length < length) throw tooEarly(this.offset);
    return raw;
  }

  /**
   * The octets of an OCTET STRING, primitive or constructed (X.690 §8.7), also behind an IMPLICIT tag. All of them must
   * be read, or stepped over, before anything else is.
   * @param tag the identifier octet of the primitive form
   */
  *octetString(tag: number = TAG.octetString): Generator<Buffer, void, undefined> {
    if (this.next === tag) return yield* this.#primitive(tag);
    this.enter(tag | CONSTRUCTED);
    const outermost = this.#open.length;
    for (let elements = 0; ; elements += 1) {
      if (elements > BER_ELEMENTS) throw new CmsError('CMS_LIMIT', 'There are too many elements', this.offset);
      const found = this.next;
      if (found === undefined) {
        const isOutermost = this.#open.length === outermost;
        this.leave();
        if (isOutermost) return;
        continue;
      }
      if (found === TAG.octetString) yield* this.#primitive(TAG.octetString);
      else if (found === (TAG.octetString | CONSTRUCTED)) {
        if (this.#open.length - outermost + 1 >= BER_DEPTH)
          throw new CmsError('CMS_LIMIT', 'Elements are nested too deeply', this.offset);
        this.enter(found);
      } else throw new CmsError('CMS_STRUCTURE', 'A constructed OCTET STRING holds something else', this.offset);
    }
  }

  /** Steps over an OCTET STRING; one that is primitive is not even read. */
  skipOctetString(tag: number): void {
    if (this.next !== tag) {
      drain(this.octetString(tag));
      return;
    }
    const { end = 0 } = this.#header(tag);
    this.#base = this.offset + end;
    this.#reader = new Reader(this.#encoded.pieces(this.#base));
  }

  /** Whether there is nothing after the outermost element but line ends, which carriers add. */
  isFollowedByNothing(): boolean {
    for (const piece of this.#reader.rest()) if (!piece.every((byte) => byte === 0x0d || byte === 0x0a)) return false;
    return true;
  }

  *#primitive(tag: number): Generator<Buffer, void, undefined> {
    const { content, end = content } = this.#header(tag);
    this.#reader.skip(content);
    const whole = this.offset + (end - content);
    yield* this.#reader.upTo(end - content);
    if (this.offset < whole) throw tooEarly(this.offset);
  }

  /** Of the next element, with offsets from its first octet; nothing is read. */
  #header(tag?: number): BerHeader {
    const found = this.next;
    if (found === undefined || (tag !== undefined && found !== tag)) {
      const shown = found === undefined ? 'nothing' : `tag ${found.toString(16)}`;
      const wanted = tag === undefined ? 'An element' : `Tag ${tag.toString(16)}`;
      throw new CmsError('CMS_STRUCTURE', `${wanted} was expected, ${shown} found`, this.offset);
    }
    return readHeader(this.#reader.peekAtLeast(LONGEST_HEADER), 0, this.#bound() - this.offset);
  }

  /** The least end of the elements that were entered. */
  #bound(): number {
    let least = Infinity;
    for (const end of this.#open) if (end < least) least = end;
    return least;
  }

  #isAtEnd(): boolean {
    const end = this.#open.at(-1);
    if (end !== Infinity) return end === undefined ? this.#reader.peekPiece() === undefined : this.offset >= end;
    return isEndOfContents(this.#reader.peekAtLeast(2), 0, this.#bound() - this.offset);
  }

  /** By looking at ever more of it. */
  #lengthOfIndefinite(limit: number): number {
    const bound = this.#bound() - this.offset;
    for (let length = 4 * 1024; ; length *= 8) {
      const seen = this.#reader.peek(Math.min(length, limit + 1));
      try {
        return walk(seen, 0, Math.min(seen.length, bound));
      } catch (error) {
        const isWhole = seen.length < Math.min(length, limit + 1) || seen.length >= bound;
        if (isWhole || seen.length > limit || !(error instanceof CmsError) || error.code !== 'CMS_STRUCTURE')
          throw error;
      }
    }
  }
}

const tooEarly = (offset: number) => new CmsError('CMS_STRUCTURE', 'The structure ends too early', offset);
