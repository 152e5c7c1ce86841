import { type Delimiters, isTag, skipBlanks } from './delimiters.ts';

/** Passes over blanks, and what old systems fill a file's end with: NUL and SUB. */
export function skipFiller(bytes: Buffer, from: number): number {
  let at = skipBlanks(bytes, from);
  while (bytes[at] === 0x00 || bytes[at] === 0x1a) at = skipBlanks(bytes, at + 1);
  return at;
}

/** The search for where the next interchange may begin, behind one that cannot be read. */
export interface Search {
  readonly delimiters: Delimiters;
  /** Only blanks stand between here and the beginning of a line or of a segment. */
  fresh: boolean;
  /** The byte before is a release character that counts. */
  released: boolean;
  /** Nothing was passed over yet. */
  first: boolean;
}

/**
 * Where to look from, behind the unreadable interchange at `start`: a UNB is read by the UNA in front of it or not at
 * all, since by other separators it might say something else.
 */
export function startSearch(bytes: Buffer, start: number, delimiters: Delimiters): { search: Search; from: number } {
  const from = isTag(bytes, start, 'UNA') ? Math.min(skipBlanks(bytes, start + 9), bytes.length) : start;
  return { search: { delimiters, fresh: false, released: false, first: true }, from };
}

const [CR, LF, NUL, SUB, SPACE, TAB] = [0x0d, 0x0a, 0x00, 0x1a, 0x20, 0x09];

/**
 * Goes on to UNA or UNB at the beginning of a line or of a segment; data can hold `UNB` as well. Time is linear in what is
 * passed over.
 *
 * @returns its offset, or that of what may be a part of it at the end, or the length of the bytes
 */
export function goOn(search: Search, bytes: Buffer, from: number): { at: number; found: boolean } {
  const release = search.delimiters.release === ' ' ? -1 : search.delimiters.release.charCodeAt(0);
  const terminator = search.delimiters.terminator.charCodeAt(0);
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x55 && search.fresh && !search.first) {
      if (isTag(bytes, at, 'UNA') || isTag(bytes, at, 'UNB')) return { at, found: true };
      if (bytes.length - at < 3) return { at, found: false };
    }
    search.first = false;
    if (byte === release) {
      search.fresh = false;
      search.released = !search.released;
      continue;
    }
    if (byte === terminator) search.fresh = !search.released;
    else if (byte === CR || byte === LF || byte === NUL || byte === SUB) search.fresh = true;
    else if (byte !== SPACE && byte !== TAB) search.fresh = false;
    search.released = false;
  }
  return { at: bytes.length, found: false };
}
