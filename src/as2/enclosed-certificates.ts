import { context, TAG } from '../cms/ber.ts';
import type { BerReader } from '../cms/ber.ts';
import { readContentInfo } from '../cms/content-info.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { CountersignError } from '../errors.ts';
import { readCertificate } from '../pki/certificate.ts';

/**
 * The certificates that a SignedData brings along (RFC 5652 §5.1). Anybody can put anything there: whatever they
 * verify proves that somebody signed it, never who.
 *
 * @throws CmsError
 */
export function enclosedCertificates(cms: Buffer): CertificateIdentity[] {
  const { value } = readContentInfo(cms, (_type, content) => content.inside(TAG.sequence, certificatesIn));
  return value.flatMap(readable);
}

/** RFC 5652 §5.1: version, digestAlgorithms, encapContentInfo, [0] certificates, and what is of no interest here. */
function certificatesIn(signedData: BerReader): Buffer[] {
  signedData.smallInteger();
  signedData.raw();
  signedData.raw();
  const tag = context(0, true);
  const certificates = signedData.next === tag ? signedData.all(tag, limit, (each) => each.raw()) : [];
  while (signedData.more) signedData.raw();
  return certificates;
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
