import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BerReader, context, TAG } from '../../src/cms/ber.ts';
import { BER_DEPTH } from '../../src/limits.ts';
import { BerStream } from '../../src/cms/ber-stream.ts';
import type { Encoded } from '../../src/cms/ber-stream.ts';
import { CmsError } from '../../src/cms/cms-error.ts';
import { element, encode } from '../../src/cms/der.ts';
import { bytesOf, collect, inPieces, inPiecesOf } from '../support/bytes.ts';

/** An element as a test makes it: of definite length or not, with padded lengths or not. */
interface Node {
  readonly tag: number;
  readonly form: 'definite' | 'padded' | 'indefinite';
  readonly inside: Uint8Array | readonly Node[];
}

/** What was read of one. */
type Read = readonly [tag: number, inside: Buffer | readonly Read[]];

const CONSTRUCTED = 0x20;
const LIMIT = 4096;
const content = context(0, false);

const { node } = fc.letrec<{ node: Node }>((tie) => {
  const form = fc.constantFrom('definite', 'padded', 'indefinite');
  const octets = fc.record<Node>({
    tag: fc.constantFrom(TAG.octetString, content),
    form: fc.constantFrom('definite', 'padded'),
    inside: fc.uint8Array({ maxLength: 300 }),
  });
  const chopped = fc.record<Node>({
    tag: fc.constantFrom(TAG.octetString | CONSTRUCTED, content | CONSTRUCTED),
    form,
    inside: fc.array(
      fc.uint8Array({ maxLength: 40 }).map((inside) => ({ tag: TAG.octetString, form: 'definite', inside }) as const),
      { maxLength: 5 },
    ),
  });
  const number = fc.constant<Node>({ tag: TAG.integer, form: 'definite', inside: Uint8Array.of(5) });
  const sequence = fc.record<Node>({
    tag: fc.constantFrom(TAG.sequence, TAG.set),
    form,
    inside: fc.array(tie('node'), { maxLength: 4 }),
  });
  return { node: fc.oneof({ maxDepth: 4 }, octets, chopped, number, sequence) };
});

function bytesOfNode({ tag, form, inside }: Node): Buffer {
  const value = inside instanceof Uint8Array ? Buffer.from(inside) : Buffer.concat(inside.map(bytesOfNode));
  if (form === 'definite') return encode(element(tag, [value]));
  if (form === 'indefinite') return Buffer.concat([Buffer.of(tag, 0x80), value, Buffer.of(0, 0)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.of(tag, 0x84), length, value]);
}

const isContainer = (tag: number) => tag === TAG.sequence || tag === TAG.set;
/** The identifier octet of the primitive form of an OCTET STRING. */
const primitive = (tag: number) => tag & ~CONSTRUCTED;

function byReader(reader: BerReader): Read {
  const tag = reader.next;
  if (tag === undefined) throw new CmsError('CMS_STRUCTURE', 'nothing');
  if (tag === TAG.integer) return [tag, reader.primitive(tag)];
  if (!isContainer(tag)) return [primitive(tag), reader.octetString(primitive(tag))];
  return [
    tag,
    reader.inside(tag, (inner) => {
      const items: Read[] = [];
      while (inner.more) items.push(byReader(inner));
      return items;
    }),
  ];
}

function byStream(stream: BerStream): Read {
  const tag = stream.next;
  if (tag === undefined) throw new CmsError('CMS_STRUCTURE', 'nothing');
  if (tag === TAG.integer) return [tag, stream.gather(LIMIT).primitive(tag)];
  if (!isContainer(tag)) return [primitive(tag), collect(stream.octetString(primitive(tag)))];
  stream.enter(tag);
  const items: Read[] = [];
  while (stream.next !== undefined) items.push(byStream(stream));
  stream.leave();
  return [tag, items];
}

/** All of it, with whether line ends at most follow. */
function streamed(encoded: Encoded): { read: Read; alone: boolean } {
  const stream = new BerStream(encoded);
  return { read: byStream(stream), alone: stream.isFollowedByNothing() };
}

function outcome<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof CmsError, String(error instanceof Error ? error.stack : error));
    return undefined;
  }
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const cuts = fc.array(fc.nat(30), { maxLength: 40 });

