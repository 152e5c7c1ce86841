import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BerReader, context, TAG, walk } from '../../src/cms/ber.ts';
import { BER_DEPTH, BER_ELEMENTS } from '../../src/limits.ts';
import { CmsError } from '../../src/cms/cms-error.ts';
import {
  canonical,
  element,
  encode,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
} from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';

const reader = (hex: string) => new BerReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const der = (pieces: Der) => encode(pieces).toString('hex');

describe('cms/ber: reading', () => {
  it('X.690 §8.1.3: short, long, padded and indefinite lengths', () => {
    for (const hex of ['3003020105', '308103020105', '3084 00000003 020105', '3080 020105 0000'])
      assert.equal(
        reader(hex).inside(TAG.sequence, (inner) => inner.smallInteger()),
        5,
      );
  });

  for (const [what, hex] of [
    ['primitive', '04 03 616263'],
    ['constructed', '24 07 0401 61 0402 6263'],
    ['constructed, of indefinite length', '2480 0401 61 0402 6263 0000'],
    ['constructed of one piece', '2480 0403 616263 0000'],
    ['constructed with empty pieces', '2480 0400 0403 616263 0400 0000'],
    ['constructed of constructed ones', '2480 2480 0401 61 2404 0402 6263 0000 2400 0000'],
  ] as const) {
    it(`X.690 §8.7: an OCTET STRING may be ${what}`, () => {
      assert.equal(String(reader(hex).octetString()), 'abc');
    });
  }

  it('an OCTET STRING may stand behind an IMPLICIT tag', () => {
    assert.equal(String(reader('8003 616263').octetString(context(0, false))), 'abc');
    assert.equal(String(reader('a080 0401 61 0402 6263 0000').octetString(context(0, false))), 'abc');
  });

  it('one in one piece is a slice of what came', () => {
    const bytes = Buffer.from('24800403616263' + '0000', 'hex');
    assert.equal(new BerReader(bytes).octetString().buffer, bytes.buffer);
  });

  for (const [what, hex] of [
    ['ends within its header', '04'],
    ['ends within its length', '0482 01'],
    ['is longer than what is there', '0404 616263'],
    ['is much longer', '0488 ffffffffffffffff'],
    ['has a length of 127 octets', `04ff ${'ff'.repeat(127)}`],
    ['is primitive without a length', '0480 0000'],
    ['is not closed', '2480 0401 61'],
    ['holds something else', '2480 0201 61 0000'],
    ['holds a sequence of its kind', '2480 3003 0401 61 0000'],
    ['is something else', '0201 61'],
    ['goes beyond what encloses it', '2403 0402 61'],
    ['has a tag number without end', `3f${'ff'.repeat(9)}`],
    ['is missing', ''],
  ] as const) {
    it(`refuses an OCTET STRING that ${what}`, () => {
      assert.throws(() => reader(hex).octetString(), CmsError);
    });
  }

  it('refuses more than belongs into an element, and less', () => {
    assert.throws(() => reader('3006 020105 020106').inside(TAG.sequence, (inner) => inner.smallInteger()), CmsError);
    assert.throws(() => reader('3080 020105').inside(TAG.sequence, (inner) => inner.smallInteger()), CmsError);
    assert.throws(() => reader('3000').inside(TAG.sequence, (inner) => inner.smallInteger()), CmsError);
  });

  it('tells where the fault is', () => {
    assert.throws(
      () => reader('3006 020105 040106').inside(TAG.sequence, (inner) => [inner.smallInteger(), inner.smallInteger()]),
      { name: 'CmsError', code: 'CMS_STRUCTURE', offset: 5 },
    );
  });

  it('reads small integers only where small ones belong', () => {
    assert.equal(reader('0202 00ff').smallInteger(), 255);
    for (const hex of ['0200', '0201 ff', '0205 0100000000']) assert.throws(() => reader(hex).smallInteger(), CmsError);
    assert.throws(
      () => new BerReader(encode(element(TAG.integer, [Buffer.alloc(1 << 20, 1)]))).smallInteger(),
      CmsError,
    );
  });

  it('reads object identifiers, also those that mean nothing to us', () => {
    assert.equal(reader('0609 2a864886f70d010702').oid(), '1.2.840.113549.1.7.2');
    assert.equal(reader('0603 883703').oid(), '2.999.3');
    assert.equal(reader(`060b 69 ${'ff'.repeat(9)}7f`).oid(), `hex:69${'ff'.repeat(9)}7f`);
    for (const content of [0, 65, 1 << 20])
      assert.throws(() => new BerReader(encode(element(TAG.oid, [Buffer.alloc(content, 1)]))).oid(), CmsError);
  });

  it('stops where elements are nested too deeply, whatever their lengths', () => {
    for (const depth of [BER_DEPTH + 1, 1_000_000]) {
      const limit = { code: 'CMS_LIMIT' };
      assert.throws(() => new BerReader(Buffer.alloc(depth * 2, '3080', 'hex')).raw(), limit);
      assert.throws(() => new BerReader(Buffer.alloc(depth * 2, '2480', 'hex')).octetString(), limit);
    }
  });

  it('stops where there are too many elements', () => {
    const many = element(TAG.octetString | 0x20, [Buffer.alloc(2 * BER_ELEMENTS, '0400', 'hex')]);
    assert.throws(() => new BerReader(encode(many)).octetString(), { code: 'CMS_LIMIT' });
  });

  it('many small pieces take linear time, and no memory for each', () => {
    const pieces = element(TAG.octetString | 0x20, [Buffer.alloc(3_000_000, '040161', 'hex')]);
    assert.equal(new BerReader(encode(pieces)).octetString().length, 1_000_000);
  });

  it('no bytes raise anything but CmsError, nor does walking leave them', () => {
    const pieces = fc.constantFrom(0x04, 0x24, 0x30, 0x80, 0x00, 0x01, 0x02, 0x03, 0x81, 0xa0, 0x1f, 0xff);
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (octets) => {
        const bytes = Buffer.from(octets);
        for (const read of [() => new BerReader(bytes).octetString(), () => walk(bytes, 0, bytes.length)])
          try {
            const result = read();
            if (typeof result === 'number') assert.ok(result <= bytes.length);
          } catch (error) {
            assert.ok(error instanceof CmsError, String(error));
          }
      }),
      { numRuns: 2000 },
    );
  });

  it('an OCTET STRING chopped in any way is the same', () => {
    interface Chopped {
      readonly pieces: readonly (Uint8Array | Chopped)[];
      readonly indefinite: boolean;
    }
    const { chopped } = fc.letrec<{ chopped: Chopped }>((tie) => ({
      chopped: fc.record({
        pieces: fc.array(fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 200 }), tie('chopped')), {
          maxLength: 5,
        }),
        indefinite: fc.boolean(),
      }),
    }));
    const valueOf = ({ pieces }: Chopped): Buffer =>
      Buffer.concat(pieces.map((piece) => ('pieces' in piece ? valueOf(piece) : piece)));
    const berOf = ({ pieces, indefinite }: Chopped): Buffer => {
      const inner = pieces.map((piece) => ('pieces' in piece ? berOf(piece) : encode(octetString(Buffer.from(piece)))));
      if (indefinite) return Buffer.concat([Buffer.of(0x24, 0x80), ...inner, Buffer.of(0, 0)]);
      return encode(element(0x24, inner));
    };
    fc.assert(
      fc.property(chopped, (value) => {
        assert.deepEqual(new BerReader(berOf(value)).octetString(), valueOf(value));
        assert.equal(der(canonical(berOf(value))), der(octetString(valueOf(value))));
      }),
    );
  });
});

