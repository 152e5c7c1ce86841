import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { bytesOf, collect } from '../mime/bytes.ts';
import type { Bytes } from '../mime/bytes.ts';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import { OID } from './algorithms.ts';
import { TAG } from './ber.ts';
import { CmsError, CompressionFault } from './cms-error.ts';
import { contentInfo, encapsulated, expectType, readContentInfo, readEncapsulated } from './content-info.ts';
import { encode, sequence, smallInteger } from './der.ts';

export interface InflateLimits {
  /** Most octets that may come out. */
  readonly maxSize: number;
  /** Most octets that may come out for each that went in, once there are many; zlib reaches 1032. */
  readonly maxRatio: number;
}

/** Node's default of 16 KiB costs seven eighths of the speed. */
const CHUNK = 256 * 1024;
const SMALLEST_CHUNK = 1024;

/** Up to this many octets content is no bomb, however well it compresses: blanks and zeros do so by hundreds. */
const HARMLESS = 256 * 1024;

/**
 * Reads CompressedData (RFC 3274 §1.1) and expands it, up to the limits.
 * @returns `trailing`: whether bytes follow the structure, or the zlib stream within it
 * @throws CompressionFault, CmsError
 */
export async function readCompressedData(
  body: Bytes,
  limits: InflateLimits,
): Promise<{ content: Bytes; trailing: boolean }> {
  const { value: compressed, trailing } = readContentInfo(await collect(body), (type, reader) => {
    expectType(type, OID.compressedData, 'compressed-data');
    return reader.inside(TAG.sequence, (inner) => {
      inner.smallInteger();
      const { oid } = readAlgorithm(inner);
      // RFC 5402 §7: zlib MUST be supported; there is no other.
      if (oid !== OID.zlib) throw new CmsError('CMS_UNSUPPORTED', `Compression by ${oid} is not supported`);
      return readEncapsulated(inner);
    });
  });
  if (compressed === undefined) throw new CompressionFault('The compressed content is missing');
  const { content, consumed } = await expand(compressed, limits);
  return { content: bytesOf(content), trailing: trailing || consumed < compressed.length };
}

function expand(
  compressed: Buffer,
  { maxSize, maxRatio }: InflateLimits,
): Promise<{ content: Buffer; consumed: number }> {
  const limit = Math.max(1, Math.floor(Math.min(maxSize, Math.max(HARMLESS, compressed.length * maxRatio))));
  const chunkSize = Math.min(CHUNK, Math.max(SMALLEST_CHUNK, compressed.length * 4));
  return new Promise((resolve, reject) => {
    inflate(compressed, { chunkSize, maxOutputLength: limit, info: true }, (error, result) => {
      if (error !== null) return reject(new CompressionFault('The content does not expand', { cause: error }));
      // With `info` there comes more than the declared type tells of.
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      resolve({ content: buffer, consumed: engine.bytesWritten });
    });
  });
}

const deflateInThreadPool = promisify(deflate) as (content: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

/** Compresses (RFC 3274), in DER. */
export async function makeCompressedData(content: Bytes): Promise<Buffer> {
  const compressed = await deflateInThreadPool(await collect(content), { chunkSize: CHUNK });
  return encode(
    contentInfo(OID.compressedData, sequence(smallInteger(0), algorithm(OID.zlib), encapsulated([compressed]))),
  );
}
