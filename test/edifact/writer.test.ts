import assert from 'node:assert/strict';
import fc from 'fast-check';
import { characterSetNames, characterSetOf } from '../../src/edifact/character-set.ts';
import { UnwritableCharacter, UnwritableInterchange } from '../../src/edifact/errors.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { type WritableInterchange, type WritableSegment, writeInterchange } from '../../src/edifact/writer.ts';
import { faultsIn } from './samples.ts';

const plain: WritableInterchange = {
  syntax: { id: 'UNOC', version: '3' },
  sender: { id: 'USCBP', qualifier: 'ZZZ' },
  recipient: { id: 'AUDAFF', qualifier: 'ZZZ' },
  preparedAt: new Date('2026-11-02T09:31:59Z'),
  reference: 'US000001',
  testIndicator: false,
  messages: [{ identifier: { type: 'CUSRES', version: 'D', release: '97B', agency: 'UN' }, segments: [['GIS', '32']] }],
};
const withText = (text: string): WritableInterchange => ({
  ...plain,
  messages: [
    {
      ...plain.messages[0]!,
      segments: [
        ['GIS', '32'],
        ['FTX', 'AAO', '', '', ['OK', text]],
      ],
    },
  ],
});

describe('writing an interchange', () => {
  it('counts and refers by itself', () => {
    assert.equal(
      writeInterchange(plain).toString(),
      "UNB+UNOC:3+USCBP:ZZZ+AUDAFF:ZZZ+261102:0931+US000001'UNH+1+CUSRES:D:97B:UN'GIS+32'UNT+3+1'UNZ+1+US000001'",
    );
  });

  it('writes test indicator, acknowledgement request, application reference, UNA, and dates of syntax 4', () => {
    const delimiters = { component: '|', element: '^', decimal: '.', release: '!', repetition: '*', terminator: '~' };
    const more = {
      applicationReference: 'ECERT',
      acknowledgementRequest: 'acknowledgement',
      testIndicator: true,
    } as const;
    const written = writeInterchange({
      ...plain,
      ...more,
      delimiters,
      syntax: { id: 'UNOC', version: '4' },
    }).toString();
    assert.ok(
      written.startsWith('UNA|^.!*~UNB^UNOC|4^USCBP|ZZZ^AUDAFF|ZZZ^20261102|0931^US000001^^ECERT^^1^^1~'),
      written,
    );
  });

  it('releases service characters in data', () => {
    assert.ok(writeInterchange(withText("a+b:c'd?e")).includes("OK:a?+b?:c?'d??e'"));
  });

  it('leaves out separators that end a segment or a composite', () => {
    assert.ok(writeInterchange(withText('')).includes("FTX+AAO+++OK'"));
  });

  const repeated = (version: string, ...occurrences: readonly (string | readonly string[])[]) => ({
    ...withText(''),
    syntax: { id: 'UNOC', version },
    messages: [{ ...plain.messages[0]!, segments: [['ERP', '1', { occurrences }]] as WritableSegment[] }],
  });

  it('separates the occurrences of an element in syntax 4, and releases that separator', () => {
    assert.ok(writeInterchange(repeated('4', ['a', 'b'], 'c*d', ['', 'e'], '')).includes("ERP+1+a:b*c?*d*:e'"));
    assert.ok(writeInterchange(repeated('3', 'c*d')).includes("ERP+1+c*d'"));
  });

  it('an element repeated before syntax 4: a typed error', () => {
    assert.throws(() => writeInterchange(repeated('3', 'a', 'b')), UnwritableInterchange);
  });

  it('tells in which occurrence a character stands that the set lacks', () => {
    assert.throws(
      () => writeInterchange(repeated('4', 'a', ['b', '\u20ac'])),
      (error) => {
        assert.ok(error instanceof UnwritableCharacter);
        const position = { message: 1, segment: 2, tag: 'ERP', element: 3, component: 2, occurrence: 2 };
        assert.deepEqual(error.position, position);
        return true;
      },
    );
  });

  it('a character that the set lacks: a typed error with its position', () => {
    assert.throws(
      () => writeInterchange(withText('dear \u20ac')),
      (error) => {
        assert.ok(error instanceof UnwritableCharacter);
        assert.deepEqual(error.position, { message: 1, segment: 3, tag: 'FTX', element: 5, component: 2 });
        assert.equal(error.character, 6);
        return true;
      },
    );
  });

  it('a service character where nothing can release it: a typed error', () => {
    const delimiters = { component: ':', element: '+', decimal: '.', release: ' ', repetition: ' ', terminator: "'" };
    assert.throws(() => writeInterchange({ ...withText('a:b'), delimiters }), UnwritableCharacter);
  });

  const refused: readonly (readonly [string, Partial<WritableInterchange>])[] = [
    ['a reference too long', { reference: '123456789012345' }],
    ['no reference', { reference: '' }],
    ['no message', { messages: [] }],
    ['an unknown character set', { syntax: { id: 'UNOX', version: '3' } }],
    ['an unknown syntax version', { syntax: { id: 'UNOC', version: '5' } }],
    ['equal separators', { delimiters: { component: '+', element: '+', decimal: '.', release: '?', repetition: ' ', terminator: "'" } }],
    ['what is no tag', { messages: [{ ...plain.messages[0]!, segments: [["GI'"]] }] }],
  ]; // prettier-ignore
  for (const [what, change] of refused) {
    it(`${what}: a typed error`, () =>
      assert.throws(() => writeInterchange({ ...plain, ...change }), UnwritableInterchange));
  }
});

