import type { KeyObject } from 'node:crypto';

/** What CMS needs to know of a certificate: how a message names it, and its key. */
export interface CertificateIdentity {
  /** The whole certificate. */
  readonly der: Buffer;
  /** The issuer's Name, DER. */
  readonly issuer: Buffer;
  /** The content octets of the serial number's INTEGER. */
  readonly serialNumber: Buffer;
  /** The content of the subjectKeyIdentifier extension, without its OCTET STRING header. */
  readonly subjectKeyIdentifier: Buffer | undefined;
  readonly publicKey: KeyObject;
}

export interface PrivateIdentity {
  readonly certificate: CertificateIdentity;
  readonly privateKey: KeyObject;
}
