import type { DigestName } from '../../src/cms/algorithms.ts';
import type { HeaderField } from '../../src/mime/headers.ts';
import { bytesOfPart, type Part } from '../as2/by-hand.ts';

export { bytesOfPart, type Part } from '../as2/by-hand.ts';

/** Content-Transfer-Encoding; undefined: without the field. */
export type Encoding = 'binary' | 'base64' | 'quoted-printable' | '7bit' | '8bit' | undefined;

/** An entity whose body is in an encoding, and says so. */
export function encodedPart(headers: readonly HeaderField[], content: Buffer, encoding: Encoding): Part {
  const field: HeaderField[] = encoding === undefined ? [] : [['Content-Transfer-Encoding', encoding]];
  return { headers: [...headers, ...field], body: inEncoding(content, encoding) };
}

/** Around a CMS structure. */
export function pkcs7Part(smimeType: string, cms: Buffer, encoding: Encoding): Part {
  return encodedPart(
    [['Content-Type', `application/pkcs7-mime; smime-type=${smimeType}; name=smime.p7m`]],
    cms,
    encoding,
  );
}

/** RFC 1847 §2.1: what is signed, and a detached signature over it. */
export function multipartSigned(content: Buffer, signature: Buffer, digest: DigestName, encoding: Encoding): Part {
  const p7s = bytesOfPart(encodedPart([['Content-Type', 'application/pkcs7-signature']], signature, encoding));
  const type = `multipart/signed; protocol="application/pkcs7-signature"; micalg=${digest}; boundary="=_part"`;
  const line = (text: string) => Buffer.from(text);
  const body = [line('--=_part\r\n'), content, line('\r\n--=_part\r\n'), p7s, line('\r\n--=_part--\r\n')];
  return { headers: [['Content-Type', type]], body: Buffer.concat(body) };
}

function inEncoding(content: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'base64') return Buffer.from((content.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n'));
  return encoding === 'quoted-printable' ? quotedPrintable(content) : content;
}

/** RFC 2045 §6.7, with soft line ends; line ends of the content are octets like any other. */
function quotedPrintable(content: Buffer): Buffer {
  const texts = Array.from(content, (octet) =>
    octet > 0x20 && octet < 0x7f && octet !== 0x3d
      ? String.fromCharCode(octet)
      : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  const lines: string[] = [];
  let line = '';
  for (const text of texts) {
    if (line.length + text.length > 75) {
      lines.push(line);
      line = '';
    }
    line += text;
  }
  return Buffer.from([...lines, line].join('=\r\n'));
}
