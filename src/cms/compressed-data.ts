import { Readable } from 'node:stream';
import { createDeflate, createInflate } from 'node:zlib';
import type { Pieces, Sized, Source } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
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
  /** Most octets that may come out for each that went in, once there are many; zlib reaches 1032. */
  readonly maxRatio: number;
}

/** Expanded at a stroke: Node's default of 16 KiB costs seven eighths of the speed. In octets. */
const CHUNK = 128 * 1024;

/** Up to this many octets content is no bomb, however well it compresses: blanks and zeros do so by hundreds. */
const HARMLESS = 256 * 1024;

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
  const { content, isWhole } = await expand(stream.octetString(), limits, spool);
  if (!isWhole) return { content, trailing: true };
  leaveEncapsulated(stream, true);
  return { content, trailing: leaveContentInfo(stream) };
}

const LONGEST_ALGORITHM = 1024;

async function expand(
  compressed: Pieces,
  { maxSize, maxRatio }: InflateLimits,
  spool: Spool,
): Promise<{ content: Source; isWhole: boolean }> {
  const fed = { size: 0, isWhole: false };
  function* counted(): Generator<Buffer> {
    for (const piece of compressed) {
      fed.size += piece.length;
      yield piece;
    }
    fed.isWhole = true;
  }
  const engine = createInflate({ chunkSize: CHUNK });
  const input = Readable.from(counted(), { objectMode: false });
  input.once('error', (error) => engine.destroy(error));
  input.pipe(engine);
  const spooling = spool();
  let size = 0;
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxSize) throw new CompressionFault(`The content expands to more than ${maxSize} octets`);
      if (size > Math.max(HARMLESS, engine.bytesWritten * maxRatio))
        throw new CompressionFault(`The content expands to more than ${maxRatio} times its size`);
      spooling.write(chunk);
    }
  } catch (error) {
    input.destroy();
    if (!isZlibFault(error)) throw error;
    throw new CompressionFault('The content does not expand', { cause: error });
  }
  input.destroy();
  return { content: spooling.end(), isWhole: fed.isWhole && engine.bytesWritten === fed.size };
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