describe('properties of writer and reader', () => {
  const punctuation = Array.from(':+.?\'|^~!*#$%&;<>=@\\/_{}[]"(),\x1c\x1d\x1f');
  const delimiters = fc
    .shuffledSubarray(punctuation, { minLength: 5, maxLength: 5 })
    .map(([component = '', element = '', release = '', repetition = '', terminator = '']) => {
      return { component, element, decimal: '.', release, repetition, terminator };
    });

  /** A segment with texts of the set alone, and no empty element or component at an end. */
  const segmentOf = (id: string) => {
    const set = characterSetOf(id)!;
    const bytes = Array.from({ length: 256 }, (_, byte) => set.decode(String.fromCharCode(byte)));
    const fitting = [...bytes, 'Ж', '€', '😀'].filter((character) => set.lacks(character) === -1);
    const character = fc.oneof(fc.constantFrom(...fitting), fc.constantFrom(':', '+', '?', "'"));
    const text = fc.string({ unit: character, maxLength: 8 });
    const filled = fc.tuple(fc.array(text, { maxLength: 3 }), text).map(([texts, end]) => [...texts, `${end}.`]);
    const elements = fc.tuple(fc.array(fc.oneof(filled, fc.constant([''])), { maxLength: 3 }), filled);
    return fc.tuple(
      fc.constantFrom('BGM', 'FTX', 'Z99', 'UNS'),
      elements.map(([first, end]) => [...first, end]),
    );
  };
  const sample = fc.oneof(
    ...characterSetNames.map((id) =>
      fc.record({
        syntax: fc.constantFrom('1', '2', '3', '4').map((version) => ({ id, version })),
        delimiters: fc.option(delimiters, { nil: undefined }),
        bodies: fc.array(fc.array(segmentOf(id), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      }),
    ),
  );

  it('what is written is read again as it was, without a finding', () => {
    fc.assert(
      fc.property(sample, ({ syntax, delimiters: advised, bodies }) => {
        const messages = bodies.map((body) => ({
          ...plain.messages[0]!,
          segments: body.map(([tag, elements]): WritableSegment => [tag, ...elements]),
        }));
        const read = readInterchange(writeInterchange({ ...plain, syntax, delimiters: advised, messages }));
        assert.deepEqual(faultsIn(read), []);
        assert.deepEqual(read.warnings, []);
        assert.deepEqual(read.sender, plain.sender);
        assert.deepEqual(
          read.messages.map(({ segments }) => segments.slice(1, -1).map(({ tag, elements }) => [tag, elements])),
          bodies,
        );
      }),
      { numRuns: 200 },
    );
  });
});
