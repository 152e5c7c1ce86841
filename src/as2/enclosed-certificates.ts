import type { CertificateIdentity } from '../cms/identity.ts';
import type { SignedContent } from '../cms/signed-data.ts';
import { CountersignError } from '../errors.ts';
import { readCertificate } from '../pki/certificate.ts';

/**
 * The certificates that a message brings along, as far as they can be read. Anybody can put anything there: whatever
 * they verify proves that somebody signed it, never who.
 *
 * @param known are left out: to read a certificate takes longer than everything else that a small message costs
 */
export function enclosedCertificates(
  { certificates }: SignedContent,
  known: readonly CertificateIdentity[],
): CertificateIdentity[] {
  const others = certificates.filter((der) => !known.some((each) => each.der.equals(der)));
  return others.slice(0, limit).flatMap(readable);
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
