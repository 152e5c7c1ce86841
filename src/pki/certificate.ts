import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { BerReader, TAG, context } from '../cms/ber.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { nameText } from '../cms/name-text.ts';
import { readTime } from '../cms/signed-attributes.ts';
import { CountersignError } from '../errors.ts';
import { LONGEST_CERTIFICATE_FILE, MOST_EXTENSIONS } from '../limits.ts';
import { PkiError } from './pki-error.ts';

/** A certificate with what CMS, the configuration and people ask of it. */
export interface Certificate extends CertificateIdentity {
  readonly pem: string;
  readonly subject: string;
  readonly issuerName: string;
  /** The INTEGER's content octets in lower-case hex, so that a negative one reads as its two's complement. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** `RSA 2048`, `EC P-256`, `Ed25519` */
  readonly keyDescription: string;
}

/**
 * Reads one certificate: PEM, DER, or bare base64. Nothing of its content is judged: partners' self-signed certificates
 * have serial numbers of zero or below, no KeyUsage, and names that break RFC 5280.
 * @throws PkiError
 */
export function readCertificate(pemOrDer: string | Buffer): Certificate {
  const der = derOf(pemOrDer);
  try {
    const reader = new BerReader(der);
    const fields = reader.inside(TAG.sequence, (certificate) => {
      const signed = certificate.inside(TAG.sequence, signedFields);
      certificate.raw(); // signatureAlgorithm
      certificate.primitive(TAG.bitString);
      return signed;
    });
    // RFC 5652 §10.2.3: it goes into what we sign as it is, and its fingerprint is of no more than itself.
    if (reader.more) throw new RangeError('something follows it');
    const { issuer, subject, publicKey } = fields;
    return {
      ...fields,
      der,
      pem: pemOf(der),
      subject: nameText(subject),
      issuerName: nameText(issuer),
      serial: fields.serialNumber.toString('hex'),
      fingerprint: createHash('sha256').update(der).digest('hex'),
      keyDescription: describeKey(publicKey),
    };
  } catch (error) {
    const reason = error instanceof CountersignError || error instanceof Error ? error.message : String(error);
    throw unreadable(`The certificate cannot be read: ${reason}`, error);
  }
}

/** `RSA 2048`, `EC P-256`, `Ed25519` */
export function describeKey(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `${key.asymmetricKeyType === 'rsa' ? 'RSA' : 'RSA-PSS'} ${modulusLength}`;
  if (namedCurve !== undefined) return `EC ${CURVES[namedCurve] ?? namedCurve}`;
  return KINDS[key.asymmetricKeyType ?? ''] ?? (key.asymmetricKeyType ?? 'unknown').toUpperCase();
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

const KINDS: Readonly<Record<string, string>> = { ed25519: 'Ed25519', ed448: 'Ed448' };

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

function derOf(pemOrDer: string | Buffer): Buffer {
  if (pemOrDer.length > LONGEST_CERTIFICATE_FILE) throw unreadable('This is too large for a certificate');
  if (Buffer.isBuffer(pemOrDer) && pemOrDer[0] === TAG.sequence) return pemOrDer;
  const text = pemOrDer.toString('latin1');
  const blocks = [...text.matchAll(PEM_BLOCK)].map(([, label = '', body = '']) => ({ label, body }));
  if (blocks.some(({ label }) => label.includes('PRIVATE KEY')))
    throw unreadable('There is a private key in it. Give the certificate alone, and keep private keys in keys/');
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE');
  if (certificates.length > 1)
    throw unreadable(`There are ${certificates.length} certificates in it. Give the party's own one alone`);
  const [certificate] = certificates;
  const other = blocks[0]?.label;
  if (certificate === undefined && other !== undefined)
    throw unreadable(`It holds ${other} instead of a certificate. Ask for the certificate as PEM or DER`);
  const base64 = (certificate?.body ?? text).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw unreadable('There is no certificate in it, neither PEM nor DER');
  return Buffer.from(base64, 'base64');
}

/**
 * TBSCertificate (RFC 5280 §4.1). The names and the serial number as they stand there: CMS names signers and recipients by
 * these very bytes (RFC 5652 §10.2.4).
 */
function signedFields(tbs: BerReader) {
  if (tbs.next === context(0, true)) tbs.raw(); // version
  const serialNumber = tbs.primitive(TAG.integer);
  tbs.raw(); // signature
  const issuer = tbs.raw();
  const [notBefore, notAfter] = tbs.inside(TAG.sequence, (validity) => [timeIn(validity), timeIn(validity)] as const);
  const subject = tbs.raw();
  const publicKey = createPublicKey({ key: tbs.raw(), format: 'der', type: 'spki' });
  let subjectKeyIdentifier: Buffer | undefined;
  while (tbs.more) {
    if (tbs.next === context(3, true)) subjectKeyIdentifier = tbs.inside(context(3, true), keyIdentifierIn);
    else tbs.raw(); // unique identifiers
  }
  return { serialNumber, issuer, notBefore, notAfter, subject, publicKey, subjectKeyIdentifier };
}

function timeIn(validity: BerReader): Date {
  const time = readTime(validity.raw());
  if (time === undefined) throw new RangeError('its validity is no date');
  return time;
}

/** RFC 5280 §4.2.1.2 */
function keyIdentifierIn(extensions: BerReader): Buffer | undefined {
  const values = extensions.all(TAG.sequence, MOST_EXTENSIONS, (each) =>
    each.inside(TAG.sequence, (extension) => {
      const isIt = extension.oid() === SUBJECT_KEY_IDENTIFIER;
      if (extension.next === BOOLEAN) extension.raw(); // critical
      const value = extension.octetString();
      return isIt ? new BerReader(value).octetString() : undefined;
    }),
  );
  return values.find((value) => value !== undefined);
}

const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const BOOLEAN = 0x01;

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function unreadable(message: string, cause?: unknown): PkiError {
  return new PkiError('PKI_CERTIFICATE_UNREADABLE', message, { cause });
}
