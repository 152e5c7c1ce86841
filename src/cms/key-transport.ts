import { constants, createHash, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { RSA_TRANSPORTS, OID } from './algorithms.ts';
import type { RsaTransportName } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { nullValue, sequence } from './der.ts';
import type { Der } from './der.ts';
import { maskedDigest, readMaskedDigest, unmask } from './mask.ts';
import type { MaskedDigest } from './mask.ts';
import { randomOctets } from './random-octets.ts';

/** How a content-encryption key travels under an RSA key (RFC 8551 §2.3). */
export interface KeyTransport {
  readonly name: RsaTransportName;
  /** RSAES-OAEP (RFC 8017 §7.1); undefined: RSAES-PKCS1-v1_5. */
  readonly oaep: (MaskedDigest & { readonly label: Buffer }) | undefined;
}

/**
 * @returns undefined when it is none that we know
 * @throws CmsError
 */
export function readKeyTransport({ oid, parameters }: AlgorithmIdentifier): KeyTransport | undefined {
  if (oid === OID.rsaEncryption) return { name: 'rsa-pkcs1', oaep: undefined };
  if (oid !== OID.rsaesOaep) return undefined;
  const none = { digest: 'sha1', maskDigest: 'sha1', label: Buffer.alloc(0) } as const;
  const oaep = parameters === undefined ? none : new BerReader(parameters).inside(TAG.sequence, readOaep);
  return oaep && { name: `rsa-oaep-${oaep.digest}`, oaep };
}

function readOaep(reader: BerReader): KeyTransport['oaep'] {
  const digests = readMaskedDigest(reader);
  const source = reader.optional(context(2, true), readAlgorithm);
  const label = source?.parameters ? new BerReader(source.parameters).octetString() : Buffer.alloc(0);
  if (digests === undefined || (source !== undefined && source.oid !== OID.pSpecified)) return undefined;
  return { ...digests, label };
}

export function keyTransportAlgorithm(name: RsaTransportName): Der {
  const { oaep } = RSA_TRANSPORTS[name];
  // RFC 8017 §A.2.1: what equals its default is left out.
  if (oaep === 'sha1') return algorithm(OID.rsaesOaep, sequence());
  if (oaep !== undefined) return algorithm(OID.rsaesOaep, sequence(...maskedDigest(oaep)));
  return algorithm(OID.rsaEncryption, nullValue);
}

/**
 * Encrypts a key to an RSA key.
 * @throws CmsError when the key is not RSA, or too short
 */
export function sendKey(name: RsaTransportName, recipient: KeyObject, key: Buffer): Buffer {
  const { oaep } = RSA_TRANSPORTS[name];
  try {
    return oaep === undefined
      ? publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_PADDING }, key)
      : publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep }, key);
  } catch (cause) {
    throw new CmsError('CMS_KEY', `The recipient's key cannot take a key by ${name}`, undefined, { cause });
  }
}

/**
 * Decrypts a key of `length` octets. It never fails: whatever is wrong, the result is a random key, so that all
 * faults look like a message that was encrypted with another key (RFC 3218 §2.3.2). What was right and what was
 * wrong is told apart by arithmetic, not by branches.
 * @param recipient an RSA key
 */
export function receiveKey(transport: KeyTransport, recipient: KeyObject, encrypted: Buffer, length: number): Buffer {
  const substitute = randomOctets(length);
  if (transport.oaep === undefined && rejectsImplicitly(recipient)) {
    const key = decrypt(recipient, constants.RSA_PKCS1_PADDING, encrypted);
    return key?.length === length ? key : substitute;
  }
  // An encrypted key that is no number below the modulus cannot be decrypted at all; zeros fail every check below.
  const block = decrypt(recipient, constants.RSA_NO_PADDING, encrypted) ?? Buffer.alloc(modulusLength(recipient));
  const { faults, message } =
    transport.oaep === undefined ? openPkcs1(block, length) : openOaep(block, transport.oaep, length);
  const keep = maskOfZero(faults);
  for (let index = 0; index < length; index += 1)
    substitute[index] = ((substitute[index] ?? 0) & ~keep) | ((message[index] ?? 0) & keep);
  return substitute;
}

/** What was found in a decrypted block: `faults` is zero when all is right. */
interface OpenedBlock {
  readonly faults: number;
  readonly message: Buffer;
}

/** RFC 8017 §7.2.2: 00 02, octets that are not zero, 00, message. Its length is known, so all of it has its place. */
function openPkcs1(block: Buffer, length: number): OpenedBlock {
  const separator = block.length - length - 1;
  let faults = (block[0] ?? 1) | ((block[1] ?? 0) ^ 2) | (block[separator] ?? 1);
  // By index, here and below: an iterator makes an object for each octet.
  for (let index = 2; index < separator; index += 1) faults |= maskOfZero(block[index] ?? 0);
  // Eight octets of padding is the least (§7.2.1).
  return { faults: faults | Number(separator < 10), message: block.subarray(separator + 1) };
}

/** RFC 8017 §7.1.2: 00, masked seed, masked (digest of the label, zeros, 01, message). */
function openOaep(block: Buffer, oaep: MaskedDigest & { readonly label: Buffer }, length: number): OpenedBlock {
  const label = createHash(oaep.digest).update(oaep.label).digest();
  const masked = block.subarray(1 + label.length);
  const seed = unmask(block.subarray(1, 1 + label.length), masked, oaep.maskDigest);
  const data = unmask(masked, seed, oaep.maskDigest);
  const separator = data.length - length - 1;
  let faults = (block[0] ?? 1) | ((data[separator] ?? 0) ^ 1) | Number(separator < label.length);
  for (let index = 0; index < label.length; index += 1) faults |= (label[index] ?? 0) ^ (data[index] ?? 0);
  for (let index = label.length; index < separator; index += 1) faults |= data[index] ?? 0;
  return { faults, message: data.subarray(separator + 1) };
}

/** 0xff for 0, else 0; for numbers up to 2^31. */
const maskOfZero = (value: number): number => ((value - 1) >> 31) & 0xff;

function decrypt(recipient: KeyObject, padding: number, encrypted: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key: recipient, padding }, encrypted);
  } catch {
    return undefined;
  }
}

const modulusLength = (key: KeyObject): number => Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);

let implicitRejection: boolean | undefined;

/**
 * Whether this Node's OpenSSL (3.2 and later) answers bad PKCS#1 v1.5 padding with a random message by itself. 1 to
 * any power is 1, which never is a padded message: a Node that throws, or forbids this padding, does not reject
 * implicitly. Asked once, with the first key that comes.
 */
function rejectsImplicitly(key: KeyObject): boolean {
  implicitRejection ??= decrypt(key, constants.RSA_PKCS1_PADDING, one(modulusLength(key))) !== undefined;
  return implicitRejection;
}

const one = (length: number): Buffer => Buffer.alloc(length).fill(1, length - 1);