describe('cms/der: writing', () => {
  it('X.690 §10.1: lengths in the fewest octets', () => {
    assert.equal(der(octetString(Buffer.alloc(0))), '0400');
    assert.ok(der(octetString(Buffer.alloc(127))).startsWith('047f00'));
    assert.ok(der(octetString(Buffer.alloc(128))).startsWith('04818000'));
    assert.ok(der(octetString(Buffer.alloc(65536))).startsWith('048301000000'));
  });

  it('X.690 §11.6: a SET OF is in order', () => {
    assert.equal(der(setOf([smallInteger(3), oid('1.2'), smallInteger(1)])), '3109' + '020101' + '020103' + '06012a');
  });

  it('RFC 5652 §11.3: times to 2049 as UTCTime, then as GeneralizedTime', () => {
    assert.equal(String(encode(time(new Date('2026-01-02T03:04:05.678Z'))).subarray(2)), '260102030405Z');
    assert.equal(der(time(new Date('2049-12-31T23:59:59Z'))).slice(0, 4), '170d');
    assert.equal(String(encode(time(new Date('2050-01-01T00:00:00Z'))).subarray(2)), '20500101000000Z');
  });

  it('canonical form of BER: definite, whole, and in order', () => {
    const ber = '3180 3080 0603 2a0304 3180 2480 0401 61 0401 62 0000 0000 0000 020102 0000';
    assert.equal(
      der(canonical(Buffer.from(ber.replaceAll(' ', ''), 'hex'))),
      '3110' + '020102' + '300b' + '06032a0304' + '3104' + '04026162',
    );
  });

  it('canonical form of DER is itself', () => {
    const value = sequence(setOf([oid('1.2.840.113549'), smallInteger(1)]), octetString(Buffer.from('x')));
    assert.equal(der(canonical(encode(value))), der(value));
  });
});
