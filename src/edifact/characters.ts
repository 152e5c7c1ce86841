import type { CharacterSet } from './character-set.ts';
import type { Finding, Level, Segment } from './interchange.ts';
import { type Format, holdsUnreleased } from './tokenizer.ts';

/** The components of a segment that hold characters which the set has not (21). */
export function characterFindings(segment: Segment, set: CharacterSet, level: Level): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, components] of segment.elements.entries()) {
    for (const [place, text] of components.entries()) {
      const found = set.lacks(text);
      if (found === -1) continue;
      findings.push({
        level,
        code: '21',
        tag: segment.tag,
        segment: segment.position,
        element: index + 2,
        ...(components.length > 1 ? { component: place + 1 } : {}),
        offset: segment.offset,
        text: `Character ${found + 1} (${codePoint(text, found)}) is not in ${set.id}`,
      });
    }
  }
  return findings;
}

function codePoint(text: string, index: number): string {
  return `U+${(text.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Marks the bytes of which a segment without fault has none; service characters are without fault. */
export type SuspectBytes = Uint8Array;

/** The bytes that the set has not, or that need a closer look since the set takes several bytes for a character. */
export function suspectBytes({ delimiters, characterSet }: Format): SuspectBytes {
  const suspect = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (characterSet.lacks(characterSet.decode(String.fromCharCode(byte))) !== -1) suspect[byte] = 1;
  }
  const { component, element, release } = delimiters;
  for (const character of [component, element, release]) suspect[character.charCodeAt(0)] = 0;
  return suspect;
}

export function holdsSuspect(bytes: Buffer, start: number, end: number, suspect: SuspectBytes): boolean {
  for (let at = start; at < end; at++) if (suspect[bytes[at] as number] === 1) return true;
  return false;
}

/** An element that is repeated by the separator of syntax 4; no message that is read here has one (35). */
export function repetitionFinding(segment: Segment, raw: string, { delimiters }: Format): Finding | undefined {
  if (!holdsUnreleased(raw, delimiters.repetition, delimiters)) return undefined;
  const { tag, position, offset } = segment;
  const text = 'A data element is repeated where the directory has it once';
  return { level: 'UCS', code: '35', tag, segment: position, offset, text };
}
