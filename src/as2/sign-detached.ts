import type { Sized } from '../bytes/source.ts';
import type { DigestName, SignatureScheme } from '../cms/algorithms.ts';
import { micalgName } from '../cms/algorithms.ts';
import type { PrivateIdentity } from '../cms/identity.ts';
import { longestSignedData, makeSignedData } from '../cms/signed-data.ts';
import type { Headers } from '../mime/headers.ts';
import { base64Lines, sizeInBase64 } from '../mime/transfer-encoding.ts';
import { digesting } from './mic.ts';
import type { Mic } from './mic.ts';

export interface DetachedSignature {
  readonly identity: PrivateIdentity;
  readonly digest: DigestName;
  readonly scheme?: SignatureScheme;
  /** how the digest is spelled; without it RFC 5751's way */
  readonly micalg?: string;
  readonly signingTime?: Date;
}

/**
 * multipart/signed (RFC 1847 §2.1, RFC 8551 §3.5.3) around an entity, which stays as it is, byte for byte. It is digested
 * while it is read, which is to be done once, and signed when all of it was; `mic` is known from then on.
 *
 * @param boundary must not occur in the content
 */
export function signDetached(
  content: Sized,
  boundary: string,
  { identity, digest, scheme, micalg = micalgName(digest), signingTime }: DetachedSignature,
): { readonly headers: Headers; readonly body: Sized; readonly mic: () => Mic } {
  const options = { digest, ...(scheme && { scheme }), ...(signingTime && { signingTime }) };
  const digested = digesting(content, digest);
  const before = Buffer.from(`--${boundary}\r\n`, 'latin1');
  const between = (filling: number) =>
    Buffer.from(`\r\n--${boundary}\r\n${signatureHead}${'-'.repeat(filling)}\r\n\r\n`, 'latin1');
  const end = Buffer.from(`--${boundary}--\r\n`, 'latin1');
  // In base64, because some systems trim or convert a binary signature. Whoever asks before it is made is told the most.
  let length: number | undefined;
  const body = {
    get size() {
      length ??= sizeInBase64(longestSignedData(identity, options));
      return before.length + content.size + between(0).length + length + end.length;
    },
    *pieces() {
      yield before;
      yield* digested.pieces();
      const signature = base64Lines(makeSignedData(digested.mic().value, identity, options));
      // What one by ECDSA is shorter than was told is made up in a header. Behind the end Camel would look for more parts.
      length ??= signature.length;
      yield Buffer.concat([between(length - signature.length), signature, end]);
    },
  };
  // RFC 1847 §2.1: protocol and micalg MUST be there.
  const type = `multipart/signed; protocol="application/pkcs7-signature"; micalg=${micalg}; boundary="${boundary}"`;
  return { headers: [['Content-Type', type]], body, mic: digested.mic };
}

/** The last value may be filled up. */
const signatureHead = [
  'Content-Type: application/pkcs7-signature; name=smime.p7s',
  'Content-Disposition: attachment; filename=smime.p7s',
  'Content-Transfer-Encoding: base64',
  'Content-Description: S/MIME signature',
].join('\r\n');
