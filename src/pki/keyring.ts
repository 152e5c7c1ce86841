import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KEY_TRANSPORTS, SIGNATURE_SCHEMES, takesKeys } from '../cms/algorithms.ts';
import type { SignatureScheme } from '../cms/algorithms.ts';
import type { PrivateIdentity } from '../cms/identity.ts';
import { canSign } from '../cms/signature.ts';
import { describeKey, type Certificate } from './certificate.ts';
import { PkiError } from './pki-error.ts';

/** A key of ours with its certificate. */
export interface OwnIdentity extends PrivateIdentity {
  readonly certificate: Certificate;
  readonly use: readonly ('sign' | 'decrypt')[];
  /** The later of the configured beginning and the certificate's own. */
  readonly validFrom: Date;
  /** The earlier of the configured end and the certificate's own. */
  readonly validTo: Date;
}

/**
 * The identity that signs at `now`: of the valid ones that can sign by the scheme, the one with the latest beginning.
 * Where no scheme is asked for, Ed25519 comes last: few partners know it.
 */
export function signingIdentity(
  identities: readonly OwnIdentity[],
  now: Date,
  scheme?: SignatureScheme,
): OwnIdentity | undefined {
  const isEdwards = ({ privateKey }: OwnIdentity) => Number(canSign(privateKey, 'ed25519'));
  return identities
    .filter((each) => each.use.includes('sign') && each.validFrom <= now && now <= each.validTo)
    .filter(({ privateKey }) => scheme === undefined || canSign(privateKey, scheme))
    .sort((a, b) => isEdwards(a) - isEdwards(b) || b.validFrom.getTime() - a.validFrom.getTime())[0];
}

/** What a key can do: Ed25519 and RSA-PSS keys sign, X25519 keys decrypt, RSA and EC keys do both. */
export function usesOf(key: KeyObject): ('sign' | 'decrypt')[] {
  const signs = SIGNATURE_SCHEMES.some((scheme) => canSign(key, scheme));
  const decrypts = KEY_TRANSPORTS.some((by) => takesKeys(key.asymmetricKeyType, by));
  return [...(signs ? (['sign'] as const) : []), ...(decrypts ? (['decrypt'] as const) : [])];
}

/** Partners need time to take up a new certificate: an expired key opens their messages for 30 days more. */
const DECRYPTION_GRACE_MS = 30 * 86_400_000;

/** The identities that may decrypt at `now`. */
export function decryptionIdentities(identities: readonly OwnIdentity[], now: Date): OwnIdentity[] {
  return identities.filter(
    (each) => each.use.includes('decrypt') && now.getTime() <= each.validTo.getTime() + DECRYPTION_GRACE_MS,
  );
}

/**
 * Joins a private key and its certificate.
 * @param keyPem PKCS#8 (also encrypted), PKCS#1 or SEC 1
 * @throws PkiError
 */
export function joinIdentity(
  certificate: Certificate,
  keyPem: Buffer | string,
  passphrase?: string,
): PrivateIdentity & { readonly certificate: Certificate } {
  const privateKey = readPrivateKey(keyPem, passphrase);
  if (!belongsTo(privateKey, certificate)) {
    throw new PkiError(
      'PKI_KEY_MISMATCH',
      `The private key (${describeKey(privateKey)}) does not belong to the certificate "${certificate.subject}" (${certificate.keyDescription})`,
    );
  }
  return { certificate, privateKey };
}

/** Whether a private key is that of a certificate. */
export function belongsTo(privateKey: KeyObject, { publicKey }: Certificate): boolean {
  // Over keys of two types OpenSSL leaves an error behind, and the next key that is read, though good, is refused for it.
  if (privateKey.asymmetricKeyType !== publicKey.asymmetricKeyType) return false;
  return createPublicKey(privateKey).equals(publicKey);
}

/** @throws PkiError */
export function readPrivateKey(pem: Buffer | string, passphrase?: string): KeyObject {
  const text = pem.toString('latin1');
  if (!text.includes('PRIVATE KEY-----')) throw new PkiError('PKI_KEY_UNREADABLE', 'There is no PEM private key in it');
  const encrypted = text.includes('ENCRYPTED');
  if (encrypted && passphrase === undefined)
    throw new PkiError('PKI_PASSPHRASE_WRONG', 'The private key is encrypted, and no passphrase is given');
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(encrypted && { passphrase }) });
  } catch (error) {
    throw encrypted
      ? new PkiError('PKI_PASSPHRASE_WRONG', 'The private key does not open with this passphrase', { cause: error })
      : new PkiError('PKI_KEY_UNREADABLE', 'The private key cannot be read', { cause: error });
  }
}
