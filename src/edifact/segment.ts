import type { CharacterSet } from './character-set.ts';
import type { Delimiters } from './delimiters.ts';
import type { Segment } from './interchange.ts';

/** How the segments of an interchange are to be taken apart. */
export interface Format {
  readonly delimiters: Delimiters;
  readonly characterSet: CharacterSet;
}

/** The segment from `start` to its terminator at `end` of bytes that do not change. Its elements are made when they are asked for. */
export function makeSegment(
  bytes: Buffer,
  start: number,
  end: number,
  place: Pick<Segment, 'tag' | 'offset' | 'position'>,
  format: Format,
): Segment {
  return new SegmentSlice(bytes, start, end, place, format);
}

type Components = readonly string[];

class SegmentSlice implements Segment {
  readonly tag: string;
  readonly offset: number;
  readonly position: number;
  private readonly bytes: Buffer;
  private readonly start: number;
  private readonly end: number;
  private readonly format: Format;
  /** No other one has it as long as this one is in use. */
  private readonly id: number;

  constructor(
    bytes: Buffer,
    start: number,
    end: number,
    { tag, offset, position }: Pick<Segment, 'tag' | 'offset' | 'position'>,
    format: Format,
  ) {
    this.tag = tag;
    this.offset = offset;
    this.position = position;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.format = format;
    this.id = made = (made + 1) | 0;
  }

  get elements(): readonly Components[] {
    return this.taken().elements;
  }

  get repeats(): Segment['repeats'] {
    return this.taken().repeats;
  }

  private taken(): Split {
    if (last?.id !== this.id) last = { id: this.id, split: this.read() };
    return last.split;
  }

  spot(element = 1, component?: number): { offset: number; length?: number } {
    const { delimiters } = this.format;
    if (element === 1)
      return { offset: this.offset, ...(this.end > this.start ? { length: this.end - this.start } : {}) };
    let [from, at] = [-1, this.start];
    let [elements, components] = [1, 1];
    const reached = () => elements === element && (component === undefined || components === component);
    for (; at < this.end; at++) {
      const character = String.fromCharCode(this.bytes[at] as number);
      const ends = character === delimiters.element;
      if (character === delimiters.release && character !== ' ') at++;
      else if (ends || character === delimiters.component) {
        if (from !== -1 && (ends || component !== undefined)) break;
        components = ends ? 1 : components + 1;
        if (ends) elements++;
        if (from === -1 && reached()) from = at + 1;
      }
    }
    const start = from === -1 ? this.end : from;
    const length = Math.min(at, this.end) - start;
    return { offset: this.offset + start - this.start, ...(length > 0 ? { length } : {}) };
  }

  private read(): Split {
    const { delimiters, characterSet } = this.format;
    const raw = this.bytes.toString('latin1', this.start, this.end);
    const { element, component, release, repetition } = delimiters;
    const isPlain = (release === ' ' || !raw.includes(release)) && (repetition === ' ' || !raw.includes(repetition));
    // Service characters are ASCII, so that decoding leaves them where they are.
    if (isPlain) return { elements: splitPlain(characterSet.decode(raw), element, component), repeats: undefined };
    // What stands between the tag and the first element separator (a nesting indicator of old) is no data.
    const [, ...all] = splitElements(raw, delimiters);
    const decoded = all.map((occurrences) => occurrences.map((components) => components.map((text) => characterSet.decode(text)))); // prettier-ignore
    const further = decoded.flatMap((occurrences, index) =>
      occurrences.length > 1 ? [[index + 1, occurrences.slice(1)] as const] : [],
    );
    return {
      elements: decoded.map(([first = []]) => first),
      repeats: further.length === 0 ? undefined : new Map(further),
    };
  }
}

/**
 * Of the segment that was asked for last, which most often is asked for again at once: the elements of all together take
 * several times as much as their bytes.
 */
let last: { readonly id: number; readonly split: Split } | undefined;
let made = 0;

interface Split {
  readonly elements: readonly Components[];
  readonly repeats: Segment['repeats'];
}

/** Elements and their components where nothing is released or repeated. */
function splitPlain(text: string, element: string, component: string): readonly Components[] {
  const elements: Components[] = [];
  for (let from = text.indexOf(element) + 1; from !== 0;) {
    const end = text.indexOf(element, from);
    const one = end === -1 ? text.slice(from) : text.slice(from, end);
    elements.push(one.includes(component) ? one.split(component) : [one]);
    from = end + 1;
  }
  return elements;
}

/** Tags that were met, by their bytes; only well-formed ones, so that there is an end to them. */
const tags = new Map<number, string>();

/** The text of a tag of three characters, given as its bytes in one number. */
export function tagOf(key: number): string {
  let tag = tags.get(key);
  if (tag === undefined) {
    tag = String.fromCharCode(key >> 16, (key >> 8) & 0xff, key & 0xff);
    if (isTagText(tag)) tags.set(key, tag);
  }
  return tag;
}

export function isTagText(tag: string): boolean {
  return /^[A-Z][A-Z0-9]{2}$/.test(tag);
}

/** Elements, their occurrences and components of raw segment text (one character a byte), release characters taken out. */
function splitElements(raw: string, delimiters: Delimiters): string[][][] {
  const { element, component, release, repetition } = delimiters;
  const elements: string[][][] = [[[]]];
  let text = '';
  let from = 0;
  for (let at = 0; at <= raw.length; at++) {
    const character = raw[at];
    if (character === release && release !== ' ') {
      text += raw.slice(from, at);
      from = ++at; // the character behind it is data, whatever it is
    } else if (
      character === undefined ||
      character === component ||
      character === element ||
      (character === repetition && repetition !== ' ')
    ) {
      elements
        .at(-1)
        ?.at(-1)
        ?.push(text + raw.slice(from, at));
      text = '';
      from = at + 1;
      if (character === element) elements.push([[]]);
      else if (character === repetition) elements.at(-1)?.push([]);
    }
  }
  return elements;
}

/** Raw text of a component without its release characters. */
export function unreleased(raw: string, { release }: Delimiters): string {
  let text = '';
  let from = 0;
  for (let at = raw.indexOf(release); at !== -1; at = raw.indexOf(release, at + 2)) {
    text += raw.slice(from, at);
    from = at + 1;
  }
  return text + raw.slice(from);
}

/**
 * Where an element or component of a segment stands, in the payload and in bytes; the whole segment without `element`.
 * What is cut off at the end stands at the end, with no length.
 *
 * @param element as 0098 counts: the tag = 1
 * @param component from 1; all of the element without it
 */
export function spotOf(segment: Segment, element?: number, component?: number): { offset: number; length?: number } {
  return segment instanceof SegmentSlice ? segment.spot(element, component) : { offset: segment.offset };
}

/** Offset of the terminator of the segment that starts at `from`, or -1. Time is linear in the length of the segment. */
export function segmentEnd(bytes: Buffer, from: number, { terminator, release }: Delimiters): number {
  const sought = terminator.charCodeAt(0);
  const skipped = release === ' ' ? -1 : release.charCodeAt(0);
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === sought) return at;
    if (bytes[at] === skipped) at++;
  }
  return -1;
}
