import { hasCode } from './code-table.ts';
import type { ComponentRules } from './definitions.ts';

/** What is wrong with a value: 0085; `ok` when nothing is. */
export type ValueFault = 'ok' | '12' | '19' | '37' | '38' | '39' | '40';

/** How numbers are written in an interchange (ISO 9735-1 §10). */
export interface Notation {
  readonly version: string;
  /** The byte that is the decimal mark, where a UNA says so before syntax 4; 0: a point or a comma. */
  readonly decimal: number;
}

/**
 * Holds a value against its rules: type, length, list.
 *
 * @param bytes from `start` to `end` the value, one byte a character, without release characters
 */
export function valueFault(
  rules: ComponentRules,
  bytes: Buffer,
  start: number,
  end: number,
  notation: Notation,
): ValueFault {
  const { type, min, max, codes } = rules;
  let length = end - start;
  if (type === 'n') {
    const digits = digitsOf(bytes, start, end, notation);
    if (typeof digits === 'string') return digits;
    length = digits;
  } else if (type === 'a' && holdsDigit(bytes, start, end)) {
    return '37';
  }
  if (length > max) return '39';
  if (length < min) return '40';
  return codes === undefined || hasCode(codes, bytes, start, end) ? 'ok' : '12';
}

const [ZERO, NINE, MINUS, POINT, COMMA, EXPONENT] = [0x30, 0x39, 0x2d, 0x2e, 0x2c, 0x45];

/**
 * How long a number is: its sign, its decimal mark and its exponent do not count (ISO 9735-1 §10). It begins with a minus
 * or a digit; a digit stands before and behind its mark, and no triads are set apart. Before syntax 4 the mark has
 * errors of its own: 19 and 38.
 */
function digitsOf(bytes: Uint8Array, start: number, end: number, notation: Notation): number | ValueFault {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const first = at;
  let mark = -1;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= ZERO && byte <= NINE) continue;
    if ((byte !== POINT && byte !== COMMA) || mark !== -1) break;
    mark = at;
  }
  const early = notation.version !== '4';
  if (at < end && (early || !isExponent(bytes, at, end))) return '37';
  const digits = at - first - (mark === -1 ? 0 : 1);
  if (digits === 0) return '37';
  if (mark !== -1) {
    if (mark === first) return early ? '38' : '37';
    if (mark === at - 1 || (notation.decimal !== 0 && bytes[mark] !== notation.decimal)) return early ? '19' : '37';
  }
  return digits;
}

/** From syntax 4: `E`, and a whole number. */
function isExponent(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== EXPONENT) return false;
  const first = bytes[at + 1] === MINUS ? at + 2 : at + 1;
  for (let each = first; each < end; each++) {
    if ((bytes[each] as number) < ZERO || (bytes[each] as number) > NINE) return false;
  }
  return first < end;
}

function holdsDigit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) return true;
  return false;
}
