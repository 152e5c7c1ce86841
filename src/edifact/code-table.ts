/** The values of a code list, looked up by their bytes. */
export interface CodeTable {
  readonly all: readonly string[];
  /** Codes of up to four characters, one number each, at their hash or in the next free place; 0 is free. */
  readonly slots: Int32Array;
  /** Longer codes. */
  readonly long: ReadonlySet<string>;
}

export function codeTable(codes: Iterable<string>): CodeTable {
  const all = [...codes];
  const short = all.filter((code) => code.length <= 4);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(short.length * 2 + 2)));
  for (const code of short) {
    const key = codeKey(Buffer.from(code, 'latin1'), 0, code.length);
    let at = hashOf(key) & (slots.length - 1);
    while (slots[at] !== 0 && slots[at] !== key) at = (at + 1) & (slots.length - 1);
    slots[at] = key;
  }
  return { all, slots, long: new Set(all.filter((code) => code.length > 4)) };
}

/** Whether the bytes from `start` to `end` are a code of the list. They hold no release character. */
export function hasCode(table: CodeTable, bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 4) return table.long.size > 0 && table.long.has(bytes.toString('latin1', start, end));
  return hasKey(table.slots, 0, table.slots.length - 1, codeKey(bytes, start, end));
}

/**
 * The same of a code of up to four characters, its bytes in one number.
 *
 * @param slots those of the table from `first` on
 * @param mask one less than they are
 */
export function hasKey(slots: Int32Array, first: number, mask: number, key: number): boolean {
  for (let at = hashOf(key) & mask; ; at = (at + 1) & mask) {
    const slot = slots[first + at];
    if (slot === key) return true;
    if (slot === 0) return false;
  }
}

/** Up to four bytes in one number; never 0, since no code holds NUL alone. */
export function codeKey(bytes: Uint8Array, start: number, end: number): number {
  let key = 0;
  for (let at = start; at < end; at++) key = (key << 8) | (bytes[at] as number);
  return key;
}

function hashOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 15;
}
