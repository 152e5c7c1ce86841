import { CIPHERS } from '../cms/algorithms.ts';
import type { CipherName, DigestName, KeyTransportName } from '../cms/algorithms.ts';
import { makeCompressedData } from '../cms/compressed-data.ts';
import { makeEnvelope } from '../cms/enveloped-data.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { bytesOf } from '../mime/bytes.ts';
import { formatHeaders, header } from '../mime/headers.ts';
import type { HeaderField, Headers } from '../mime/headers.ts';
import { micOf } from './mic.ts';
import type { Mic } from './mic.ts';
import { base64Lines, signDetached } from './sign-detached.ts';
import type { DetachedSignature } from './sign-detached.ts';

export interface WrapOptions {
  readonly sign?: DetachedSignature;
  /** of a message that is not signed: compressed or not */
  readonly compress: 'none' | 'before-signing' | 'after-signing';
  readonly encrypt?: EncryptOptions;
  /** of the MIC when the message is not signed: the one that the receipt is asked for */
  readonly micDigest: DigestName;
  /** fresh random letters and digits, at least 128 bits' worth, at most 60 */
  readonly boundary: string;
  /** of a CMS structure that is the HTTP body; binary unless said otherwise (RFC 4130 §5.2.1) */
  readonly transferEncoding?: 'binary' | 'base64';
}

export interface EncryptOptions {
  readonly recipient: CertificateIdentity;
  readonly cipher: CipherName;
  readonly keyTransport: KeyTransportName;
  /** of AES-GCM */
  readonly form?: 'auth-enveloped-data' | 'enveloped-data';
}

export interface Wrapped {
  /** of the HTTP body: Content-Type and what goes with it; never to be folded */
  readonly headers: Headers;
  readonly body: Buffer;
  /** what the receipt has to return */
  readonly mic: Mic;
}

/**
 * Puts content into the layers that a partnership wants: compressed, signed, encrypted, in this order, or signed,
 * compressed, encrypted (RFC 5402 §3, draft rfc4130bis §4.2).
 *
 * @param entity its headers say what the content is: Content-Type, Content-Disposition
 * @throws MimeError when a header holds a line break
 */
export async function wrap(
  entity: { readonly headers: Headers; readonly content: Buffer },
  options: WrapOptions,
): Promise<Wrapped> {
  const { sign, encrypt, compress } = options;
  // RFC 4130 §5.2.1: HTTP needs no transfer encoding; and alone, content has its headers in HTTP.
  let part: Part = { headers: entity.headers, body: entity.content };
  let mic = micOf(options.micDigest, part.body);
  if (sign === undefined && encrypt === undefined && compress === 'none') return { ...part, mic };

  part = { ...part, headers: binary(part.headers) };
  // RFC 4130 §7.3.1, RFC 5402 §4.2, §4.3: of what is encrypted or compressed and not signed, with its headers.
  mic = micOf(options.micDigest, bytesOfPart(part));
  if (compress === 'before-signing' || (compress === 'after-signing' && sign === undefined))
    part = await compressed(part);
  if (sign !== undefined) {
    const content = bytesOfPart(part);
    mic = micOf(sign.digest, content);
    part = await signDetached(content, options.boundary, sign);
    if (compress === 'after-signing') part = await compressed(part);
  }
  if (encrypt !== undefined) part = await encrypted(part, encrypt);
  if (options.transferEncoding === 'base64' && part.headers.some(isBinary)) part = inBase64(part);
  return { ...part, mic };
}

interface Part {
  readonly headers: Headers;
  readonly body: Buffer;
}

const bytesOfPart = ({ headers, body }: Part): Buffer => Buffer.concat([formatHeaders(headers), body]);

function binary(headers: Headers): Headers {
  if (header(headers, 'Content-Transfer-Encoding') !== undefined) return headers;
  return [...headers, ['Content-Transfer-Encoding', 'binary']];
}

const isBinary = ([name, value]: HeaderField): boolean => name === 'Content-Transfer-Encoding' && value === 'binary';

function inBase64({ headers, body }: Part): Part {
  const fields = headers.map((field): HeaderField => (isBinary(field) ? [field[0], 'base64'] : field));
  return { headers: fields, body: Buffer.from(`${base64Lines(body)}\r\n`) };
}

async function compressed(part: Part): Promise<Part> {
  const body = await makeCompressedData(bytesOf(bytesOfPart(part)));
  return { headers: pkcs7Mime('compressed-data', 'smime.p7z'), body };
}

async function encrypted(part: Part, { recipient, ...options }: EncryptOptions): Promise<Part> {
  const body = await makeEnvelope(bytesOf(bytesOfPart(part)), [recipient], options);
  const authenticated = CIPHERS[options.cipher].mode === 'gcm' && options.form !== 'enveloped-data';
  return { headers: pkcs7Mime(authenticated ? 'authEnveloped-data' : 'enveloped-data', 'smime.p7m'), body };
}

/** RFC 8551 §3.2, RFC 5402 §3 */
function pkcs7Mime(smimeType: string, name: string): Headers {
  return [
    ['Content-Type', `application/pkcs7-mime; smime-type=${smimeType}; name=${name}`],
    ['Content-Disposition', `attachment; filename=${name}`],
    ['Content-Transfer-Encoding', 'binary'],
  ];
}
