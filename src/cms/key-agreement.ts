import { createCipheriv, createDecipheriv, createPublicKey, diffieHellman } from 'node:crypto';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { ECDH_TRANSPORTS, ecdhByOid, KEY_WRAPS, OID, takesKeys } from './algorithms.ts';
import type { EcdhTransportName } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { canonical, element, encode, sequence } from './der.ts';
import type { Der } from './der.ts';
import { deriveKey } from './key-derivation.ts';
import type { Derivation } from './key-derivation.ts';

/** How a content-encryption key travels under an EC or X25519 key: ECDH, ephemeral-static (RFC 5753 §3.1, RFC 8418 §2). */
export interface KeyAgreement extends Derivation {
  readonly originator: OriginatorKey;
}

/** The sender's ephemeral key. */
export interface OriginatorKey {
  /** As node:crypto calls it; the recipient's key must be of the same. */
  readonly keyType: 'ec' | 'x25519';
  /** A BIT STRING with a point on the recipient's curve. */
  readonly point: Buffer;
}

/**
 * OriginatorPublicKey (RFC 5652 §6.2.2)
 * @returns undefined when it cannot take part
 * @throws CmsError
 */
export function readOriginatorKey(reader: BerReader): OriginatorKey | undefined {
  const { oid, isBare } = readAlgorithm(reader);
  const point = reader.raw();
  // RFC 8418 §3.1, RFC 8410 §3: the parameters of id-X25519 MUST be absent.
  if (oid === OID.x25519) return isBare ? { keyType: 'x25519', point } : undefined;
  // Whatever else it is called: on the curve of the recipient, or it will not be taken for a point.
  return { keyType: 'ec', point };
}

/**
 * @returns undefined when it is none that we know
 * @throws CmsError
 */
export function readKeyAgreement(
  { oid, parameters }: AlgorithmIdentifier,
  sender: Pick<KeyAgreement, 'originator' | 'userKeyingMaterial'>,
): KeyAgreement | undefined {
  const name = ecdhByOid(oid);
  if (name === undefined || parameters === undefined || !takesKeys(sender.originator.keyType, name)) return undefined;
  const { oid: wrapOid } = readAlgorithm(new BerReader(parameters));
  const wrap = KEY_WRAPS.find((each) => each.oid === wrapOid);
  return wrap && { name, wrap, wrapAlgorithm: canonical(parameters), ...sender };
}

/**
 * Decrypts a key of `length` octets. It never fails: whatever is wrong, the result is a random key, as in `receiveKey`.
 * Of a point off the curve or of low order, and an encrypted key of wrong length, everybody can tell; what is left is
 * whether the key unwraps, and nobody who cannot derive the wrapping key learns anything by that (RFC 3394 §2.2.3).
 * @param recipient a key of the originator's type
 */
export function receiveAgreedKey(
  agreement: KeyAgreement,
  recipient: KeyObject,
  encrypted: Buffer,
  length: number,
): Buffer {
  const substitute = randomBytes(length);
  try {
    // RFC 7748 §6.1: node:crypto refuses a secret of all zeros, which a point of low order gives with any key.
    const secret = diffieHellman({ privateKey: recipient, publicKey: publicKeyOn(recipient, agreement.originator) });
    const unwrap = createDecipheriv(agreement.wrap.node, deriveKey(agreement, secret), WRAP_IV);
    const key = Buffer.concat([unwrap.update(encrypted), unwrap.final()]);
    return key.length === length ? key : substitute;
  } catch {
    return substitute;
  }
}

/**
 * An agreement by which nothing can have been encrypted.
 * @param key EC or X25519
 */
export const agreementWithItself = (key: KeyObject): KeyAgreement => {
  const wrap = KEY_WRAPS[0];
  const originator: OriginatorKey = {
    keyType: key.asymmetricKeyType === 'x25519' ? 'x25519' : 'ec',
    point: subjectPublicKey(key).point,
  };
  return { name: 'ecdh-sha256', wrap, wrapAlgorithm: algorithm(wrap.oid), originator, userKeyingMaterial: undefined };
};

/** RFC 3394 §2.2.3.1 */
const WRAP_IV = Buffer.alloc(8, 0xa6);

/**
 * node:crypto refuses a point that is not on the curve (SEC 1 §3.2.2): it would give away the private key bit by bit. On
 * X25519 every 32 octets are one (RFC 7748 §5), and no others.
 */
function publicKeyOn(recipient: KeyObject, { point }: OriginatorKey): KeyObject {
  const der = encode(sequence([subjectPublicKey(recipient).algorithm], [point]));
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** SubjectPublicKeyInfo (RFC 5480 §2, RFC 8410 §4): both as they stand. */
function subjectPublicKey(key: KeyObject): { readonly algorithm: Buffer; readonly point: Buffer } {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return new BerReader(publicKey.export({ format: 'der', type: 'spki' })).inside(TAG.sequence, (info) => ({
    algorithm: info.raw(),
    point: info.raw(),
  }));
}

/** A key that was encrypted to an EC or X25519 key, with what the recipient needs to know. */
export interface AgreedKey {
  /** AlgorithmIdentifier */
  readonly algorithm: Der;
  /** OriginatorPublicKey [1] IMPLICIT, with the ephemeral key. */
  readonly originator: Der;
  readonly encryptedKey: Buffer;
}

/**
 * Encrypts a key to an EC or X25519 key.
 * @throws CmsError when the recipient's key is none for it
 */
export function sendAgreedKey(name: EcdhTransportName, recipient: KeyObject, key: Buffer): AgreedKey {
  // RFC 8551 §2.3: the key that wraps MUST be as long as the one that is wrapped.
  const wrap = KEY_WRAPS.find((each) => each.key === key.length);
  if (wrap === undefined || !takesKeys(recipient.asymmetricKeyType, name))
    throw new CmsError('CMS_KEY', `The recipient's key cannot take a key by ${name}`);
  const ephemeral = ephemeralFor(recipient);
  // RFC 3565 §2.3.2: the parameters of AES key wrap MUST be absent.
  const wrapAlgorithm = algorithm(wrap.oid);
  const { keyType, point } = ephemeral.originator;
  const agreement = { name, wrap, wrapAlgorithm, originator: ephemeral.originator, userKeyingMaterial: undefined };
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const cipher = createCipheriv(wrap.node, deriveKey(agreement, secret), WRAP_IV);
  return {
    algorithm: algorithm(ECDH_TRANSPORTS[name].oid, wrapAlgorithm),
    // RFC 5753 §3.1.1: id-ecPublicKey; its parameters should be absent, or name the curve. RFC 8418 §3.1: id-X25519.
    originator: element(context(1, true), algorithm(keyType === 'ec' ? OID.ecPublicKey : OID.x25519), [point]),
    encryptedKey: Buffer.concat([cipher.update(key), cipher.final()]),
  };
}

/** A fresh key on the recipient's curve. */
function ephemeralFor({ asymmetricKeyDetails: { namedCurve } = {} }: KeyObject): {
  readonly privateKey: KeyObject;
  readonly originator: OriginatorKey;
} {
  const { privateKey, publicKey } =
    namedCurve === undefined ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve });
  const keyType = namedCurve === undefined ? 'x25519' : 'ec';
  return { privateKey, originator: { keyType, point: subjectPublicKey(publicKey).point } };
}
