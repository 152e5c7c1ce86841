import { type CodeTable, hasCode, hasKey } from './code-table.ts';
import type { SegmentRules } from './definitions.ts';
import { COMPONENT, DATA, DIGIT, ELEMENT, KIND, REPETITION, type Scan, TERMINATOR } from './scan.ts';
import { type Notation, digitsOf } from './value.ts';

/** The rules of a segment as numbers in a row, for the question whether all is well. */
export interface CompactRules {
  /** For each slot: its first part, the one behind its last, the bits of its mandatory parts, whether it is mandatory. */
  readonly slots: Int32Array;
  /** For each part: its type, the least and the greatest length. */
  readonly parts: Int32Array;
  /** For each part. */
  readonly codes: readonly (CodeTable | undefined)[];
  /** Slots up to the last that is mandatory. */
  readonly least: number;
}

const [ANY, NUMBER, LETTERS] = [0, 1, 2];
const types = { an: ANY, n: NUMBER, a: LETTERS };
const perSlot = 4;
const perPart = 3;

export function compactRules({ slots, least }: SegmentRules): CompactRules {
  const parts = slots.flatMap((slot) => slot.parts);
  const ends: number[] = [];
  for (const slot of slots) ends.push((ends.at(-1) ?? 0) + slot.parts.length);
  return {
    slots: Int32Array.from(
      slots.flatMap(({ required, mandatory }, index) => [ends[index - 1] ?? 0, ends[index] ?? 0, required, Number(mandatory)]), // prettier-ignore
    ),
    parts: Int32Array.from(parts.flatMap(({ type, min, max }) => [types[type], min, Math.min(max, 0x7fffffff)])),
    codes: parts.map(({ codes }) => codes),
    least,
  };
}

/**
 * Reads the segment that starts at `start`, its tag and an element separator first, and judges it in the same pass. Most
 * segments conform, so that this is where time goes.
 *
 * @returns the offset of its terminator when it surely keeps its rules; -1 says nothing: it has to be looked at by
 * `scanSegment` and `checkElements`, which tell what is wrong, if anything is
 */
export function conformingEnd(
  rules: CompactRules,
  scan: Scan,
  bytes: Buffer,
  start: number,
  to: number,
  notation: Notation,
): number {
  const { classes } = scan;
  const { slots, parts, codes } = rules;
  const limit = Math.min(to, start + scan.longest + 1);
  let slot = 0;
  let part = 0;
  let last = slots[1] as number;
  let present = 0;
  let bit = 1;
  for (let at = start + 4; at < limit; at++) {
    const from = at;
    let key = 0;
    let seen = 0;
    let byte = bytes[at] as number;
    let found = classes[byte] as number;
    while ((found & KIND) === DATA) {
      key = (key << 8) | byte;
      seen |= found;
      if (++at >= limit) return -1;
      byte = bytes[at] as number;
      found = classes[byte] as number;
    }
    if (found === REPETITION || found > TERMINATOR) return -1;
    if (at > from) {
      if (part >= last) return -1;
      const rule = part * perPart;
      const type = parts[rule] as number;
      let length = at - from;
      if (type === NUMBER && seen !== DIGIT) {
        const digits = digitsOf(bytes, from, at, notation);
        if (typeof digits === 'string') return -1;
        length = digits;
      } else if (type === LETTERS && (seen & DIGIT) !== 0) return -1;
      if (length < (parts[rule + 1] as number) || length > (parts[rule + 2] as number)) return -1;
      const table = codes[part];
      if (table !== undefined && !(at - from <= 4 ? hasKey(table, key) : hasCode(table, bytes, from, at))) return -1;
      present |= bit;
    } else if (found === TERMINATOR || (found === ELEMENT && bit !== 1)) return -1; // a separator with nothing behind it
    if (found === COMPONENT) {
      part++;
      bit <<= 1;
      continue;
    }
    if (present === 0 ? slots[slot + 3] !== 0 : ((slots[slot + 2] as number) & ~present) !== 0) return -1;
    if (found === TERMINATOR) return slot >= (rules.least - 1) * perSlot ? at : -1;
    slot += perSlot;
    if (slot >= slots.length) return -1;
    part = slots[slot] as number;
    last = slots[slot + 1] as number;
    present = 0;
    bit = 1;
  }
  return -1;
}
