import { context, TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { encode, integer, sequence } from './der.ts';
import type { Der } from './der.ts';
import type { CertificateIdentity } from './identity.ts';
import { nameText } from './name-text.ts';

/** SignerIdentifier (RFC 5652 §5.3) and RecipientIdentifier (§6.2.1): how a message names a certificate. */
export type CertificateReference =
  { readonly issuer: Buffer; readonly serialNumber: Buffer } | { readonly subjectKeyIdentifier: Buffer };

/** @throws CmsError */
export function readReference(reader: BerReader): CertificateReference {
  if (reader.next !== TAG.sequence) return { subjectKeyIdentifier: reader.octetString(context(0, false)) };
  return reader.inside(TAG.sequence, (inner) => ({ issuer: inner.raw(), serialNumber: inner.primitive(TAG.integer) }));
}

export function refersTo(reference: CertificateReference, certificate: CertificateIdentity): boolean {
  if ('issuer' in reference)
    return reference.serialNumber.equals(certificate.serialNumber) && reference.issuer.equals(certificate.issuer);
  return certificate.subjectKeyIdentifier?.equals(reference.subjectKeyIdentifier) ?? false;
}

/** IssuerAndSerialNumber, which every system understands. */
export function issuerAndSerial(certificate: CertificateIdentity): Der {
  const known = encoded.get(certificate) ?? [encode(sequence([certificate.issuer], integer(certificate.serialNumber)))];
  encoded.set(certificate, known);
  return known;
}

const encoded = new WeakMap<CertificateIdentity, Der>();

/**
 * For people: `CN=…, O=… · serial 01ab` or `key identifier 01ab`.
 * @param certificate that it refers to, if it is known: its name is read once, not for every message
 */
export function describeReference(reference: CertificateReference, certificate?: CertificateIdentity): string {
  if (!('issuer' in reference)) return `key identifier ${shortHex(reference.subjectKeyIdentifier)}`;
  const known = certificate && described.get(certificate);
  if (known !== undefined) return known;
  const text = `${nameText(reference.issuer)} · serial ${shortHex(reference.serialNumber)}`;
  if (certificate) described.set(certificate, text);
  return text;
}

const described = new WeakMap<CertificateIdentity, string>();

/** RFC 5280 §4.1.2.2: no serial number is longer than 20 octets; what is, is somebody's joke. */
function shortHex(bytes: Buffer): string {
  return bytes.length > 32 ? `${bytes.toString('hex', 0, 32)}…` : bytes.toString('hex');
}
