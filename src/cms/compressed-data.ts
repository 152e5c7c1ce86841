import { Readable } from 'node:stream';
import { createDeflate, createInflate } from 'node:zlib';
import { drain } from '../bytes/source.ts';
import type { Sized, Source } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import { HARMLESS_INFLATION, LONGEST_ALGORITHM } from '../limits.ts';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import { OID } from './algorithms.ts';
import { BerStream } from './ber-stream.ts';
import type { Encoded } from './ber-stream.ts';
import { CmsError, CompressionFault } from './cms-error.ts';
import { contentInfo, encapsulated, enterContentInfo, enterEncapsulated } from './content-info.ts';
import { leaveContentInfo, leaveEncapsulated } from './content-info.ts';
import { sequence, smallInteger, streamed } from './der.ts';

export interface InflateLimits {
  /** Most octets that may come out. */
  readonly maxSize: number;
  /** Most octets that may come out for each that goes in, once there are many; zlib reaches 1032. */
  readonly maxRatio: number;
}

/** Expanded at a stroke: Node's default of 16 KiB costs seven eighths of the speed. In octets. */
const CHUNK = 128 * 1024;

/**
 * Reads CompressedData (RFC 3274 §1.1) and expands it, up to the limits.
 * @param spool takes the expanded content
 * @returns `trailing`: whether bytes follow the structure, or the zlib stream within it
 * @throws CompressionFault, CmsError
 */
export async function readCompressedData(
  encoded: Encoded,
  limits: InflateLimits,
  spool: Spool,
): Promise<{ content: Source; trailing: boolean }> {
  const stream = new BerStream(encoded);
  enterContentInfo(stream, [OID.compressedData], 'compressed-data');
  stream.gather(LONGEST_ALGORITHM).smallInteger();
  const { oid } = readAlgorithm(stream.gather(LONGEST_ALGORITHM));
  // RFC 5402 §7: zlib MUST be supported; there is no other.
  if (oid !== OID.zlib) throw new CmsError('CMS_UNSUPPORTED', `Compression by ${oid} is not supported`);
  if (!enterEncapsulated(stream)) throw new CompressionFault('The compressed content is missing');
  const { content, isFollowed } = await expand(stream.octetString(), encoded.size, limits, spool);
  leaveEncapsulated(stream, true);
  const trailing = leaveContentInfo(stream);
  return { content, trailing: trailing || isFollowed };
}

/** @param most octets that the compressed content can have: it is counted only when it was read */
async function expand(
  compressed: Iterator<Buffer>,
  most: number,
  { maxSize, maxRatio }: InflateLimits,
  spool: Spool,
): Promise<{ content: Source; isFollowed: boolean }> {
  const largest = (compressedSize: number) =>
    Math.min(maxSize, Math.max(HARMLESS_INFLATION, compressedSize * maxRatio));
  let compressedSize = 0;
  // Not by for-of, which would end what it reads when it is ended itself: the rest is read below.
  function* counted(): Generator<Buffer> {
    for (let next = compressed.next(); next.done !== true; next = compressed.next()) {
      compressedSize += next.value.length;
      yield next.value;
    }
  }
  const engine = createInflate({ chunkSize: CHUNK });
  const input = Readable.from(counted(), { objectMode: false });
  input.once('error', (error) => engine.destroy(error));
  input.pipe(engine);
  const tooLarge = () =>
    new CompressionFault(`The content expands to more than ${maxSize} octets, or ${maxRatio} times its size`);
  const spooling = spool();
  let size = 0;
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest(most)) throw tooLarge();
      spooling.write(chunk);
    }
  } catch (error) {
    input.destroy();
    if (!isZlibFault(error)) throw error;
    throw new CompressionFault('The content does not expand', { cause: error });
  }
  input.destroy();
  drain(counted());
  if (size > largest(compressedSize)) throw tooLarge();
  return { content: spooling.end(), isFollowed: engine.bytesWritten < compressedSize };
}

const isZlibFault = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

/**
 * Compresses (RFC 3274), in DER.
 * @param spool takes the compressed content, whose length stands before it
 */
export async function makeCompressedData(content: Sized, spool: Spool): Promise<Sized> {
  const engine = createDeflate({ chunkSize: CHUNK });
  const input = Readable.from(content.pieces(), { objectMode: false });
  input.once('error', (error) => engine.destroy(error));
  input.pipe(engine);
  const spooling = spool();
  for await (const chunk of engine as AsyncIterable<Buffer>) spooling.write(chunk);
  const compressed = sequence(smallInteger(0), algorithm(OID.zlib), encapsulated([spooling.end()]));
  return streamed(contentInfo(OID.compressedData, compressed));
}
