import type { VerifiedSigner } from '../cms/signed-data.ts';
import type { Certificate } from './certificate.ts';

/**
 * A certificate that the operator trusts for a partner, self-certified or not (RFC 4130 §8), and for how long. Nothing
 * else of a partner is trusted.
 */
export interface PinnedCertificate {
  readonly certificate: Certificate;
  readonly use: readonly ('sign' | 'encrypt')[];
  /** The later of the configured beginning and the certificate's own. */
  readonly validFrom: Date;
  /** The earlier of the configured end and the certificate's own. */
  readonly validTo: Date;
}

/** Those that are valid at `now` for the use, and no others (draft rfc4130bis §10); the latest beginning first. */
export function pinnedFor(pins: readonly PinnedCertificate[], use: 'sign' | 'encrypt', now: Date): Certificate[] {
  return pins
    .filter((pin) => pin.use.includes(use) && pin.validFrom <= now && now <= pin.validTo)
    .sort((a, b) => b.validFrom.getTime() - a.validFrom.getTime())
    .map((pin) => pin.certificate);
}

const trusted: unique symbol = Symbol('trusted');

/**
 * Proof that a signature was made with a certificate that is pinned for the partner and valid at that time.
 * Only `trustPinned` makes one, so whoever holds one need not ask again.
 */
export interface TrustedPath {
  readonly certificate: Certificate;
  readonly [trusted]: true;
}

/** The trust that a verified signer has at `now`; undefined when no signing pin of the partner is valid then. */
export function trustPinned(
  signer: VerifiedSigner,
  pins: readonly PinnedCertificate[],
  now: Date,
): TrustedPath | undefined {
  const certificate = pinnedFor(pins, 'sign', now).find((each) => each.der.equals(signer.certificate.der));
  return certificate === undefined ? undefined : { certificate, [trusted]: true };
}
