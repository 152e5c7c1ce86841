import { constants, createHash, createVerify, publicEncrypt, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { algorithm } from './algorithm-identifier.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { DIGESTS, OID } from './algorithms.ts';
import type { DigestName, SignatureScheme } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { element, nullValue, sequence, smallInteger } from './der.ts';
import type { Der } from './der.ts';
import { maskedDigest, readMaskedDigest, unmask } from './mask.ts';

/** How a signature was made. */
export interface SignatureAlgorithm {
  readonly digest: DigestName;
  readonly scheme: SignatureScheme;
  /** RSASSA-PSS (RFC 8017 §8.1): the digest of the mask, and the length of the salt in octets. */
  readonly pss?: { readonly maskDigest: DigestName; readonly saltLength: number };
}

/** The older name that OIW gave to RSA with SHA-1. */
const SHA1_WITH_RSA_OIW = '1.3.14.3.2.29';

/**
 * Reads a signatureAlgorithm, which may name its digest; then it must be `digest`, the one of the digestAlgorithm.
 * @returns undefined when it is none that we know
 * @throws CmsError
 */
export function readSignatureAlgorithm(
  { oid, parameters, isBare }: AlgorithmIdentifier,
  digest: DigestName,
): SignatureAlgorithm | undefined {
  const { withRsa, withEcdsa } = DIGESTS[digest];
  if (oid === OID.rsaEncryption || oid === withRsa) return { digest, scheme: 'rsa-pkcs1' };
  if (oid === SHA1_WITH_RSA_OIW && digest === 'sha1') return { digest, scheme: 'rsa-pkcs1' };
  // Some write the kind of key where a signature is meant.
  if (oid === withEcdsa || oid === OID.ecPublicKey) return { digest, scheme: 'ecdsa' };
  // RFC 8419 §2.3, §3.1: parameters MUST be absent, the digest of the content MUST be SHA-512.
  if (oid === OID.ed25519 && digest === ED25519_DIGEST && isBare) return { digest, scheme: 'ed25519' };
  if (oid !== OID.rsassaPss) return undefined;
  const pss = new BerReader(parameters ?? Buffer.of(TAG.sequence, 0)).inside(TAG.sequence, readPss);
  // RFC 4056 §3: both name the same digest.
  return pss?.digest === digest ? { digest, scheme: 'rsa-pss', pss } : undefined;
}

function readPss(reader: BerReader) {
  const digests = readMaskedDigest(reader);
  const saltLength = reader.optional(context(2, true), (inner) => inner.smallInteger()) ?? 20;
  const trailerField = reader.optional(context(3, true), (inner) => inner.smallInteger()) ?? 1;
  return digests && trailerField === 1 ? { ...digests, saltLength } : undefined;
}

/** The signatureAlgorithm of what we sign (RFC 8551 §2.2). */
export function signatureAlgorithm(scheme: SignatureScheme, digest: DigestName): Der {
  switch (scheme) {
    case 'rsa-pkcs1':
      // RFC 3370 §3.2: rsaEncryption is what every system takes.
      return algorithm(OID.rsaEncryption, nullValue);
    case 'rsa-pss': {
      const saltLength = element(context(2, true), smallInteger(DIGESTS[digest].length));
      return algorithm(OID.rsassaPss, sequence(...maskedDigest(digest), saltLength));
    }
    case 'ecdsa':
      return algorithm(DIGESTS[digest].withEcdsa);
    case 'ed25519':
      return algorithm(OID.ed25519);
  }
}

/** RFC 8419 §3.1 */
export const ED25519_DIGEST = 'sha512' satisfies DigestName;

/** @throws CmsError when the key is not one for the scheme */
export function makeSignature(scheme: SignatureScheme, digest: DigestName, key: KeyObject, bytes: Buffer): Buffer {
  const saltLength = DIGESTS[digest].length;
  const padding = scheme === 'rsa-pss' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  try {
    if (scheme !== 'ed25519' && canSign(key, scheme)) return sign(digest, bytes, { key, padding, saltLength });
    // RFC 8419 §3.1: the digest of the content MUST be SHA-512; the signature itself takes none.
    if (scheme === 'ed25519' && canSign(key, scheme) && digest === ED25519_DIGEST) return sign(null, bytes, key);
  } catch (cause) {
    throw new CmsError('CMS_KEY', `The key cannot sign by ${scheme} with ${digest}`, undefined, { cause });
  }
  throw new CmsError('CMS_KEY', `The key is none for ${scheme} with ${digest}`);
}

/** Octets that a signature by this key takes at most; by RSA always that many. */
export function longestSignature(key: KeyObject): number {
  if (key.asymmetricKeyType === 'ed25519') return 64;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return Math.ceil(modulusLength / 8);
  const integer = (COORDINATE[namedCurve ?? ''] ?? LONGEST_COORDINATE) + 1;
  // RFC 3279 §2.2.3: a SEQUENCE of two INTEGERs, each with a header of 2, and one of at most 3 around them.
  return 3 + 2 * (2 + integer);
}

const COORDINATE: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };
const LONGEST_COORDINATE = 66;

