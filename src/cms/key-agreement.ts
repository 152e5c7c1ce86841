import { createCipheriv, createDecipheriv, createHash, createPublicKey, diffieHellman } from 'node:crypto';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { ECDH_TRANSPORTS, ecdhByOid, KEY_WRAPS, OID } from './algorithms.ts';
import type { EcdhTransportName, KeyWrap } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { canonical, element, encode, octetString, sequence } from './der.ts';
import type { Der } from './der.ts';

/** How a content-encryption key travels under an EC key: ECDH, ephemeral-static (RFC 5753 §3.1). */
export interface KeyAgreement {
  readonly name: EcdhTransportName;
  readonly wrap: KeyWrap;
  /** The wrapping algorithm as the sender wrote it: the derived key depends on that. */
  readonly wrapAlgorithm: Der;
  /** The sender's ephemeral key: a BIT STRING with a point on the recipient's curve. */
  readonly point: Buffer;
  readonly userKeyingMaterial: Buffer | undefined;
}

/**
 * @returns undefined when it is none that we know
 * @throws CmsError
 */
export function readKeyAgreement(
  { oid, parameters }: AlgorithmIdentifier,
  sender: Pick<KeyAgreement, 'point' | 'userKeyingMaterial'>,
): KeyAgreement | undefined {
  const name = ecdhByOid(oid);
  if (name === undefined || parameters === undefined) return undefined;
  const { oid: wrapOid } = readAlgorithm(new BerReader(parameters));
  const wrap = KEY_WRAPS.find((each) => each.oid === wrapOid);
  return wrap && { name, wrap, wrapAlgorithm: canonical(parameters), ...sender };
}

/**
 * Decrypts a key of `length` octets. It never fails: whatever is wrong, the result is a random key, as in `receiveKey`.
 * Of a point off the curve and an encrypted key of wrong length everybody can tell; what is left is whether the key
 * unwraps, and nobody who cannot derive the wrapping key learns anything by that (RFC 3394 §2.2.3).
 * @param recipient an EC key
 */
export function receiveAgreedKey(
  agreement: KeyAgreement,
  recipient: KeyObject,
  encrypted: Buffer,
  length: number,
): Buffer {
  const substitute = randomBytes(length);
  try {
    const secret = diffieHellman({ privateKey: recipient, publicKey: publicKeyOn(recipient, agreement.point) });
    const unwrap = createDecipheriv(agreement.wrap.node, wrappingKey(agreement, secret), WRAP_IV);
    const key = Buffer.concat([unwrap.update(encrypted), unwrap.final()]);
    return key.length === length ? key : substitute;
  } catch {
    return substitute;
  }
}

/** An agreement by which nothing can have been encrypted. */
export const agreementWithItself = (key: KeyObject): KeyAgreement => {
  const wrap = KEY_WRAPS[0];
  const { point } = subjectPublicKey(key);
  return { name: 'ecdh-sha256', wrap, wrapAlgorithm: algorithm(wrap.oid), point, userKeyingMaterial: undefined };
};

/** RFC 3394 §2.2.3.1 */
const WRAP_IV = Buffer.alloc(8, 0xa6);

/** node:crypto refuses a point that is not on the curve (SEC 1 §3.2.2): it would give away the private key bit by bit. */
function publicKeyOn(recipient: KeyObject, point: Buffer): KeyObject {
  const der = encode(sequence([subjectPublicKey(recipient).algorithm], [point]));
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** SubjectPublicKeyInfo (RFC 5480 §2): both as they stand. */
function subjectPublicKey(key: KeyObject): { readonly algorithm: Buffer; readonly point: Buffer } {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return new BerReader(publicKey.export({ format: 'der', type: 'spki' })).inside(TAG.sequence, (info) => ({
    algorithm: info.raw(),
    point: info.raw(),
  }));
}

/** The key derivation of ANSI X9.63 (SEC 1 §3.6.1) over ECC-CMS-SharedInfo (RFC 5753 §7.2). */
function wrappingKey({ name, wrap, wrapAlgorithm, userKeyingMaterial }: KeyAgreement, secret: Buffer): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(wrap.key * 8);
  const sharedInfo = sequence(
    wrapAlgorithm,
    ...(userKeyingMaterial ? [element(context(0, true), octetString(userKeyingMaterial))] : []),
    element(context(2, true), octetString(bits)),
  );
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let length = 0; length < wrap.key;) {
    counter.writeUInt32BE(blocks.length + 1);
    const hash = createHash(ECDH_TRANSPORTS[name].kdf).update(secret).update(counter);
    const block = hash.update(encode(sharedInfo)).digest();
    blocks.push(block);
    length += block.length;
  }
  return Buffer.concat(blocks).subarray(0, wrap.key);
}

/** A key that was encrypted to an EC key, with what the recipient needs to know. */
export interface AgreedKey {
  /** AlgorithmIdentifier */
  readonly algorithm: Der;
  /** OriginatorPublicKey [1] IMPLICIT, with the ephemeral key. */
  readonly originator: Der;
  readonly encryptedKey: Buffer;
}

/**
 * Encrypts a key to an EC key.
 * @throws CmsError when the key is not EC
 */
export function sendAgreedKey(name: EcdhTransportName, recipient: KeyObject, key: Buffer): AgreedKey {
  // RFC 8551 §2.3: the key that wraps MUST be as long as the one that is wrapped.
  const wrap = KEY_WRAPS.find((each) => each.key === key.length);
  const { namedCurve } = recipient.asymmetricKeyDetails ?? {};
  if (wrap === undefined || namedCurve === undefined)
    throw new CmsError('CMS_KEY', `The recipient's key cannot take a key by ${name}`);
  const ephemeral = generateKeyPairSync('ec', { namedCurve });
  const { point } = subjectPublicKey(ephemeral.publicKey);
  // RFC 3565 §2.3.2: the parameters of AES key wrap MUST be absent.
  const wrapAlgorithm = algorithm(wrap.oid);
  const agreement: KeyAgreement = { name, wrap, wrapAlgorithm, point, userKeyingMaterial: undefined };
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const cipher = createCipheriv(wrap.node, wrappingKey(agreement, secret), WRAP_IV);
  return {
    algorithm: algorithm(ECDH_TRANSPORTS[name].oid, wrapAlgorithm),
    // RFC 5753 §3.1.1: id-ecPublicKey; its parameters should be absent, or name the curve.
    originator: element(context(1, true), algorithm(OID.ecPublicKey), [point]),
    encryptedKey: Buffer.concat([cipher.update(key), cipher.final()]),
  };
}
