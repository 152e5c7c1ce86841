import { gather, PIECE, type Source } from '../../bytes/source.ts';

/** Where something stands in a file, and what a person sees of it there. */
export interface Spot {
  /** From 1, and the character in it, from 1. */
  readonly line: number;
  readonly column: number;
  /** As much of the line as is shown, and what of it stands before the spot and at it. */
  readonly text: string;
  readonly before: string;
  readonly at: string;
}

export interface Lines {
  /** @param decode bytes to text, by the character set of the interchange */
  spot(offset: number, length: number, decode: (bytes: Buffer) => string): Spot;
}

/** Octets that are shown before a spot, and from it on; longest line that is looked back for its beginning. */
const shownBefore = 60;
const shownFrom = 60;
const block = PIECE;

/** The lines of a file, of which some blocks are read at a time. Spots are told fastest in their order. */
export function linesOf(source: Source): Lines {
  /** Line breaks before each block, and where the last line before it begins. */
  const marks: { readonly breaks: number; readonly lineStart: number }[] = [{ breaks: 0, lineStart: 0 }];
  let held: { readonly index: number; readonly bytes: Buffer } = { index: -1, bytes: Buffer.alloc(0) };

  function blockAt(index: number): Buffer {
    if (held.index !== index) held = { index, bytes: gather(source.pieces(index * block, (index + 1) * block)) };
    return held.bytes;
  }

  /** Up to an offset, all of it in a block. */
  function count(index: number, end: number) {
    const mark = marks[index] ?? { breaks: 0, lineStart: 0 };
    let { breaks, lineStart } = mark;
    const bytes = blockAt(index);
    for (let at = bytes.indexOf(0x0a); at !== -1 && at < end; at = bytes.indexOf(0x0a, at + 1)) {
      breaks++;
      lineStart = index * block + at + 1;
    }
    return { breaks, lineStart };
  }

  return {
    spot(offset, length, decode) {
      const place = Math.min(offset, source.size);
      const index = Math.floor(place / block);
      for (let next = marks.length; next <= index; next++) marks.push(count(next - 1, block));
      const { breaks, lineStart } = count(index, place - index * block);
      const from = Math.max(lineStart, place - shownBefore);
      const shown = gather(source.pieces(from, place + shownFrom));
      const lineEnd = shown.subarray(place - from).findIndex((byte) => byte === 0x0a || byte === 0x0d);
      const line = lineEnd === -1 ? shown : shown.subarray(0, place - from + lineEnd);
      const cut = decode(line.subarray(0, place - from));
      const before = (from > lineStart ? '…' : '') + cut;
      const whole = gather(source.pieces(lineStart, Math.min(place, lineStart + countedInCharacters)));
      return {
        line: breaks + 1,
        column: (place - lineStart > countedInCharacters ? place - lineStart : decode(whole).length) + 1,
        text: before + decode(line.subarray(place - from)),
        before,
        at: decode(line.subarray(place - from, place - from + length)),
      };
    },
  };
}

/** Beyond it columns count octets: nobody counts so far by eye. */
const countedInCharacters = 4096;
