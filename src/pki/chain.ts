import { readCertificate, type Certificate } from './certificate.ts';

/**
 * The certificates of a TLS server (RFC 8446 §4.4.2): its own first, then each that certifies the one before it. Several as
 * PEM, one alone in any form that `readCertificate` takes.
 * @throws PkiError
 */
export function readChain(bytes: Buffer): readonly [own: Certificate, ...others: Certificate[]] {
  const [own, ...others] = bytes.toString('latin1').match(CERTIFICATE) ?? [];
  if (own === undefined || others.length === 0) return [readCertificate(bytes)];
  return [readCertificate(own), ...others.map((each) => readCertificate(each))];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
