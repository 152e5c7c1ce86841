import { contentOf, field, line, partsOf, quotedName, readEntity, typeOf, type Entity } from './openssl-mime.ts';

export interface Report {
  readonly originalMessageId: string | undefined;
  /** `automatic-action/MDN-sent-automatically; processed`. */
  readonly disposition: string;
  /** Base64, and a name of the digest. */
  readonly mic?: readonly [value: string, digest: string] | undefined;
}

/** RFC 8098 §3.1, RFC 4130 §7.4.3. */
export function reportEntity(report: Report, recipient: string): Entity {
  const boundary = `=_report-${process.hrtime.bigint()}`;
  const text = `Content-Type: text/plain; charset=us-ascii\r\n\r\n${report.disposition.replace(/^.*; /, '')}\r\n`;
  const fields = [
    'Reporting-UA: openssl-cms',
    `Final-Recipient: rfc822; ${quotedName(recipient)}`,
    ...(report.originalMessageId === undefined ? [] : [`Original-Message-ID: ${report.originalMessageId}`]),
    `Disposition: ${report.disposition}`,
    ...(report.mic === undefined ? [] : [`Received-Content-MIC: ${report.mic.join(', ')}`]),
  ];
  const notification = `Content-Type: message/disposition-notification\r\n\r\n${fields.join('\r\n')}\r\n`;
  const parts = [text, notification].map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  const type = `multipart/report; report-type=disposition-notification; boundary="${boundary}"`;
  return { headers: [['Content-Type', type]], body: line(`${parts}--${boundary}--\r\n`) };
}

/** @throws when it is none */
export function readReport(entity: Entity): Report {
  if (typeOf(entity) !== 'multipart/report') throw new Error(`${typeOf(entity)} came where an MDN was expected`);
  const parts = partsOf(entity).map(readEntity);
  const notification = parts.find((part) => typeOf(part) === 'message/disposition-notification');
  if (notification === undefined) throw new Error('A report holds no disposition-notification');
  const { headers } = readEntity(Buffer.concat([contentOf(notification), line('\r\n\r\n')]));
  const [value, digest] = field(headers, 'Received-Content-MIC')?.split(/\s*,\s*/) ?? [];
  return {
    originalMessageId: field(headers, 'Original-Message-ID'),
    disposition: field(headers, 'Disposition') ?? '',
    mic: value === undefined || digest === undefined ? undefined : [value, digest],
  };
}
