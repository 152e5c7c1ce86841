/** The one table of algorithms. What is not here does not exist for us. */

export type DigestName = 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type SignatureScheme = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519';
export type CipherName = '3des' | `aes${128 | 192 | 256}-${'cbc' | 'gcm' | 'ccm'}`;
export type RsaTransportName =
  'rsa-pkcs1' | 'rsa-oaep-sha1' | 'rsa-oaep-sha256' | 'rsa-oaep-sha384' | 'rsa-oaep-sha512';
export type EcdhTransportName =
  | 'ecdh-sha1'
  | 'ecdh-sha256'
  | 'ecdh-sha384'
  | 'ecdh-sha512'
  | 'ecdh-hkdf-sha256'
  | 'ecdh-hkdf-sha384'
  | 'ecdh-hkdf-sha512';
/** How a content-encryption key reaches its recipient. */
export type KeyTransportName = RsaTransportName | EcdhTransportName;

/** `length` in octets; `micalg` as RFC 8551 §3.5.3.2 spells it. */
export interface Digest {
  readonly oid: string;
  readonly length: number;
  readonly micalg: string;
  /** Signature algorithms that name this digest in themselves. */
  readonly withRsa: string;
  readonly withEcdsa: string;
}

/** RFC 8551 §2.1, draft rfc4130bis §7.1. Keys are also the names that node:crypto knows them by. */
export const DIGESTS: Readonly<Record<DigestName, Digest>> = {
  sha1: {
    oid: '1.3.14.3.2.26',
    length: 20,
    micalg: 'sha-1',
    withRsa: '1.2.840.113549.1.1.5',
    withEcdsa: '1.2.840.10045.4.1',
  },
  sha256: {
    oid: '2.16.840.1.101.3.4.2.1',
    length: 32,
    micalg: 'sha-256',
    withRsa: '1.2.840.113549.1.1.11',
    withEcdsa: '1.2.840.10045.4.3.2',
  },
  sha384: {
    oid: '2.16.840.1.101.3.4.2.2',
    length: 48,
    micalg: 'sha-384',
    withRsa: '1.2.840.113549.1.1.12',
    withEcdsa: '1.2.840.10045.4.3.3',
  },
  sha512: {
    oid: '2.16.840.1.101.3.4.2.3',
    length: 64,
    micalg: 'sha-512',
    withRsa: '1.2.840.113549.1.1.13',
    withEcdsa: '1.2.840.10045.4.3.4',
  },
};

/** Lengths in octets. `block` is the unit of CBC padding, and the length of the IV. */
export type Cipher = { readonly oid: string; readonly key: number } & (
  | { readonly mode: 'cbc'; readonly node: 'des-ede3-cbc' | `aes-${number}-cbc`; readonly block: number }
  | { readonly mode: 'gcm'; readonly node: `aes-${128 | 192 | 256}-gcm` }
  | { readonly mode: 'ccm'; readonly node: `aes-${128 | 192 | 256}-ccm` }
);

/** RFC 8551 §2.7, RFC 5084 */
export const CIPHERS: Readonly<Record<CipherName, Cipher>> = {
  '3des': { oid: '1.2.840.113549.3.7', key: 24, mode: 'cbc', node: 'des-ede3-cbc', block: 8 },
  'aes128-cbc': { oid: '2.16.840.1.101.3.4.1.2', key: 16, mode: 'cbc', node: 'aes-128-cbc', block: 16 },
  'aes192-cbc': { oid: '2.16.840.1.101.3.4.1.22', key: 24, mode: 'cbc', node: 'aes-192-cbc', block: 16 },
  'aes256-cbc': { oid: '2.16.840.1.101.3.4.1.42', key: 32, mode: 'cbc', node: 'aes-256-cbc', block: 16 },
  'aes128-gcm': { oid: '2.16.840.1.101.3.4.1.6', key: 16, mode: 'gcm', node: 'aes-128-gcm' },
  'aes192-gcm': { oid: '2.16.840.1.101.3.4.1.26', key: 24, mode: 'gcm', node: 'aes-192-gcm' },
  'aes256-gcm': { oid: '2.16.840.1.101.3.4.1.46', key: 32, mode: 'gcm', node: 'aes-256-gcm' },
  'aes128-ccm': { oid: '2.16.840.1.101.3.4.1.7', key: 16, mode: 'ccm', node: 'aes-128-ccm' },
  'aes192-ccm': { oid: '2.16.840.1.101.3.4.1.27', key: 24, mode: 'ccm', node: 'aes-192-ccm' },
  'aes256-ccm': { oid: '2.16.840.1.101.3.4.1.47', key: 32, mode: 'ccm', node: 'aes-256-ccm' },
};

/** The digest is that of OAEP itself; its mask may be made with another on receipt. */
export const RSA_TRANSPORTS: Readonly<Record<RsaTransportName, { readonly oaep: DigestName | undefined }>> = {
  'rsa-pkcs1': { oaep: undefined },
  'rsa-oaep-sha1': { oaep: 'sha1' },
  'rsa-oaep-sha256': { oaep: 'sha256' },
  'rsa-oaep-sha384': { oaep: 'sha384' },
  'rsa-oaep-sha512': { oaep: 'sha512' },
};

