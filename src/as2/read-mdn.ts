import { sourceOf } from '../bytes/source.ts';
import { memorySpool } from '../bytes/spool.ts';
import { CountersignError } from '../errors.ts';
import { contentTypeOf, parseEntity } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { MDN_BEGINNING } from '../limits.ts';
import type { Headers } from '../mime/headers.ts';
import { splitMultipart } from '../mime/multipart.ts';
import { layerOf } from './layer.ts';
import { isReport, readReport } from './mdn-report.ts';
import type { MdnReport } from './mdn-report.ts';
import { createEffort } from './effort.ts';
import { readSignedPart } from './signed-part.ts';
import type { SignedPart } from './signed-part.ts';

export interface Mdn {
  /** undefined: the MDN is not signed */
  readonly signature?: SignedPart;
  /** what it claims: not proved before it is judged */
  readonly report: MdnReport;
}

/** @throws MdnUnreadable */
export function readMdn(headers: Headers, body: Buffer): Mdn {
  const outer: Entity = { headers, head: Buffer.alloc(0), body: sourceOf(body) };
  try {
    const layer = layerOf(outer);
    if (layer.kind !== 'signed-detached' && layer.kind !== 'signed-opaque') return { report: readReport(outer) };
    const signature = readSignedPart(layer, createEffort(memorySpool));
    return { signature, report: readReport(signature.received) };
  } catch (error) {
    if (error instanceof CountersignError) throw new MdnUnreadable(error.message, { cause: error });
    throw error;
  }
}

export class MdnUnreadable extends CountersignError {
  readonly code = 'AS2_MDN_UNREADABLE';
}

/**
 * Whether this is an MDN, and not a message: no receipt is ever sent for it, whatever it asks for (RFC 3798 §2.1).
 * Never throws.
 */
export function isMdn(headers: Headers, body: Buffer): boolean {
  try {
    const contentType = contentTypeOf(headers);
    if (contentType.type !== 'multipart/signed') return isReport(contentType);
    // The headers of its first part are enough, and a message may be large.
    const [first] = splitMultipart(body.subarray(0, MDN_BEGINNING), contentType.parameters.get('boundary') ?? '').parts;
    return first !== undefined && isReport(contentTypeOf(parseEntity(first).headers));
  } catch (error) {
    if (error instanceof CountersignError) return false;
    throw error;
  }
}
