/**
 * Bytes as they come: from a socket, a file, or the layer outside. Chunks may be of any size, also empty.
 * Whoever makes one must let it be read once; whoever reads it must read it to its end or drop it.
 */
export type Bytes = AsyncIterable<Uint8Array>;

/** Bytes that are at hand already, as one chunk. */
// eslint-disable-next-line @typescript-eslint/require-await
export async function* bytesOf(...chunks: readonly Uint8Array[]): Bytes {
  yield* chunks;
}

/** All of it as one buffer; no copy when it came as one chunk. */
export async function collect(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const [first] = chunks;
  if (chunks.length !== 1 || first === undefined) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}
