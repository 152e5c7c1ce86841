import { type CodeTable, hasKey, keyOf } from './code-table.ts';
import type { ComponentRules, SegmentRules, Slot } from './definitions.ts';
import { COMPONENT, DIGIT, ELEMENT, NO_DIGIT, TERMINATOR } from './scan.ts';
import { type Notation, digitsOf } from './value.ts';

/** The rules of all segments of a message as numbers in a row, for the question whether all is well. */
export interface FlatRules {
  /** For each segment, by its number in the structure: its first slot in `words`, and the last that is mandatory. */
  readonly starts: Int32Array;
  /** Slots and, behind each, its parts, as the constants below say. */
  readonly words: Int32Array;
  /** The slots of all code tables. */
  readonly codes: Int32Array;
}

/** Of a slot: where its parts end; the next slot, or 0; the bits of its mandatory parts; whether it is mandatory. */
const [LAST, NEXT, REQUIRED, MANDATORY, SLOT] = [0, 1, 2, 3, 4];
/** Of a part: classes of bytes that a text of its type has not; the least length, the room above; its code table. */
const [UNFIT, LEAST, ROOM, CODES, MASK, PART] = [0, 1, 2, 3, 4, 5];
const unfit = { an: 0, n: NO_DIGIT, a: DIGIT };
const noCodes = -1;

/** @param segments by their number; undefined for those that are not to be judged here */
export function flatRules(segments: readonly (SegmentRules | undefined)[]): FlatRules {
  const starts: number[] = [];
  const words = [0]; // no slot is at 0
  const codes: number[] = [];
  const known = new Map<CodeTable, number>();
  const tableAt = (table: CodeTable) => {
    const at = known.get(table) ?? codes.length;
    if (!known.has(table)) for (const code of table.slots) codes.push(code);
    known.set(table, at);
    return at;
  };
  const addPart = ({ type, min, max, codes: table }: ComponentRules) => {
    const list = table === undefined ? [noCodes, 0] : [tableAt(table), table.slots.length - 1];
    words.push(unfit[type], min, Math.min(max, 0x3fffffff) - min, ...list);
  };
  const addSlot = ({ parts, required, mandatory }: Slot, isLast: boolean) => {
    const end = words.length + SLOT + parts.length * PART;
    words.push(end, isLast ? 0 : end, required, Number(mandatory));
    parts.forEach(addPart);
  };
  for (const rules of segments) {
    const [first, { slots, least }] = [words.length, rules ?? { slots: [], least: 0 }];
    const at = slots.map((slot, index) => {
      const here = words.length;
      addSlot(slot, index === slots.length - 1);
      return here;
    });
    starts.push(slots.length === 0 ? 0 : first, at[least - 1] ?? first);
  }
  return { starts: Int32Array.from(starts), words: Int32Array.from(words), codes: Int32Array.from(codes) };
}

/**
 * Reads a segment, its tag and an element separator first, and judges it in the same pass. Most segments conform, so that
 * this is where time goes.
 *
 * @param number of its tag in the structure
 * @param classes of `Scan`
 * @param start of its first element; a terminator stands behind it, released or not
 * @returns the offset of its terminator when it surely keeps its rules; -1 says nothing: it has to be looked at by
 * `scanSegment` and `checkElements`, which tell what is wrong, if anything is
 */
export function conformingEnd(
  { starts, words, codes }: FlatRules,
  number: number,
  classes: Uint8Array,
  bytes: Buffer,
  start: number,
  notation: Notation,
): number {
  let slot = starts[2 * number] as number;
  if (slot === 0) return -1;
  let part = slot + SLOT;
  let last = words[slot + LAST] as number;
  let present = 0;
  let bit = 1;
  for (let at = start; ; at++) {
    const from = at;
    let seen = 0;
    let found = classes[bytes[at] as number] as number;
    // Four bytes a turn: to go round costs as much as to look.
    while (found >= DIGIT) {
      seen |= found;
      found = classes[bytes[++at] as number] as number;
      if (found < DIGIT) break;
      seen |= found;
      found = classes[bytes[++at] as number] as number;
      if (found < DIGIT) break;
      seen |= found;
      found = classes[bytes[++at] as number] as number;
      if (found < DIGIT) break;
      seen |= found;
      found = classes[bytes[++at] as number] as number;
    }
    if (at > from) {
      let length = at - from;
      if ((seen & (words[part + UNFIT] as number)) !== 0) {
        const digits = words[part + UNFIT] === NO_DIGIT ? digitsOf(bytes, from, at, notation) : '37';
        if (typeof digits === 'string') return -1;
        length = digits;
      }
      length -= words[part + LEAST] as number;
      if (length < 0 || length > (words[part + ROOM] as number)) return -1;
      const table = words[part + CODES] as number;
      if (table !== noCodes) {
        if (at - from > 4 || !hasKey(codes, table, words[part + MASK] as number, keyOf(bytes, from, at))) return -1;
      }
      present |= bit;
    } else if (found === TERMINATOR || (found === ELEMENT && bit !== 1)) return -1; // a separator with nothing behind it
    if (found === COMPONENT) {
      part += PART;
      if (part >= last) return -1;
      bit <<= 1;
      continue;
    }
    if (present === 0 ? words[slot + MANDATORY] !== 0 : ((words[slot + REQUIRED] as number) & ~present) !== 0)
      return -1;
    if (found === ELEMENT) {
      slot = words[slot + NEXT] as number;
      if (slot === 0) return -1;
      part = slot + SLOT;
      last = words[slot + LAST] as number;
      present = 0;
      bit = 1;
    } else return found === TERMINATOR && slot >= (starts[2 * number + 1] as number) ? at : -1;
  }
}