/** The digest is that of the key derivation. */
export interface EcdhTransport {
  readonly oid: string;
  readonly kdf: 'x9.63' | 'hkdf';
  readonly digest: DigestName;
}

/** dhSinglePass-stdDH-…kdf-scheme (RFC 5753 §7.1.4), dhSinglePass-stdDH-hkdf-…-scheme (RFC 8418 §2.2). */
export const ECDH_TRANSPORTS: Readonly<Record<EcdhTransportName, EcdhTransport>> = {
  'ecdh-sha1': { oid: '1.3.133.16.840.63.0.2', kdf: 'x9.63', digest: 'sha1' },
  'ecdh-sha256': { oid: '1.3.132.1.11.1', kdf: 'x9.63', digest: 'sha256' },
  'ecdh-sha384': { oid: '1.3.132.1.11.2', kdf: 'x9.63', digest: 'sha384' },
  'ecdh-sha512': { oid: '1.3.132.1.11.3', kdf: 'x9.63', digest: 'sha512' },
  'ecdh-hkdf-sha256': { oid: '1.2.840.113549.1.9.16.3.19', kdf: 'hkdf', digest: 'sha256' },
  'ecdh-hkdf-sha384': { oid: '1.2.840.113549.1.9.16.3.20', kdf: 'hkdf', digest: 'sha384' },
  'ecdh-hkdf-sha512': { oid: '1.2.840.113549.1.9.16.3.21', kdf: 'hkdf', digest: 'sha512' },
};

/** AES key wrap (RFC 3565 §2.3.2, RFC 3394). The length of the key that wraps, in octets. */
export interface KeyWrap {
  readonly oid: string;
  readonly key: 16 | 24 | 32;
  readonly node: `id-aes${128 | 192 | 256}-wrap`;
}

export const KEY_WRAPS: readonly [KeyWrap, ...KeyWrap[]] = [
  { oid: '2.16.840.1.101.3.4.1.5', key: 16, node: 'id-aes128-wrap' },
  { oid: '2.16.840.1.101.3.4.1.25', key: 24, node: 'id-aes192-wrap' },
  { oid: '2.16.840.1.101.3.4.1.45', key: 32, node: 'id-aes256-wrap' },
];

export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  compressedData: '1.2.840.113549.1.9.16.1.9',
  zlib: '1.2.840.113549.1.9.16.3.8',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  algorithmProtection: '1.2.840.113549.1.9.52',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaesOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  pSpecified: '1.2.840.113549.1.1.9',
  rsassaPss: '1.2.840.113549.1.1.10',
  ecPublicKey: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  x25519: '1.3.101.110',
} as const;

/** `sha1`, `SHA-1`, `rsa-sha1`, `sha2_256`, `sha-384`, …: as partners spell it in micalg and Received-Content-MIC. */
export function digestByMicalg(text: string): DigestName | undefined {
  const bits = /^(?:rsa-)?sha(?:-?2)?[-_]?(1|256|384|512)$/i.exec(text.trim())?.[1];
  return bits === undefined ? undefined : (`sha${bits}` as DigestName);
}

/** How we spell it: `sha-256`, or `sha256` for older systems. */
export function micalgName(digest: DigestName, style: 'rfc5751' | 'old' = 'rfc5751'): string {
  return style === 'old' ? digest : DIGESTS[digest].micalg;
}

/** All of them. */
export const KEY_TRANSPORTS: readonly KeyTransportName[] = [...names(RSA_TRANSPORTS), ...names(ECDH_TRANSPORTS)];

/** All of them, the oldest first. */
export const SIGNATURE_SCHEMES = ['rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519'] as const satisfies SignatureScheme[];

/** All that are not broken: SHA-1 and 3DES have to be allowed one by one (RFC 8551 §2.1, §2.7). */
export const STRONG_DIGESTS = ['sha256', 'sha384', 'sha512'] as const satisfies DigestName[];
export const STRONG_CIPHERS = names(CIPHERS).filter((name) => name !== '3des');

export const digestByOid = (oid: string): DigestName | undefined =>
  names(DIGESTS).find((name) => DIGESTS[name].oid === oid);

export const ecdhByOid = (oid: string): EcdhTransportName | undefined =>
  names(ECDH_TRANSPORTS).find((name) => ECDH_TRANSPORTS[name].oid === oid);

export const isEcdh = (name: KeyTransportName): name is EcdhTransportName => name in ECDH_TRANSPORTS;

/** Whether a key of a type, as node:crypto calls it, can be sent another key by these means. HKDF is for X25519 (RFC 8418 §2.2). */
export function takesKeys(keyType: string | undefined, by: KeyTransportName): boolean {
  if (!isEcdh(by)) return keyType === 'rsa';
  return keyType === 'x25519' || (keyType === 'ec' && ECDH_TRANSPORTS[by].kdf === 'x9.63');
}

/** Whether what it enciphers cannot be altered unnoticed. */
export const isAuthenticated = (name: CipherName): boolean => CIPHERS[name].mode !== 'cbc';

export const cipherByOid = (oid: string): CipherName | undefined =>
  names(CIPHERS).find((name) => CIPHERS[name].oid === oid);

function names<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}
