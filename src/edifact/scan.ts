import type { CharacterSet } from './character-set.ts';
import type { Format } from './segment.ts';

/**
 * One segment taken apart without making a text: where its elements, components and repetitions end. There is one for
 * an interchange, used again for each segment.
 */
export interface Scan {
  /** What each byte is, as the constants below say. */
  readonly kinds: Uint8Array;
  /** The kind of each byte; for data, whether it is a digit. */
  readonly classes: Uint8Array;
  /** What each byte is where a release character stands in front. */
  readonly released: Uint8Array;
  /** For each separator and for the terminator, in order: its distance from the segment's first byte, shifted by two, and its kind. */
  readonly ends: Int32Array;
  /** The longest segment that is taken, in bytes. */
  readonly longest: number;
  /** How many `ends` there are. */
  count: number;
  /** A release character is in it. */
  hasRelease: boolean;
  /** A byte is in it that the character set has not, or that is a part of a character of several bytes. */
  hasSuspect: boolean;
}

/** Kinds of separators, in the low two bits of `Scan.ends`. */
export const END = 0;
export const COMPONENT = 1;
export const ELEMENT = 2;
export const REPETITION = 3;

/** Other kinds of bytes. */
const DATA = 0;
export const TERMINATOR = 4;
const RELEASE = 5;
const SUSPECT = 6;

/** Data in `Scan.classes`, above all other kinds; each a bit. */
export const DIGIT = 8;
export const NO_DIGIT = 16;

export function newScan(format: Format, longest: number): Scan {
  const released = suspectBytes(format);
  const kinds = Uint8Array.from(released);
  const { component, element, repetition, terminator, release } = format.delimiters;
  const services = [
    [component, COMPONENT],
    [element, ELEMENT],
    [repetition, REPETITION],
    [terminator, TERMINATOR],
    [release, RELEASE],
  ] as const;
  // A space is none.
  for (const [character, kind] of services) if (character !== ' ') kinds[character.charCodeAt(0)] = kind;
  const classes = kinds.map((kind, byte) => (kind === DATA ? (byte >= 0x30 && byte <= 0x39 ? DIGIT : NO_DIGIT) : kind));
  const ends = new Int32Array(longest + 2);
  return { kinds, classes, released, ends, longest, count: 0, hasRelease: false, hasSuspect: false };
}

/**
 * Reads the segment that starts at `from` into `scan` (ISO 9735-1 §7.5 to §7.7, §5 for the release character).
 *
 * @returns the offset of its terminator; -1 when there is none before `to` or before the segment is longer than it may be
 */
export function scanSegment(scan: Scan, bytes: Uint8Array, from: number, to: number): number {
  const { kinds, ends } = scan;
  const last = Math.min(to, from + scan.longest + 1);
  let count = 0;
  let flags = 0;
  for (let at = from; at < last; at++) {
    const kind = kinds[bytes[at] as number] as number;
    if (kind === DATA) continue;
    if (kind < TERMINATOR) {
      ends[count++] = ((at - from) << 2) | kind;
    } else if (kind === TERMINATOR) {
      ends[count++] = (at - from) << 2;
      scan.count = count;
      scan.hasRelease = (flags & 1) !== 0;
      scan.hasSuspect = (flags & 2) !== 0;
      return at;
    } else if (kind === RELEASE) {
      flags |= 1;
      at++; // what stands behind it is data, whatever it is
      if (at < last && scan.released[bytes[at] as number] === SUSPECT) flags |= 2;
    } else {
      flags |= 2;
    }
  }
  return -1;
}

/** The bytes that the set has not, or that need a closer look since the set takes several bytes for a character. */
function suspectBytes({ characterSet }: Format): Uint8Array {
  let suspect = suspects.get(characterSet);
  if (suspect === undefined) {
    suspect = Uint8Array.from({ length: 256 }, (_, byte) =>
      characterSet.lacks(characterSet.decode(String.fromCharCode(byte))) === -1 ? DATA : SUSPECT,
    );
    suspects.set(characterSet, suspect);
  }
  return suspect;
}

const suspects = new WeakMap<CharacterSet, Uint8Array>();
