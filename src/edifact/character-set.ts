/** One of the character sets that S001 names (0001; ISO 9735-1 annex A, ISO 9735-10). */
export interface CharacterSet {
  /** 0001 */
  readonly id: string;
  /** From bytes, given as a text of one character a byte. Never throws: what cannot be read becomes U+FFFD or stays. */
  decode(bytes: string): string;
  /** To bytes; `text` must hold nothing that the set lacks. */
  encode(text: string): Buffer;
  /** Index of the first UTF-16 unit of `text` that the set has not, or -1. */
  lacks(text: string): number;
}

/** The set that 0001 names; undefined when it is not supported. */
export function characterSetOf(id: string): CharacterSet | undefined {
  let set = made.get(id);
  if (set === undefined) {
    set = make(id);
    if (set !== undefined) made.set(id, set);
  }
  return set;
}

const made = new Map<string, CharacterSet>();

/** Parts 2, 5, 7, 3, 4, 6, 8, 9 and 15 of ISO 8859. */
const encodings = new Map([
  ['UNOD', 'iso-8859-2'],
  ['UNOE', 'iso-8859-5'],
  ['UNOF', 'iso-8859-7'],
  ['UNOG', 'iso-8859-3'],
  ['UNOH', 'iso-8859-4'],
  ['UNOI', 'iso-8859-6'],
  ['UNOJ', 'iso-8859-8'],
  ['UNOK', 'windows-1254'], // what decoders give for ISO 8859-9; they differ in 80 to 9F only, which no set here uses
  ['UNOL', 'iso-8859-15'],
]);

/** Every name that `characterSetOf` knows. */
export const characterSetNames: readonly string[] = ['UNOA', 'UNOB', 'UNOC', ...encodings.keys(), 'UNOY'];

function make(id: string): CharacterSet | undefined {
  // The basic table of ISO 646 without its national and alternative positions; level A without lower case too.
  if (id === 'UNOA') return latinSet(id, /[^ !"%&'()*+,\-./0-9:;<=>?A-Z_]/);
  if (id === 'UNOB') return latinSet(id, /[^ !"%&'()*+,\-./0-9:;<=>?A-Z_a-z]/);
  if (id === 'UNOC') return latinSet(id, /[^\x20-\x7e\xa0-\xff]/);
  if (id === 'UNOY') return unicodeSet(id);
  const encoding = encodings.get(id);
  return encoding === undefined ? undefined : tableSet(id, encoding);
}

/** ISO 8859-1 or a part of it: a byte is its own code point. */
function latinSet(id: string, outside: RegExp): CharacterSet {
  return {
    id,
    decode: (bytes) => bytes,
    encode: (text) => Buffer.from(text, 'latin1'),
    lacks: (text) => text.search(outside),
  };
}

const upperHalf = /[\x80-\xff]/g;

/** A set whose upper half is a table. */
function tableSet(id: string, encoding: string): CharacterSet {
  const upper = new TextDecoder(encoding).decode(Uint8Array.from({ length: 96 }, (_, index) => 0xa0 + index));
  const byteOf = new Map(Array.from(upper, (character, index) => [character, 0xa0 + index] as const));
  byteOf.delete('\ufffd');
  const lacks = (text: string) => {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code === 0x7f || (code > 0x7f && !byteOf.has(text.charAt(index)))) return index;
    }
    return -1;
  };
  return {
    id,
    decode: (bytes) => bytes.replace(upperHalf, (byte) => upper[byte.charCodeAt(0) - 0xa0] ?? byte /* a C1 control */),
    encode: (text) =>
      Buffer.from(Uint8Array.from(text, (character) => byteOf.get(character) ?? character.charCodeAt(0))),
    lacks,
  };
}

// Controls, halves of surrogate pairs, and what decoding leaves where bytes are no UTF-8.
// eslint-disable-next-line no-control-regex
const unfitForUnicode = /[\x00-\x1f\x7f-\x9f\ufffd\p{Surrogate}]/u;

/** ISO 10646 as UTF-8. */
function unicodeSet(id: string): CharacterSet {
  return {
    id,
    decode: (bytes) => (bytes.search(upperHalf) === -1 ? bytes : Buffer.from(bytes, 'latin1').toString('utf8')),
    encode: (text) => Buffer.from(text, 'utf8'),
    lacks: (text) => text.search(unfitForUnicode),
  };
}
