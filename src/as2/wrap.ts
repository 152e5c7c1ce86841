import { concatenated, sourceOf } from '../bytes/source.ts';
import type { Sized } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import { isAuthenticated } from '../cms/algorithms.ts';
import type { CipherName, DigestName, KeyTransportName } from '../cms/algorithms.ts';
import { makeCompressedData } from '../cms/compressed-data.ts';
import { makeEnvelope } from '../cms/enveloped-data.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { formatHeaders, header } from '../mime/headers.ts';
import type { HeaderField, Headers } from '../mime/headers.ts';
import { digesting } from './mic.ts';
import type { Mic } from './mic.ts';
import { encodedInBase64 } from '../mime/transfer-encoding.ts';
import { signDetached } from './sign-detached.ts';
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
  /** for what is compressed: its length has to be known before it goes on */
  readonly spool: Spool;
}

export interface EncryptOptions {
  readonly recipient: CertificateIdentity;
  readonly cipher: CipherName;
  /** by default the usual one of the recipient's key */
  readonly keyTransport?: KeyTransportName;
  /** of AES-GCM and AES-CCM */
  readonly form?: 'auth-enveloped-data' | 'enveloped-data';
}

export interface Wrapped {
  /** of the HTTP body: Content-Type and what goes with it; never to be folded */
  readonly headers: Headers;
  /** made while it is read, once: digested, signed and encrypted in one pass */
  readonly body: Sized;
  /** what the receipt has to return; known when the body was read */
  readonly mic: () => Mic;
}

/**
 * Puts content into the layers that a partnership wants: compressed, signed, encrypted, in this order, or signed,
 * compressed, encrypted (RFC 5402 §3, draft rfc4130bis §4.2).
 *
 * @param entity its headers say what the content is: Content-Type, Content-Disposition
 * @throws MimeError when a header holds a line break
 */
export async function wrap(
  entity: { readonly headers: Headers; readonly content: Sized },
  options: WrapOptions,
): Promise<Wrapped> {
  const { sign, encrypt, compress, micDigest } = options;
  // RFC 4130 §5.2.1: HTTP needs no transfer encoding; and alone, content has its headers in HTTP.
  if (sign === undefined && encrypt === undefined && compress === 'none') {
    const body = digesting(entity.content, micDigest);
    return { headers: entity.headers, body, mic: body.mic };
  }
  let content = bytesOfPart({ headers: binary(entity.headers), body: entity.content });
  let mic: (() => Mic) | undefined;
  if (sign === undefined) {
    // RFC 4130 §7.3.1, RFC 5402 §4.2, §4.3: of what is encrypted or compressed and not signed, with its headers.
    const digested = digesting(content, micDigest);
    content = digested;
    mic = digested.mic;
  }
  const deflated = async (inside: Sized): Promise<Part> => ({
    headers: pkcs7Mime('compressed-data', 'smime.p7z'),
    body: await makeCompressedData(inside, options.spool),
  });
  let part: Part | undefined;
  if (compress === 'before-signing' || (compress === 'after-signing' && sign === undefined)) {
    part = await deflated(content);
    content = bytesOfPart(part);
  }
  if (sign !== undefined) {
    const signed = signDetached(content, options.boundary, sign);
    mic = signed.mic;
    part = signed;
    if (compress === 'after-signing') part = await deflated(bytesOfPart(part));
    content = bytesOfPart(part);
  }
  if (encrypt !== undefined) part = encrypted(content, encrypt);
  if (part === undefined || mic === undefined) throw new Error('A message has a layer and a MIC');
  if (options.transferEncoding === 'base64' && part.headers.some(isBinary)) part = inBase64(part);
  return { headers: part.headers, body: part.body, mic };
}

interface Part {
  readonly headers: Headers;
  readonly body: Sized;
}

const bytesOfPart = ({ headers, body }: Part): Sized => concatenated(sourceOf(formatHeaders(headers)), body);

function binary(headers: Headers): Headers {
  if (header(headers, 'Content-Transfer-Encoding') !== undefined) return headers;
  return [...headers, ['Content-Transfer-Encoding', 'binary']];
}

const isBinary = ([name, value]: HeaderField): boolean => name === 'Content-Transfer-Encoding' && value === 'binary';

function inBase64({ headers, body }: Part): Part {
  const fields = headers.map((field): HeaderField => (isBinary(field) ? [field[0], 'base64'] : field));
  return { headers: fields, body: encodedInBase64(body) };
}

function encrypted(content: Sized, { recipient, ...options }: EncryptOptions): Part {
  const body = makeEnvelope(content, [recipient], options);
  const authenticated = isAuthenticated(options.cipher) && options.form !== 'enveloped-data';
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
