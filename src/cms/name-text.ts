import { LONGEST_NAME, MOST_NAME_ATTRIBUTES } from '../limits.ts';
import { BerReader, TAG } from './ber.ts';

/** Attribute types by the short names that people know (RFC 4519 §2, RFC 2985 §5.2.1). */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'E'],
]);

const BMP_STRING = 0x1e;

/**
 * A Name (RFC 5280 §4.1.2.4) for people, in its own order; what would end a value is escaped (RFC 4514 §2.4), control
 * characters, also those of writing direction, become `?`.
 */
export function nameText(name: Buffer): string {
  try {
    const sets = new BerReader(name).all(TAG.sequence, MOST_NAME_ATTRIBUTES, (set) =>
      set.all(TAG.set, MOST_NAME_ATTRIBUTES, (attribute) => attribute.inside(TAG.sequence, attributeText)).join('+'),
    );
    return sets.join(', ').slice(0, LONGEST_NAME);
  } catch {
    return 'a name that cannot be read';
  }
}

function attributeText(attribute: BerReader): string {
  const type = attribute.oid();
  const tag = attribute.next ?? 0;
  const value = attribute.primitive(tag).subarray(0, LONGEST_NAME);
  const text =
    tag === BMP_STRING
      ? Buffer.from(value)
          .subarray(0, value.length & ~1)
          .swap16()
          .toString('utf16le')
      : value.toString('utf8');
  // eslint-disable-next-line no-control-regex -- control characters are what must not reach a log
  const visible = text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '?');
  return `${SHORT_NAMES.get(type) ?? type}=${visible.replace(/[",+;<>\\=]/g, '\\$&')}`;
}
