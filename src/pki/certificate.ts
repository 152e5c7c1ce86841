import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { BerReader, TAG, context } from '../cms/ber.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { CountersignError } from '../errors.ts';
import { LONGEST_CERTIFICATE_FILE } from '../limits.ts';
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
  /** `RSA 2048`, `EC P-256` */
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
    const parsed = new x509.X509Certificate(der);
    const { serialNumber, issuer } = issuerAndSerial(der);
    const publicKey = createPublicKey({ key: Buffer.from(parsed.publicKey.rawData), format: 'der', type: 'spki' });
    const skiExtension = parsed.getExtension(x509.SubjectKeyIdentifierExtension);
    const { notBefore, notAfter } = parsed;
    if (Number.isNaN(notBefore.getTime() + notAfter.getTime())) throw new RangeError('its validity is no date');
    return {
      der,
      issuer,
      serialNumber,
      subjectKeyIdentifier: skiExtension === null ? undefined : Buffer.from(skiExtension.keyId, 'hex'),
      publicKey,
      pem: pemOf(der),
      subject: parsed.subject,
      issuerName: parsed.issuer,
      serial: serialNumber.toString('hex'),
      notBefore,
      notAfter,
      fingerprint: createHash('sha256').update(der).digest('hex'),
      keyDescription: describeKey(publicKey),
    };
  } catch (error) {
    const reason = error instanceof CountersignError || error instanceof Error ? error.message : String(error);
    throw unreadable(`The certificate cannot be read: ${reason}`, error);
  }
}

/** `RSA 2048`, `EC P-256` */
export function describeKey(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `${key.asymmetricKeyType === 'rsa' ? 'RSA' : 'RSA-PSS'} ${modulusLength}`;
  if (namedCurve !== undefined) return `EC ${CURVES[namedCurve] ?? namedCurve}`;
  return (key.asymmetricKeyType ?? 'unknown').toUpperCase();
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

function derOf(pemOrDer: string | Buffer): Buffer {
  if (pemOrDer.length > LONGEST_CERTIFICATE_FILE) throw unreadable('This is too large for a certificate');
  if (Buffer.isBuffer(pemOrDer) && pemOrDer[0] === TAG.sequence) return pemOrDer;
  const text = pemOrDer.toString('latin1');
  const blocks = [...text.matchAll(PEM_BLOCK)].map(([, label = '', body = '']) => ({ label, body }));
  if (blocks.some(({ label }) => label.includes('PRIVATE KEY')))
    throw unreadable('There is a private key in it. Give the certificate alone, and keep private keys in keys/');
  const certificates = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
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

/** As they stand in the certificate: CMS names signers and recipients by these very bytes (RFC 5652 §10.2.4). */
function issuerAndSerial(der: Buffer): { readonly issuer: Buffer; readonly serialNumber: Buffer } {
  return new BerReader(der).inside(TAG.sequence, (certificate) => {
    const names = new BerReader(certificate.raw()).inside(TAG.sequence, (tbs) => {
      if (tbs.next === context(0, true)) tbs.raw();
      const serialNumber = tbs.primitive(TAG.integer);
      tbs.raw();
      const issuer = tbs.raw();
      while (tbs.more) tbs.raw();
      return { issuer, serialNumber };
    });
    while (certificate.more) certificate.raw();
    return names;
  });
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function unreadable(message: string, cause?: unknown): PkiError {
  return new PkiError('PKI_CERTIFICATE_UNREADABLE', message, { cause });
}
