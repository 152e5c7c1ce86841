import { type CodeTable, codeKey, hasKey } from './code-table.ts';
import type { ComponentRules, SegmentRules, Slot } from './definitions.ts';
import { skipBlanks } from './delimiters.ts';
import { type Order, type Path, stepOn } from './order.ts';
import { COMPONENT, DIGIT, ELEMENT, NO_DIGIT, type Scan, TERMINATOR } from './scan.ts';
import { type TagTable, keyAt, tagNumber } from './tag-table.ts';
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

/** What is passed over. */
export interface Passage {
  readonly grammar: { readonly tags: TagTable; readonly flat: FlatRules; readonly trailer: number };
  readonly order: Order;
  readonly path: Path;
  readonly scan: Scan;
  readonly bytes: Buffer;
  /** Offset of a terminator, released or not: the last one. */
  readonly last: number;
  readonly notation: Notation;
  /** Where the segment starts that is not passed over. */
  at: number;
}

/**
 * Passes over segments that surely keep their rules and stand in their places, up to UNT. Each is read and judged in one
 * go: most conform, so that this is where time goes. Of the one at which it stops nothing is said: it has to be looked
 * at by `scanSegment` and `checkElements`, which tell what is wrong, if anything is.
 *
 * @param most so many at most
 * @param told of each: where it starts, where its terminator stands, the number of its tag
 * @returns how many
 */
export function passOver(
  passage: Passage,
  most: number,
  told?: (start: number, end: number, number: number) => void,
): number {
  const { grammar, order, path, scan, bytes, last, notation } = passage;
  const { classes, longest } = scan;
  const { tags, flat, trailer } = grammar;
  const { starts, words, codes } = flat;
  let count = 0;
  let next = passage.at;
  segments: for (; count < most; count++) {
    const start = (bytes[next] as number) > 0x20 ? next : skipBlanks(bytes, next);
    if (start + 4 > last || classes[bytes[start + 3] as number] !== ELEMENT) break;
    const number = tagNumber(tags, keyAt(bytes, start));
    if (number === -1 || number === trailer) break;
    let slot = starts[2 * number] as number;
    if (slot === 0) break;
    let part = slot + SLOT;
    let end = words[slot + LAST] as number;
    let present = 0;
    let bit = 1;
    for (let at = start + 4; ; at++) {
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
          if (typeof digits === 'string') break segments;
          length = digits;
        }
        length -= words[part + LEAST] as number;
        if (length < 0 || length > (words[part + ROOM] as number)) break segments;
        const table = words[part + CODES] as number;
        if (table !== noCodes) {
          if (at - from > 4 || !hasKey(codes, table, words[part + MASK] as number, codeKey(bytes, from, at)))
            break segments;
        }
        present |= bit;
      } else if (found === TERMINATOR || (found === ELEMENT && bit !== 1)) break segments; // a separator with nothing behind it
      if (found === COMPONENT) {
        part += PART;
        if (part >= end) break segments;
        bit <<= 1;
        continue;
      }
      if (present === 0 ? words[slot + MANDATORY] !== 0 : ((words[slot + REQUIRED] as number) & ~present) !== 0)
        break segments;
      if (found === ELEMENT) {
        slot = words[slot + NEXT] as number;
        if (slot === 0) break segments;
        part = slot + SLOT;
        end = words[slot + LAST] as number;
        present = 0;
        bit = 1;
        continue;
      }
      if (found !== TERMINATOR || slot < (starts[2 * number + 1] as number)) break segments;
      if (at - start > longest || !stepOn(order, path, number)) break segments;
      if (told !== undefined) told(start, at, number);
      next = at + 1;
      break;
    }
  }
  passage.at = next;
  return count;
}