describe('cms/ber-stream', () => {
  it('X.690 §8.1: reads the same as a reader that has all of it, however it is encoded and cut', () => {
    fc.assert(
      fc.property(node, cuts, fc.constantFrom('', '\r\n', '\n', 'x', '\0\0'), (value, lengths, after) => {
        const ber = bytesOfNode(value);
        const whole = Buffer.concat([ber, Buffer.from(after)]);
        const expected = { read: byReader(new BerReader(ber)), alone: after.trim() === '' };
        assert.deepEqual(streamed(inPieces(whole, ...lengths)), expected);
        assert.deepEqual(streamed(bytesOf(whole)), expected);
        assert.deepEqual(streamed(inPiecesOf(whole, 1)), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('an element as it stands is the same, of definite length or not', () => {
    fc.assert(
      fc.property(node, cuts, (value, lengths) => {
        const ber = bytesOfNode(value);
        const raw = outcome(() => new BerStream(inPieces(Buffer.concat([ber, ber]), ...lengths)).raw(LIMIT));
        assert.deepEqual(raw, ber.length > LIMIT ? undefined : ber);
      }),
    );
  });

  it('what was altered is refused by both, or read as the same by both', () => {
    const change = fc.record({
      kind: fc.constantFrom('set', 'insert', 'remove', 'cut'),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      octet: fc.constantFrom(0, 1, 4, 0x24, 0x30, 0x80, 0x81, 0x84, 0xa0, 0xff),
    });
    fc.assert(
      fc.property(node, fc.array(change, { minLength: 1, maxLength: 3 }), cuts, (value, changes, lengths) => {
        let ber = bytesOfNode(value);
        for (const { kind, at, octet } of changes) {
          const place = Math.floor(at * ber.length);
          const rest = kind === 'cut' ? [] : ber.subarray(kind === 'insert' ? place : place + 1);
          const put = kind === 'set' || kind === 'insert' ? [octet] : [];
          ber = Buffer.concat([ber.subarray(0, place), Buffer.from(put), Buffer.from(rest)]);
        }
        const expected = outcome(() => byReader(new BerReader(ber)));
        assert.deepEqual(
          outcome(() => streamed(inPieces(ber, ...lengths)).read),
          expected,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('no bytes raise anything but CmsError', () => {
    const octets = fc.constantFrom(0x04, 0x24, 0x30, 0x80, 0x00, 0x01, 0x02, 0x03, 0x81, 0xa0, 0x1f, 0xff);
    fc.assert(
      fc.property(fc.array(octets, { maxLength: 40 }), cuts, (values, lengths) => {
        const bytes = inPieces(Buffer.from(values), ...lengths);
        outcome(() => streamed(bytes));
        outcome(() => new BerStream(bytes).raw(100));
        outcome(() => collect(new BerStream(bytes).octetString()));
        outcome(() => new BerStream(bytes).skipOctetString(TAG.octetString));
      }),
      { numRuns: 2000 },
    );
  });

  for (const [what, bytes] of [
    ['a length beyond what encloses it', '3004 0403 616263'],
    ['the end of an indefinite length beyond what encloses it', '3005 3080 020105 0000'],
    ['an end that is half beyond it', '3006 3080 020105 00 00'],
    ['a length beyond the end', '300a 020105'],
    ['no end of an indefinite length', '3080 020105'],
    ['half an end of an indefinite length', '3080 020105 00'],
    ['a length of 2^64', '3088 ffffffffffffffff 00'],
    ['a primitive element without a length', '0480 0000'],
    ['an OCTET STRING that holds something else', '2480 020105 0000'],
    ['an OCTET STRING behind a tag that holds one of its own kind', 'a080 8001 61 0000'],
  ] as const)
    it(`refuses ${what}`, () => {
      for (const length of [1, 2, 100]) assert.throws(() => streamed(inPiecesOf(hex(bytes), length)), CmsError);
    });

  it('refuses to leave an element that has more, or of which less is there', () => {
    const stream = new BerStream(bytesOf(hex('3006 020105 020106')));
    stream.enter(TAG.sequence);
    stream.gather(LIMIT);
    assert.throws(() => stream.leave(), { name: 'CmsError', code: 'CMS_STRUCTURE', offset: 5 });
    const cut = new BerStream(bytesOf(hex('3006 020105')));
    cut.enter(TAG.sequence);
    cut.gather(LIMIT);
    assert.throws(() => cut.leave(), { message: /too early/, offset: 5 });
  });

  it('steps over an OCTET STRING in one piece without reading it, and over others by reading them', () => {
    for (const [form, bytes] of [
      ['primitive', encode(element(TAG.octetString, [Buffer.alloc(5000)]))],
      [
        'constructed',
        Buffer.concat([hex('2480'), encode(element(TAG.octetString, [Buffer.alloc(5000)])), hex('0000')]),
      ],
    ] as const) {
      const whole = Buffer.concat([hex('3080'), bytes, hex('020107 0000')]);
      let read = 0;
      const source = inPiecesOf(whole, 10);
      const stream = new BerStream({
        size: whole.length,
        *pieces(start = 0) {
          for (const piece of source.pieces(start)) {
            read += piece.length;
            yield piece;
          }
        },
      });
      stream.enter(TAG.sequence);
      stream.skipOctetString(TAG.octetString);
      assert.equal(stream.offset, 2 + bytes.length);
      assert.equal(stream.gather(LIMIT).smallInteger(), 7);
      stream.leave();
      assert.ok(stream.isFollowedByNothing());
      assert.equal(read < 1000, form === 'primitive');
    }
    const beyond = new BerStream(bytesOf(hex('3080 0488 0000ffffffffffff 00')));
    beyond.enter(TAG.sequence);
    beyond.skipOctetString(TAG.octetString);
    assert.throws(() => beyond.leave(), { message: /too early/ });
  });

  it('what is to be gathered has a limit, of definite length or not, and no more than that is looked at', () => {
    for (const length of [10, 5000]) {
      const value = Buffer.alloc(length);
      const definite = encode(element(TAG.sequence, element(TAG.octetString, [value])));
      const indefinite = Buffer.concat([hex('3080'), encode(element(TAG.octetString, [value])), hex('0000')]);
      for (const bytes of [definite, indefinite]) {
        assert.deepEqual(new BerStream(inPiecesOf(bytes, 7)).raw(bytes.length), bytes);
        assert.throws(() => new BerStream(bytesOf(bytes)).raw(bytes.length - 1), CmsError);
      }
    }
    let given = 0;
    const endless = {
      size: Infinity,
      *pieces() {
        yield hex('3080');
        for (;;) {
          given += 300;
          yield Buffer.alloc(300, '0401 61'.replace(' ', ''), 'hex');
        }
      },
    };
    assert.throws(() => new BerStream(endless).raw(100_000), CmsError);
    assert.ok(given < 200_000);
  });

  it('an OCTET STRING without end gives what it holds, and takes no memory', () => {
    const endless = {
      size: Infinity,
      *pieces() {
        yield hex('2480');
        for (;;) yield encode(element(TAG.octetString, [Buffer.alloc(60_000)]));
      },
    };
    let size = 0;
    const before = process.memoryUsage().arrayBuffers;
    for (const piece of new BerStream(endless).octetString()) if ((size += piece.length) > 200_000_000) break;
    assert.ok(process.memoryUsage().arrayBuffers - before < 150_000_000);
  });

  it('stops where there are too many elements', () => {
    const endless = {
      size: Infinity,
      *pieces() {
        yield hex('2480');
        for (;;) yield Buffer.alloc(60_000, '0400', 'hex');
      },
    };
    assert.throws(() => collect(new BerStream(endless).octetString()), { code: 'CMS_LIMIT' });
  });

  it('OCTET STRINGs may be nested as deeply as elsewhere, and no deeper', () => {
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(2 * depth, '2480', 'hex'), Buffer.alloc(2 * depth)]);
    for (const depth of [1, BER_DEPTH, BER_DEPTH + 1, 100_000]) {
      const [whole, alone] = [new BerReader(nested(depth)), new BerStream(inPiecesOf(nested(depth), 1000))];
      const expected = outcome(() => whole.octetString().length);
      assert.equal(
        outcome(() => collect(alone.octetString()).length),
        expected,
      );
      assert.equal(expected, depth <= BER_DEPTH ? 0 : undefined);
    }
  });
});
