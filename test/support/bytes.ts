import { gather, type Pieces, type Sized, type Source } from '../../src/bytes/source.ts';

/** These chunks as they are, whatever their sizes; from `start` on, the cut one shorter. */
export function bytesOf(...chunks: readonly Uint8Array[]): Source {
  const buffers = chunks.map((chunk) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  const size = buffers.reduce((sum, { length }) => sum + length, 0);
  return {
    size,
    *pieces(start = 0, end = size) {
      let at = 0;
      for (const buffer of buffers) {
        const piece = buffer.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
        if (piece.length > 0) yield piece;
        at += buffer.length;
      }
    },
  };
}

/** The same bytes in pieces of these lengths; whatever is left is the last. */
export function inPieces(bytes: Uint8Array, ...lengths: readonly number[]): Source {
  let at = 0;
  const chunks = lengths.map((length) => bytes.subarray(at, (at += length)));
  return bytesOf(...chunks, bytes.subarray(at));
}

/** The same bytes in pieces of one length. */
export function inPiecesOf(bytes: Uint8Array, length: number): Source {
  return inPieces(bytes, ...Array<number>(Math.ceil(bytes.length / length)).fill(length));
}

/** All of it. */
export function collect(content: Pieces | Sized): Buffer {
  return gather('pieces' in content ? content.pieces() : content);
}
