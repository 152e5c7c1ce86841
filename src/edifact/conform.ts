import { type CodeTable, hasCode } from './code-table.ts';
import type { Slot } from './definitions.ts';
import { COMPONENT, ELEMENT, END, REPETITION, type Scan } from './scan.ts';
import { type Notation, digitsOf, holdsDigit } from './value.ts';

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

export function compactRules(slots: readonly Slot[], least: number): CompactRules {
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
 * Whether a segment without release characters and suspect ones surely keeps its rules, dependencies aside. False says
 * nothing: `checkElements` finds out what is wrong with it, if anything is. Most segments conform, so that this is where
 * time goes.
 */
export function surelyConforms(
  rules: CompactRules,
  scan: Scan,
  bytes: Buffer,
  start: number,
  notation: Notation,
): boolean {
  const { ends } = scan;
  const { slots, parts, codes } = rules;
  const { count } = scan;
  let slot = -perSlot;
  let part = 0;
  let last = 0;
  let present = 0;
  let bit = 1;
  let from = 0;
  // A nesting indicator of old stands behind the tag.
  let kind = (ends[0] as number) & 3;
  if (kind === COMPONENT || kind === REPETITION) return false;
  for (let next = 1; next < count; next++) {
    if (kind === ELEMENT) {
      slot += perSlot;
      if (slot >= slots.length) return false;
      part = slots[slot] as number;
      last = slots[slot + 1] as number;
      present = 0;
      bit = 1;
      from = start + ((ends[next - 1] as number) >> 2) + 1;
    }
    const token = ends[next] as number;
    const to = start + (token >> 2);
    kind = token & 3;
    if (to > from) {
      if (part >= last) return false;
      const rule = part * perPart;
      const type = parts[rule] as number;
      let length = to - from;
      if (type === NUMBER) {
        const digits = digitsOf(bytes, from, to, notation);
        if (typeof digits === 'string') return false;
        length = digits;
      } else if (type === LETTERS && holdsDigit(bytes, from, to)) return false;
      if (length < (parts[rule + 1] as number) || length > (parts[rule + 2] as number)) return false;
      const table = codes[part];
      if (table !== undefined && !hasCode(table, bytes, from, to)) return false;
      present |= bit;
    } else if (kind === END || (kind === ELEMENT && bit !== 1)) return false; // separators with nothing behind them
    if (kind === COMPONENT) {
      part++;
      bit <<= 1;
      from = to + 1;
    } else {
      if (kind === REPETITION) return false;
      if (present === 0 ? slots[slot + 3] !== 0 : ((slots[slot + 2] as number) & ~present) !== 0) return false;
    }
  }
  return slot >= (rules.least - 1) * perSlot;
}
