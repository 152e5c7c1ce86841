export type Headers = readonly (readonly [name: string, value: string])[];

/** Of a message, a part of one, or a request. */
export interface Entity {
  readonly headers: Headers;
  readonly body: Buffer;
}

export const line = (text: string): Buffer => Buffer.from(text, 'latin1');

export function readEntity(bytes: Buffer): Entity {
  // A part without headers begins with the blank line.
  const end = bytes.subarray(0, 2).equals(line('\r\n')) ? -2 : bytes.indexOf('\r\n\r\n');
  if (end === -1) throw new Error('A MIME part has no blank line after its headers');
  const text = bytes.toString('latin1', 0, Math.max(end, 0)).replace(/\r\n(?=[ \t])/g, '');
  const headers = text
    .split('\r\n')
    .filter((each) => each !== '')
    .map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1).trim()] as const);
  return { headers, body: bytes.subarray(end + 4) };
}

export function bytesOf({ headers, body }: Entity): Buffer {
  return Buffer.concat([line([...headers.map(([name, value]) => `${name}: ${value}\r\n`), '\r\n'].join('')), body]);
}

export const field = (headers: Headers, name: string): string | undefined =>
  headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];

export const typeOf = ({ headers }: Entity): string =>
  (field(headers, 'Content-Type') ?? '').replace(/;.*$/s, '').trim().toLowerCase();

/** Value of `name="value"`, or of `name*=UTF-8''value` (RFC 2231). */
export function parameterOf(value: string, name: string): string | undefined {
  const [, encoded] = new RegExp(`;\\s*${name}\\*=UTF-8'[^']*'([^;\\s]*)`, 'i').exec(value) ?? [];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(value) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? plain;
}

/** What stands between the delimiters (RFC 2046 §5.1.1), octet by octet. */
export function partsOf({ headers, body }: Entity): Buffer[] {
  const boundary = parameterOf(field(headers, 'Content-Type') ?? '', 'boundary');
  if (boundary === undefined) throw new Error('A multipart has no boundary');
  const whole = Buffer.concat([line('\r\n'), body]);
  const delimiter = line(`\r\n--${boundary}`);
  const parts: Buffer[] = [];
  for (let at = whole.indexOf(delimiter); at >= 0;) {
    const start = at + delimiter.length;
    if (whole.toString('latin1', start, start + 2) === '--') return parts;
    at = whole.indexOf(delimiter, start);
    if (at >= 0) parts.push(whole.subarray(whole.indexOf('\r\n', start) + 2, at));
  }
  throw new Error('A multipart is not closed');
}

/** The body without its transfer encoding. */
export function contentOf({ headers, body }: Entity): Buffer {
  const encoding = field(headers, 'Content-Transfer-Encoding')?.toLowerCase() ?? 'binary';
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (['binary', '8bit', '7bit'].includes(encoding)) return body;
  throw new Error(`Content-Transfer-Encoding ${encoding} is not known here`);
}

export function payloadEntity(content: Buffer, contentType: string, fileName: string | undefined): Entity {
  const escaped = fileName?.replace(/["\\]/g, '\\$&');
  const octets = encodeURIComponent(fileName ?? '').replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  );
  const named = /^[\x20-\x7e]*$/.test(fileName ?? '') ? `filename="${escaped}"` : `filename*=UTF-8''${octets}`;
  const disposition = fileName === undefined ? [] : [['Content-Disposition', `attachment; ${named}`] as const];
  return {
    headers: [['Content-Type', contentType], ['Content-Transfer-Encoding', 'binary'], ...disposition],
    body: content,
  };
}

export function pkcs7Entity(smimeType: string, structure: Buffer): Entity {
  const type = `application/pkcs7-mime; smime-type=${smimeType}; name="smime.p7m"`;
  const disposition = ['Content-Disposition', 'attachment; filename="smime.p7m"'] as const;
  return { headers: [['Content-Type', type], disposition], body: structure };
}

/** RFC 4130 §6.2: a name is quoted when it is more than a token. */
export const quotedName = (name: string): string =>
  /^[^\s"\\]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;

export const plainName = (text = ''): string => /^"(.*)"$/s.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? text;
