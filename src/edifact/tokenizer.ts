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
  let end = bytes.indexOf(terminator, from);
  while (end !== -1 && isReleased(bytes, from, end, delimiters.release)) end = bytes.indexOf(terminator, end + 1);
  return end;
}

/** An odd number of release characters in front takes the meaning from a service character. */
export function isReleased(bytes: Buffer, from: number, at: number, release: string): boolean {
  if (release === ' ') return false;
  let first = at;
  while (first > from && bytes[first - 1] === release.charCodeAt(0)) first--;
  return (at - first) % 2 === 1;
}

/** The segment from `start` to its terminator at `end`. Its elements are made when they are first asked for. */
export function makeSegment(bytes: Buffer, start: number, end: number, position: number, format: Format): Segment {
  return new SegmentSlice(bytes, start, end, position, format);
}

class SegmentSlice implements Segment {
  readonly tag: string;
  readonly offset: number;
  readonly position: number;
  private readonly bytes: Buffer;
  private readonly end: number;
  private readonly format: Format;
  private split: readonly (readonly string[])[] | undefined;

  constructor(bytes: Buffer, start: number, end: number, position: number, format: Format) {
    this.tag = tagAt(bytes, start, end, format.delimiters);
    this.offset = start;
    this.position = position;
    this.bytes = bytes;
    this.end = end;
    this.format = format;
    this.split = undefined;
  }

  get elements(): readonly (readonly string[])[] {
    this.split ??= this.read();
    return this.split;
  }

  private read(): readonly (readonly string[])[] {
    const { delimiters, characterSet } = this.format;
    // What stands between the tag and the first element separator (a nesting indicator of old) is no data.
    const [, ...elements] = splitElements(this.bytes.toString('latin1', this.offset, this.end), delimiters);
    return elements.map((components) => components.map((component) => characterSet.decode(component)));
  }
}

/** Tags that were met, by their bytes; only well-formed ones, so that there is an end to them. */
const tags = new Map<number, string>();

/** The tag of the segment at `start`: all before the first separator, cut where it is longer than a tag can be. */
export function tagAt(bytes: Buffer, start: number, end: number, { element, component }: Delimiters): string {
  const closing = end - start === 3 ? element.charCodeAt(0) : bytes[start + 3];
  if (end - start >= 3 && (closing === element.charCodeAt(0) || closing === component.charCodeAt(0))) {
    const key = bytes.readUIntBE(start, 3);
    const known = tags.get(key);
    if (known !== undefined) return known;
    const tag = bytes.toString('latin1', start, start + 3);
    if (isTagText(tag)) {
      tags.set(key, tag);
      return tag;
    }
  }
  const text = bytes.toString('latin1', start, Math.min(end, start + 4));
  return text.split(element, 1)[0]?.split(component, 1)[0] ?? '';
}

export function isTagText(tag: string): boolean {
  return /^[A-Z][A-Z0-9]{2}$/.test(tag);
}

/** Elements and components of raw segment text (one character a byte), release characters taken out. */
function splitElements(raw: string, delimiters: Delimiters): string[][] {
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
