/** For each tag, at the hash of its bytes or in the next free place: its bytes in one number, and the number of the tag. */
export type TagTable = Int32Array;

/** @param tags by their numbers */
export function tagTable(tags: readonly string[]): TagTable {
  const table = new Int32Array(places);
  for (const [number, tag] of tags.entries()) {
    let at = hashOf(keyOf(tag));
    while (table[at] !== 0) at = (at + 2) % places;
    table.set([keyOf(tag), number], at);
  }
  return table;
}

/** The number of a tag; -1 where the table has it not. */
export function tagNumber(table: TagTable, key: number): number {
  for (let at = hashOf(key); ; at = (at + 2) % places) {
    const found = table[at];
    if (found === 0) return -1;
    if (found === key) return table[at + 1] as number;
  }
}

/** More than a message has tags, two for each. */
const places = 2048;

function hashOf(key: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 21) & ~1;
}

/** The bytes of a tag in one number. */
export function keyOf(tag: string): number {
  return (tag.charCodeAt(0) << 16) | (tag.charCodeAt(1) << 8) | tag.charCodeAt(2);
}

/** The same of a tag that stands in bytes. */
export function keyAt(bytes: Uint8Array, start: number): number {
  return ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
}
