import { LONGEST_CONTENT_TYPE } from '../limits.ts';
import { OID } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import { BerStream } from './ber-stream.ts';
import type { Encoded } from './ber-stream.ts';
import { CmsError } from './cms-error.ts';
import { element, oid, sequence } from './der.ts';
import type { Der } from './der.ts';

/**
 * Goes into a ContentInfo (RFC 5652 §3), up to the first element of its content, which must be constructed.
 * @returns the content's type
 * @throws CmsError
 */
export function enterContentInfo(stream: BerStream, allowed: readonly string[], name: string): string {
  stream.enter(TAG.sequence);
  const type = stream.gather(LONGEST_CONTENT_TYPE).oid();
  if (!allowed.includes(type)) throw new CmsError('CMS_STRUCTURE', `The content type is ${type}, not ${name}`);
  stream.enter(context(0, true));
  stream.enter(TAG.sequence);
  return type;
}

/**
 * Leaves it.
 * @returns whether bytes follow the structure, other than line ends, which carriers add
 * @throws CmsError
 */
export function leaveContentInfo(stream: BerStream): boolean {
  for (let level = 0; level < 3; level += 1) stream.leave();
  return !stream.isFollowedByNothing();
}

/** The type of a ContentInfo. @throws CmsError */
export function contentTypeOfCms(encoded: Encoded): string {
  const stream = new BerStream(encoded);
  stream.enter(TAG.sequence);
  return stream.gather(LONGEST_CONTENT_TYPE).oid();
}

/** Refuses all but one type. @throws CmsError */
export function expectType(found: string, expected: string, name: string): void {
  if (found !== expected) throw new CmsError('CMS_STRUCTURE', `The content type is ${found}, not ${name}`);
}

export const contentInfo = (type: string, content: Der): Der => sequence(oid(type), element(context(0, true), content));

/**
 * Goes into an EncapsulatedContentInfo (RFC 5652 §5.2), in which RFC 8551 §2.4.1 allows id-data alone, up to its content.
 * @returns false when the content is elsewhere
 */
export function enterEncapsulated(stream: BerStream): boolean {
  stream.enter(TAG.sequence);
  expectType(stream.gather(LONGEST_CONTENT_TYPE).oid(), OID.data, 'id-data');
  if (stream.next !== context(0, true)) return false;
  stream.enter(context(0, true));
  return true;
}

/** Leaves it. */
export function leaveEncapsulated(stream: BerStream, hasContent: boolean): void {
  if (hasContent) stream.leave();
  stream.leave();
}

export function encapsulated(content?: Der): Der {
  return sequence(oid(OID.data), ...(content ? [element(context(0, true), element(TAG.octetString, content))] : []));
}
