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

/** A quick look at the raw text of a segment, so that only the few that need it are taken apart. */
export type Suspicion = (raw: string) => boolean;

/** Tells of raw segment text whether it may hold a character that the set has not. */
export function suspicionOf({ delimiters, characterSet }: Format): Suspicion {
  const service = delimiters.component + delimiters.element + delimiters.release;
  // Service characters from outside of the set stand in every segment: then each is looked at closely.
  if (characterSet.lacks(service) !== -1) return () => true;
  return (raw) => characterSet.lacks(characterSet.decode(raw)) !== -1;
}

/** An element that is repeated by the separator of syntax 4; no message that is read here has one (35). */
export function repetitionFinding(segment: Segment, raw: string, { delimiters }: Format): Finding | undefined {
  const { repetition } = delimiters;
  if (repetition === ' ' || !holdsUnreleased(raw, repetition, delimiters)) return undefined;
  const { tag, position, offset } = segment;
  const text = 'A data element is repeated where the directory has it once';
  return { level: 'UCS', code: '35', tag, segment: position, offset, text };
}
