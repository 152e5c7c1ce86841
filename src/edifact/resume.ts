import { type Delimiters, isTag, skipBlanks } from './delimiters.ts';
import { isReleased } from './tokenizer.ts';

/** Passes over blanks, and what old systems fill a file's end with: NUL and SUB. */
export function skipFiller(bytes: Buffer, from: number): number {
  let at = skipBlanks(bytes, from);
  while (bytes[at] === 0x00 || bytes[at] === 0x1a) at = skipBlanks(bytes, at + 1);
  return at;
}

/**
 * Where an interchange may begin behind the unreadable one at `start`: UNA or UNB at the beginning of a line or of a
 * segment, or else the end of the bytes. Time is linear in what is passed over.
 */
export function nextOpening(bytes: Buffer, start: number, delimiters: Delimiters): number {
  // A UNB is read by the UNA in front of it or not at all: by other separators it might say something else.
  const from = isTag(bytes, start, 'UNA') ? skipBlanks(bytes, start + 9) : start;
  for (let at = bytes.indexOf('UN', from + 1); at !== -1; at = bytes.indexOf('UN', at + 1)) {
    const opens = isTag(bytes, at, 'UNA') || isTag(bytes, at, 'UNB');
    if (opens && beginsSegment(bytes, at, delimiters)) return at;
  }
  return bytes.length;
}

/** Data can hold `UNB` as well; behind a blank alone, or a terminator that is released, it is data. */
function beginsSegment(bytes: Buffer, at: number, { terminator, release }: Delimiters): boolean {
  let before = at - 1;
  while (bytes[before] === 0x20 || bytes[before] === 0x09) before--;
  if (bytes[before] === terminator.charCodeAt(0)) return !isReleased(bytes, 0, before, release);
  return [0x0a, 0x0d, 0x00, 0x1a].includes(bytes[before] ?? 0);
}
