import { OID } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { element, oid, sequence } from './der.ts';
import type { Der } from './der.ts';

/**
 * Reads a ContentInfo (RFC 5652 §3).
 * @param read gets the content's type and a reader before the content
 * @returns `trailing`: whether bytes follow the structure, other than line ends, which carriers add
 * @throws CmsError
 */
export function readContentInfo<T>(
  bytes: Buffer,
  read: (type: string, content: BerReader) => T,
): { value: T; trailing: boolean } {
  const reader = new BerReader(bytes);
  const value = reader.inside(TAG.sequence, (info) => {
    const type = info.oid();
    return info.inside(context(0, true), (content) => read(type, content));
  });
  return { value, trailing: !bytes.subarray(reader.offset).every((byte) => byte === 0x0d || byte === 0x0a) };
}

/** Refuses all but one type. @throws CmsError */
export function expectType(found: string, expected: string, name: string): void {
  if (found !== expected) throw new CmsError('CMS_STRUCTURE', `The content type is ${found}, not ${name}`);
}

export const contentInfo = (type: string, content: Der): Der => sequence(oid(type), element(context(0, true), content));

/** EncapsulatedContentInfo (RFC 5652 §5.2), in which RFC 8551 §2.4.1 allows id-data alone; undefined: the content is elsewhere. */
export function readEncapsulated(reader: BerReader): Buffer | undefined {
  return reader.inside(TAG.sequence, (inner) => {
    expectType(inner.oid(), OID.data, 'id-data');
    return inner.optional(context(0, true), (explicit) => explicit.octetString());
  });
}

export function encapsulated(content?: Der): Der {
  return sequence(oid(OID.data), ...(content ? [element(context(0, true), element(TAG.octetString, content))] : []));
}
