import type { CharacterSet } from './character-set.ts';
import type { Delimiters } from './delimiters.ts';
import type { Segment } from './interchange.ts';

/** How the segments of an interchange are to be taken apart. */
export interface Format {
  readonly delimiters: Delimiters;
  readonly characterSet: CharacterSet;
}

/** Offset of the terminator of the segment that starts at `from`, or -1. Time is linear in the length of the segment. */
export function segmentEnd(bytes: Buffer, from: number, delimiters: Delimiters): number {
  const terminator = delimiters.terminator.charCodeAt(0);
  const release = delimiters.release === ' ' ? -1 : delimiters.release.charCodeAt(0);
  let end = bytes.indexOf(terminator, from);
  while (end !== -1 && isReleased(bytes, from, end, release)) end = bytes.indexOf(terminator, end + 1);
  return end;
}

/** An odd number of release characters in front takes the meaning from a service character. */
function isReleased(bytes: Buffer, from: number, at: number, release: number): boolean {
  let first = at;
  while (first > from && bytes[first - 1] === release) first--;
  return (at - first) % 2 === 1;
}

/**
 * The segment whose bytes, without the terminator, are `raw` (one character a byte).
 * Its elements are made when they are first asked for.
 */
export function makeSegment(raw: string, offset: number, position: number, format: Format): Segment {
  return new RawSegment(raw, offset, position, format);
}

class RawSegment implements Segment {
  readonly tag: string;
  readonly offset: number;
  readonly position: number;
  readonly #raw: string;
  readonly #format: Format;
  #elements: readonly (readonly string[])[] | undefined;

  constructor(raw: string, offset: number, position: number, format: Format) {
    this.tag = tagOf(raw, format.delimiters);
    this.offset = offset;
    this.position = position;
    this.#raw = raw;
    this.#format = format;
  }

  get elements(): readonly (readonly string[])[] {
    this.#elements ??= this.#split();
    return this.#elements;
  }

  #split(): readonly (readonly string[])[] {
    const { delimiters, characterSet } = this.#format;
    // What stands between the tag and the first element separator (a nesting indicator of old) is no data.
    const [, ...elements] = splitElements(this.#raw, delimiters);
    return elements.map((components) => components.map((component) => characterSet.decode(component)));
  }
}

/** The tag of raw segment text; one character too many when it is longer than a tag can be. */
export function tagOf(raw: string, { element, component }: Delimiters): string {
  let length = 0;
  while (length < 4 && length < raw.length && raw[length] !== element && raw[length] !== component) length++;
  return raw.slice(0, length);
}

/** Elements and components of raw segment text (one character a byte), release characters taken out. */
export function splitElements(raw: string, delimiters: Delimiters): string[][] {
  const { element, component, release } = delimiters;
  if (release === ' ' || !raw.includes(release)) return raw.split(element).map((text) => text.split(component));
  const elements: string[][] = [];
  let components: string[] = [];
  let text = '';
  let from = 0;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at];
    if (character === release) {
      text += raw.slice(from, at);
      from = ++at; // the character behind it is data, whatever it is
    } else if (character === component || character === element) {
      components.push(text + raw.slice(from, at));
      text = '';
      from = at + 1;
      if (character === element) {
        elements.push(components);
        components = [];
      }
    }
  }
  components.push(text + raw.slice(from));
  elements.push(components);
  return elements;
}

/** Whether a service character stands unreleased in raw segment text. */
export function holdsUnreleased(raw: string, character: string, delimiters: Delimiters): boolean {
  const { release } = delimiters;
  if (release === ' ') return raw.includes(character);
  for (let at = raw.indexOf(character); at !== -1; at = raw.indexOf(character, at + 1)) {
    let first = at;
    while (first > 0 && raw[first - 1] === release) first--;
    if ((at - first) % 2 === 0) return true;
  }
  return false;
}
