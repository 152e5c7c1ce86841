import { gather, sourceOf } from '../bytes/source.ts';
import { contentTypeOf, parseEntity } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { header, parseHeaders } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { MimeError } from '../mime/mime-error.ts';
import { splitMultipart } from '../mime/multipart.ts';
import type { ContentType } from '../mime/parameters.ts';
import { decoded, transferEncodingOf } from '../mime/transfer-encoding.ts';
import { parseDisposition } from './disposition.ts';
import type { Disposition } from './disposition.ts';
import { parseMic } from './mic.ts';
import type { Mic } from './mic.ts';

/** What a receipt says; nothing of it is proved by itself. */
export interface MdnReport {
  readonly originalMessageId?: string;
  readonly disposition?: Disposition;
  readonly mic?: Mic;
  readonly finalRecipient?: string;
  readonly reportingUa?: string;
  /** the part for people, as sent: it may be HTML, and hostile */
  readonly text: string;
}

const notificationType = 'message/disposition-notification';

/** Whether an entity of this type is a receipt (RFC 3798 §3). */
export function isReport({ type, parameters }: ContentType): boolean {
  if (type === notificationType) return true;
  const reportType = parameters.get('report-type')?.toLowerCase() ?? 'disposition-notification';
  return type === 'multipart/report' && reportType === 'disposition-notification';
}

/**
 * Reads multipart/report as it is about: parts without headers, text as HTML, two parts or three, with or without its
 * own headers once more at the beginning of the body, which is the preamble then.
 *
 * @throws MimeError
 */
export function readReport(entity: Entity): MdnReport {
  const contentType = contentTypeOf(entity.headers);
  if (!isReport(contentType)) throw new MimeError('MIME_PARAMETER', `${contentType.type} is not a receipt`);
  const parts = contentType.type === 'multipart/report' ? partsOf(entity, contentType) : [entity];
  const notification = parts.find(({ headers }) => contentTypeOf(headers).type === notificationType);
  if (notification === undefined) throw new MimeError('MIME_BOUNDARY', 'The report has no disposition notification');
  const text = parts.find((part) => part !== notification);
  return { ...fieldsOf(notification), text: text === undefined ? '' : bodyOf(text).toString('utf8') };
}

function partsOf({ body }: Entity, { parameters }: ContentType): Entity[] {
  const boundary = parameters.get('boundary');
  if (boundary === undefined) throw new MimeError('MIME_BOUNDARY', 'multipart/report has no boundary');
  return splitMultipart(gather(body.pieces()), boundary).parts.map(entityOf);
}

/** Some systems send the text without headers, and without the blank line that would say so. */
function entityOf(bytes: Buffer): Entity {
  try {
    return parseEntity(bytes);
  } catch (error) {
    if (error instanceof MimeError) return { headers: [], head: Buffer.alloc(0), body: sourceOf(bytes) };
    throw error;
  }
}

/** RFC 3798 §3.1: like a header; RFC 8098 §3.3: what is unknown is passed over. */
function fieldsOf(notification: Entity): Omit<MdnReport, 'text'> {
  // Some systems put an empty line before the fields, which would end them.
  const body = bodyOf(notification).toString('latin1').trimStart();
  const fields = parseHeaders(Buffer.from(body, 'latin1')).headers;
  const disposition = parseDisposition(header(fields, 'Disposition') ?? '');
  const mic = parseMic(header(fields, 'Received-Content-MIC') ?? '');
  return {
    ...(disposition !== undefined && { disposition }),
    ...(mic !== undefined && { mic }),
    ...text(fields, 'originalMessageId', 'Original-Message-ID'),
    ...text(fields, 'finalRecipient', 'Final-Recipient'),
    ...text(fields, 'reportingUa', 'Reporting-UA'),
  };
}

/** A part of a report is small. */
const bodyOf = ({ headers, body }: Entity): Buffer => gather(decoded(body.pieces(), transferEncodingOf(headers)));

function text<K extends string>(fields: Headers, key: K, name: string): Partial<Record<K, string>> {
  const value = header(fields, name);
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
