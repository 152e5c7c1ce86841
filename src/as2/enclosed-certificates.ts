import type { CertificateIdentity } from '../cms/identity.ts';
import type { SignedContent } from '../cms/signed-data.ts';
import { CountersignError } from '../errors.ts';
import { MOST_ENCLOSED } from '../limits.ts';
import { readCertificate } from '../pki/certificate.ts';

/**
 * The certificates that a message brings along, as far as they can be read. Anybody can put anything there: whatever
 * they verify proves that somebody signed it, never who.
 *
 * @param known are left out: they were read before
 */
export function enclosedCertificates(
  { certificates }: SignedContent,
  known: readonly CertificateIdentity[],
): CertificateIdentity[] {
  const others = certificates.filter((der) => !known.some((each) => each.der.equals(der)));
  return others.slice(0, MOST_ENCLOSED).flatMap(readable);
}

function readable(der: Buffer): CertificateIdentity[] {
  try {
    return [readCertificate(der)];
  } catch (error) {
    if (error instanceof CountersignError) return [];
    throw error;
  }
}
