import type { CertificateIdentity } from '../cms/identity.ts';
import type { SignedContent } from '../cms/signed-data.ts';
import { CountersignError } from '../errors.ts';
import { readCertificate } from '../pki/certificate.ts';

/**
 * The certificates that a message brings along, as far as they can be read. Anybody can put anything there: whatever
 * they verify proves that somebody signed it, never who.
 */
export function enclosedCertificates({ certificates }: SignedContent): CertificateIdentity[] {
  return certificates.slice(0, limit).flatMap(readable);
}

/** A signer's certificate with its path is three or four. */
const limit = 16;

function readable(der: Buffer): CertificateIdentity[] {
  try {
    return [readCertificate(der)];
  } catch (error) {
    if (error instanceof CountersignError) return [];
    throw error;
  }
}
