import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

import { passing } from './passing.ts';

/**
 * Bytes in order. A piece may be of any size but none is empty, and never changes after it was handed out.
 * Reading is synchronous: whoever has much to read does it on a thread of its own.
 */
export type Pieces = Iterable<Buffer>;

/** Bytes whose number is known, and which are perhaps only made while they are read. */
export interface Sized {
  readonly size: number;
  pieces(): Pieces;
}

/** Bytes that lie still, and can be read as often as wanted: in memory when they are few, else in a file. */
export interface Source extends Sized {
  /** From `start` on, up to `end`, or to the last of them. */
  pieces(start?: number, end?: number): Pieces;
  /** All of them without the thread waiting for the disk; only where they lie on one. */
  stream?(): AsyncIterable<Buffer>;
  /** Where they lie, if in a file. */
  readonly file?: string;
}

/** Read at a stroke. Larger pieces cost page faults, smaller ones calls. In octets. */
export const PIECE = 256 * 1024;

/** Bytes in memory. */
export function sourceOf(bytes: Buffer): Source {
  return {
    size: bytes.length,
    pieces(start = 0, end = bytes.length) {
      const last = Math.min(end, bytes.length);
      if (start >= last) return [];
      // At a stroke up to a piece; beyond, cut, so that what is made of a piece stays small too.
      return last - start > PIECE ? cut(bytes, start, last) : [bytes.subarray(start, last)];
    },
  };
}

function* cut(bytes: Buffer, start: number, end: number): Generator<Buffer, void, undefined> {
  for (let at = start; at < end; at += PIECE) yield bytes.subarray(at, Math.min(at + PIECE, end));
}

/** Bytes in a file, which must not change meanwhile. @throws what opening and reading it throws */
export function fileSource(file: string, size: number): Source {
  return {
    size,
    file,
    *pieces(start = 0, end = size) {
      const last = Math.min(end, size);
      for (let at = start; at < last;) {
        const piece = readAt(file, at, Math.min(PIECE, last - at));
        if (piece.length === 0) throw new Error(`${file} is shorter than it was`);
        yield piece;
        at += piece.length;
        passing(piece.length);
      }
    },
    async *stream() {
      const handle = await open(file, 'r');
      try {
        for (let at = 0; at < size;) {
          const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, size - at));
          const { bytesRead: count } = await handle.read(piece, 0, piece.length, at);
          if (count === 0) throw new Error(`${file} is shorter than it was`);
          yield count === piece.length ? piece : piece.subarray(0, count);
          at += count;
          passing(count);
        }
      } finally {
        await handle.close();
      }
    },
  };
}

/** Opens it anew, as nobody tells us when a reader stops before the end: it would stay open. */
function readAt(file: string, at: number, length: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const piece = Buffer.allocUnsafeSlow(length);
    return piece.subarray(0, readSync(handle, piece, 0, length, at));
  } finally {
    closeSync(handle);
  }
}

/** One after the other. */
export function concatenated(...parts: readonly Sized[]): Sized {
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    *pieces() {
      for (const part of parts) yield* part.pieces();
    },
  };
}

/** Some bytes, and then those of a source. */
export function joined(head: Buffer, body: Source): Source {
  return {
    size: head.length + body.size,
    *pieces(start = 0, end = head.length + body.size) {
      if (start < head.length && start < end) yield head.subarray(start, Math.min(end, head.length));
      if (end > head.length) yield* body.pieces(Math.max(start - head.length, 0), end - head.length);
    },
  };
}

/** What a source holds from `start` on. */
export function after(source: Source, start: number): Source {
  return start === 0
    ? source
    : {
        size: source.size - start,
        pieces: (from = 0, to = source.size - start) => source.pieces(start + from, start + to),
      };
}

/** All of it in one buffer; no copy when it comes in one piece. */
export function gather(pieces: Pieces): Buffer {
  const [first, ...more] = pieces;
  return first === undefined ? Buffer.alloc(0) : more.length === 0 ? first : Buffer.concat([first, ...more]);
}

/** All of it in one buffer, without the thread waiting for the disk. In memory it is never twice. */
export async function gathered(source: Source): Promise<Buffer> {
  if (source.stream === undefined) return gather(source.pieces());
  const all = Buffer.allocUnsafeSlow(source.size);
  let at = 0;
  for await (const piece of source.stream()) at += piece.copy(all, at);
  return all.subarray(0, at); // nothing that was not written
}

/** Reads to the end and drops it. */
export function drain(pieces: Pieces): void {
  const each = pieces[Symbol.iterator]();
  while (each.next().done !== true);
}
