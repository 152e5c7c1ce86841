import { Reader } from '../bytes/reader.ts';
import { digestAlgorithm } from '../cms/algorithm-identifier.ts';
import { OID } from '../cms/algorithms.ts';
import { contentInfo, encapsulated } from '../cms/content-info.ts';
import { context } from '../cms/ber.ts';
import { element, encode, sequence, setOf, smallInteger } from '../cms/der.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { makeSignerInfo } from '../cms/signer-info.ts';
import { parseContentType } from '../mime/parameters.ts';
import { ZEROS } from './effort.ts';
import type { Effort } from './effort.ts';
import { readSignedPart, verifySignedPart } from './signed-part.ts';

/**
 * Reads a signed part that nobody sent, of about this size, and finds its signature not to hold: what a fault that came
 * before there was anything to verify has saved in parsing.
 */
export function readDummy(size: number, pinned: readonly CertificateIdentity[], effort: Effort): void {
  const [certificate] = pinned;
  if (certificate === undefined) return;
  const reader = new Reader(dummy(size, certificate));
  const part = readSignedPart({ kind: 'signed-detached', contentType, reader }, effort);
  verifySignedPart(part, pinned, () => true, effort);
}

const contentType = parseContentType('multipart/signed; boundary=dummy; micalg=sha-256');
const head = Buffer.from('--dummy\r\nContent-Type: application/EDIFACT\r\n\r\n');
const middle =
  '\r\n--dummy\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n';

function* dummy(size: number, certificate: CertificateIdentity): Generator<Buffer> {
  const end = Buffer.from(`${middle}${signatureOf(certificate).replace(/.{1,76}/g, '$&\r\n')}\r\n--dummy--\r\n`);
  yield head;
  for (let left = size - head.length - end.length; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  yield end;
}

const made = new WeakMap<CertificateIdentity, string>();

/** By nobody, in base64: the digest in its attributes is none of any content, so that the certificate's key is not asked. */
function signatureOf(certificate: CertificateIdentity): string {
  const known = made.get(certificate);
  if (known !== undefined) return known;
  const algorithm = { digest: 'sha256', scheme: 'rsa-pkcs1' } as const;
  const signer = makeSignerInfo(Buffer.alloc(32), certificate, algorithm, undefined, () => Buffer.alloc(256));
  const signedData = sequence(
    smallInteger(1),
    setOf([digestAlgorithm('sha256')]),
    encapsulated(),
    element(context(0, true), [certificate.der]),
    setOf([signer]),
  );
  const base64 = encode(contentInfo(OID.signedData, signedData)).toString('base64');
  made.set(certificate, base64);
  return base64;
}
