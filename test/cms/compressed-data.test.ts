import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync, deflateSync, gzipSync, inflateSync } from 'node:zlib';
import { Constructed, fromBER, Integer, ObjectIdentifier, OctetString } from 'asn1js';
import fc from 'fast-check';
import { ContentInfo } from 'pkijs';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { readCompressedData } from '../../src/cms/compressed-data.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { encode, sequence, smallInteger } from '../../src/cms/der.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { bytesOf, collect, inPieces, inPiecesOf } from '../support/bytes.ts';
import { CONTENT, toBer, compressed } from './support.ts';

const LIMITS = { maxSize: 1 << 24, maxRatio: 1032 };

async function expanded(compressedData: Buffer, limits = LIMITS) {
  const { content, trailing } = await readCompressedData(bytesOf(compressedData), limits, memorySpool);
  return { content: collect(content), trailing };
}

/** What is in an element that asn1js read. */
const children = (block: unknown) => (block instanceof Constructed ? block.valueBlock.value : []);

/** CompressedData around any stream. */
const craft = (stream: Buffer | undefined, dotted: string = OID.zlib) =>
  encode(
    contentInfo(OID.compressedData, sequence(smallInteger(0), algorithm(dotted), encapsulated(stream && [stream]))),
  );

describe('cms/compressed-data', () => {
  it('RFC 3274: what is made expands to the same, whatever it is and however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), fc.array(fc.nat(50)), async (chunks, cuts) => {
        const made = await compressed(bytesOf(...chunks));
        for (const bytes of [made, toBer(made)]) {
          const { content, trailing } = await readCompressedData(inPieces(bytes, ...cuts), LIMITS, memorySpool);
          assert.deepEqual(collect(content), Buffer.concat(chunks));
          assert.equal(trailing, false);
        }
      }),
    );
  });

  it('RFC 3274 §1.1: PKI.js finds the structure, and zlib the content', async () => {
    const made = await compressed(bytesOf(CONTENT));
    const info = new ContentInfo({ schema: fromBER(made).result });
    assert.equal(info.contentType, '1.2.840.113549.1.9.16.1.9');
    const [version, compression, inner] = children(info.content);
    assert.ok(version instanceof Integer && version.valueBlock.valueDec === 0);
    const [zlib] = children(compression);
    assert.ok(zlib instanceof ObjectIdentifier && zlib.getValue() === '1.2.840.113549.1.9.16.3.8');
    const [type, explicit] = children(inner);
    assert.ok(type instanceof ObjectIdentifier && type.getValue() === '1.2.840.113549.1.7.1');
    const [octets] = children(explicit);
    assert.ok(octets instanceof OctetString);
    assert.deepEqual(inflateSync(Buffer.from(octets.getValue())), CONTENT);
  });

  it('large content', async () => {
    const content = Buffer.alloc(10_000_000, CONTENT);
    const made = await compressed(bytesOf(content));
    assert.ok(made.length < 100_000);
    assert.ok((await expanded(made)).content.equals(content));
  });

  it('any zlib stream: stored, best, in pieces', async () => {
    const options = [{ level: 0 }, { level: 9 }, { strategy: constants.Z_HUFFMAN_ONLY }, { windowBits: 9 }];
    for (const option of options)
      assert.deepEqual((await expanded(craft(deflateSync(CONTENT, option)))).content, CONTENT);
  });

  it('nothing comes out beyond the greatest size', async () => {
    const bomb = craft(deflateSync(Buffer.alloc(50_000_000), { level: 9 }));
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(expanded(bomb, { maxSize: 1 << 20, maxRatio: 10_000 }), {
      name: 'CompressionFault',
      code: 'CMS_COMPRESSION',
    });
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  });

  it('nothing comes out beyond the greatest ratio', async () => {
    const stream = deflateSync(Buffer.alloc(1_000_000));
    const ratio = 1_000_000 / stream.length;
    await assert.rejects(expanded(craft(stream), { maxSize: 1 << 30, maxRatio: ratio - 1 }), {
      name: 'CompressionFault',
    });
    assert.equal((await expanded(craft(stream), { maxSize: 1 << 30, maxRatio: ratio + 1 })).content.length, 1_000_000);
  });

  it('the ratio is that of the whole: a beginning that compresses well makes no bomb of what does not', async () => {
    const content = Buffer.concat([Buffer.alloc(1_000_000), randomBytes(200_000)]);
    const made = await compressed(bytesOf(content));
    for (const bytes of [made, toBer(made)])
      for (const pieces of [bytesOf(bytes), inPiecesOf(bytes, 1000)]) {
        const limits = { maxSize: 1 << 30, maxRatio: 7 };
        const found = await readCompressedData(pieces, limits, memorySpool);
        assert.ok(collect(found.content).equals(content));
        const fewer = readCompressedData(pieces, { ...limits, maxRatio: 5 }, memorySpool);
        await assert.rejects(fewer, { name: 'CompressionFault' });
      }
  });

  it('a ratio makes no bomb of what is small: 256 KiB of zeros are taken', async () => {
    const made = await compressed(bytesOf(Buffer.alloc(256 * 1024)));
    assert.equal((await expanded(made, { maxSize: 1 << 20, maxRatio: 2 })).content.length, 256 * 1024);
    const larger = await compressed(bytesOf(Buffer.alloc(256 * 1024 + 1)));
    await assert.rejects(expanded(larger, { maxSize: 1 << 20, maxRatio: 2 }), { name: 'CompressionFault' });
  });

  it('exactly as much as allowed is allowed', async () => {
    const made = craft(deflateSync(Buffer.alloc(1000)));
    assert.equal((await expanded(made, { maxSize: 1000, maxRatio: 1032 })).content.length, 1000);
    await assert.rejects(expanded(made, { maxSize: 999, maxRatio: 1032 }), { name: 'CompressionFault' });
  });

  for (const [what, make] of [
    ['a stream that breaks off', () => deflateSync(CONTENT).subarray(0, -5)],
    ['a stream with a wrong checksum', () => deflateSync(CONTENT).fill(0, -4 + deflateSync(CONTENT).length)],
    ['gzip', () => gzipSync(CONTENT)],
    ['deflate without zlib', () => deflateRawSync(CONTENT)],
    ['a preset dictionary', () => deflateSync(CONTENT, { dictionary: CONTENT })],
    ['base64', () => Buffer.from(deflateSync(CONTENT).toString('base64'))],
    ['rubbish', () => Buffer.from('rubbish')],
    ['nothing', () => Buffer.alloc(0)],
    ['no content', () => undefined],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(expanded(craft(make())), { name: 'CompressionFault', code: 'CMS_COMPRESSION' });
    });
  }

  it('RFC 5402 §7: refuses compression that is not zlib', async () => {
    await assert.rejects(expanded(craft(deflateSync(CONTENT), '1.2.3.4')), { code: 'CMS_UNSUPPORTED' });
  });

  it('what stands behind a stream that ends early does not excuse a structure that is broken', async () => {
    const padded = craft(Buffer.concat([deflateSync(CONTENT), Buffer.alloc(300_000, 'x')]));
    for (const bytes of [padded, toBer(padded)]) {
      assert.deepEqual(await expanded(bytes), { content: CONTENT, trailing: true });
      await assert.rejects(expanded(bytes.subarray(0, -1)), { name: 'CmsError', code: 'CMS_STRUCTURE' });
    }
  });

  it('bytes after the structure or after the stream are told', async () => {
    const stream = deflateSync(CONTENT);
    const padded = craft(Buffer.concat([stream, Buffer.from('more')]));
    assert.deepEqual(await expanded(padded), { content: CONTENT, trailing: true });
    assert.deepEqual(await expanded(Buffer.concat([craft(stream), Buffer.from('more')])), {
      content: CONTENT,
      trailing: true,
    });
    assert.deepEqual(await expanded(Buffer.concat([craft(stream), Buffer.from('\r\n')])), {
      content: CONTENT,
      trailing: false,
    });
  });
});