export function schemeOf({ asymmetricKeyType }: KeyObject): SignatureScheme {
  if (asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'rsa-pss') return asymmetricKeyType;
  return asymmetricKeyType === 'ec' ? 'ecdsa' : 'rsa-pkcs1';
}

/** A signature over bytes that come one after the other. */
export interface SignatureCheck {
  update(bytes: Uint8Array): void;
  /** To be asked once. */
  holds(key: KeyObject, signature: Buffer): boolean;
}

export function checkSignature({ digest, scheme, pss }: SignatureAlgorithm): SignatureCheck {
  // OpenSSL can do a mask of another digest, Node cannot ask it to.
  if (pss !== undefined && pss.maskDigest !== digest) {
    const hash = createHash(digest);
    return {
      update: (bytes) => void hash.update(bytes),
      holds: (key, signature) =>
        key.asymmetricKeyType === 'rsa' && pssHolds(key, signature, hash.digest(), digest, pss),
    };
  }
  if (scheme === 'ed25519') {
    // PureEdDSA takes all at once (RFC 8032 §5.1); `judgeSigners` bounds how much that is.
    const pieces: Buffer[] = [];
    return {
      update: (bytes) => void pieces.push(Buffer.from(bytes)),
      holds: (key, signature) => canSign(key, scheme) && verify(null, Buffer.concat(pieces), key, signature),
    };
  }
  const check = createVerify(digest);
  const padding = pss === undefined ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  return {
    update: (bytes) => void check.update(bytes),
    holds: (key, signature) => {
      if (!canSign(key, scheme)) return false;
      try {
        return check.verify(scheme === 'ecdsa' ? key : { key, padding, saltLength: pss?.saltLength }, signature);
      } catch {
        return false;
      }
    },
  };
}

/** Costs what a check costs that fails. */
export function spendCheck(key: KeyObject): void {
  if (canSign(key, 'ed25519')) return void verify(null, Buffer.alloc(0), key, IN_RANGE);
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const length = Math.ceil((modulusLength ?? 0) / 8) || 2 * (COORDINATE[namedCurve ?? ''] ?? LONGEST_COORDINATE);
  // Numbers that are in their range, so that it is not noticed before the arithmetic that they are no signature.
  const signature = Buffer.alloc(length, 0x5a).fill(0, 0, 1);
  try {
    createVerify('sha256').verify({ key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    // A key that cannot check costs nothing.
  }
}

/** RFC 8032 §5.1.7: its second half, little-endian, is a number that is in the range. */
const IN_RANGE = Buffer.alloc(64, 0x5a).fill(0, 63);

/**
 * Whether a key makes, or made, such signatures. One of another kind must not be asked: Node would go by the key, and so
 * verify what was not claimed.
 */
export function canSign({ asymmetricKeyType }: KeyObject, scheme: SignatureScheme): boolean {
  if (scheme === 'ecdsa') return asymmetricKeyType === 'ec';
  if (scheme === 'ed25519') return asymmetricKeyType === 'ed25519';
  return asymmetricKeyType === 'rsa' || (scheme === 'rsa-pss' && asymmetricKeyType === 'rsa-pss');
}

/** EMSA-PSS-VERIFY (RFC 8017 §9.1.2). All of it is public. */
function pssHolds(
  key: KeyObject,
  signature: Buffer,
  digestValue: Buffer,
  digest: DigestName,
  { maskDigest, saltLength }: NonNullable<SignatureAlgorithm['pss']>,
): boolean {
  let block: Buffer;
  try {
    block = publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
  } catch {
    return false;
  }
  const bits = (key.asymmetricKeyDetails?.modulusLength ?? 0) - 1;
  const encoded = block.subarray(block.length - Math.ceil(bits / 8));
  const masked = encoded.subarray(0, encoded.length - digestValue.length - 1);
  const hash = encoded.subarray(masked.length, -1);
  const separator = masked.length - saltLength - 1;
  const unused = (0xff00 >> (8 * encoded.length - bits)) & 0xff;
  if (separator < 0 || encoded.at(-1) !== 0xbc || (masked.readUInt8(0) & unused) !== 0) return false;
  if (block.length !== encoded.length && block[0] !== 0) return false;
  const data = unmask(masked, hash, maskDigest);
  data.writeUInt8(data.readUInt8(0) & ~unused & 0xff, 0);
  if (data[separator] !== 1 || data.subarray(0, separator).some((octet) => octet !== 0)) return false;
  const salt = data.subarray(separator + 1);
  return createHash(digest).update(Buffer.alloc(8)).update(digestValue).update(salt).digest().equals(hash);
}
