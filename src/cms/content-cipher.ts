import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Bytes } from '../mime/bytes.ts';
import { algorithm, readAlgorithm } from './algorithm-identifier.ts';
import { CIPHERS, cipherByOid } from './algorithms.ts';
import type { Cipher, CipherName } from './algorithms.ts';
import { BerReader, TAG } from './ber.ts';
import { CmsError, DecryptionFault } from './cms-error.ts';
import { octetString, sequence, smallInteger } from './der.ts';
import type { Der } from './der.ts';

/** The contentEncryptionAlgorithm of a message. */
export interface ContentEncryption {
  readonly name: CipherName;
  readonly cipher: Cipher;
  /** The IV of CBC, the nonce of GCM. */
  readonly iv: Buffer;
  /** The length of GCM's tag in octets, as the parameters have it. */
  readonly tagLength: number;
}

/** RFC 5084 §3.2: recommended, and what OpenSSL and BouncyCastle write. */
const NONCE_LENGTH = 12;

/** GCM takes any nonce; 12 octets are usual, 16 where a sender treats it like an IV. */
const LONGEST_NONCE = 64;

/** NIST SP 800-38D §5.2.1.2, RFC 5084 §3.2 */
const TAG_LENGTH = 16;
const SHORTEST_TAG = 12;

/** Deciphered at a stroke, and handed on so: large pieces cost page faults, small ones calls. In octets; whole blocks. */
const PIECE = 1 << 20;

/** @throws CmsError when the cipher does not exist here, or its parameters are wrong */
export function readContentEncryption(reader: BerReader): ContentEncryption {
  const { oid, parameters } = readAlgorithm(reader);
  const name = cipherByOid(oid);
  if (name === undefined)
    throw new CmsError('CMS_UNSUPPORTED', `The content is encrypted by ${oid}, which is not supported`);
  const cipher = CIPHERS[name];
  if (parameters === undefined) throw new CmsError('CMS_STRUCTURE', `${name} lacks its parameters`);
  const { iv, tagLength } = readParameters(new BerReader(parameters));
  if (cipher.mode === 'cbc' ? iv.length !== cipher.block : iv.length === 0 || iv.length > LONGEST_NONCE)
    throw new CmsError('CMS_STRUCTURE', `${name} has an initialisation vector of ${iv.length} octets`);
  expectTagLength(tagLength);
  return { name, cipher, iv, tagLength };
}

/** A bare OCTET STRING is the IV of CBC (RFC 3565 §2.1), and what some write for GCM instead of GCMParameters (RFC 5084 §3.2). */
function readParameters(reader: BerReader): { iv: Buffer; tagLength: number } {
  if (reader.next !== TAG.sequence) return { iv: reader.octetString(), tagLength: TAG_LENGTH };
  return reader.inside(TAG.sequence, (inner) => ({
    iv: inner.octetString(),
    tagLength: inner.more ? inner.smallInteger() : SHORTEST_TAG,
  }));
}

/** @throws CmsError */
export function expectTagLength(length: number): void {
  if (length < SHORTEST_TAG || length > TAG_LENGTH)
    throw new CmsError('CMS_STRUCTURE', `An authentication tag of ${length} octets is not acceptable`);
}

/**
 * Deciphers CBC as it is read. The padding is judged when the last block has been read: if it is bad, nothing is
 * stripped and the reader notices nothing, until it asks.
 * @param key of the cipher's length
 */
export function decipherCbc(
  { cipher, iv }: ContentEncryption,
  key: Buffer,
  encrypted: Buffer,
): { content: Bytes; isPadded: () => boolean } {
  let padded = false;
  const block = iv.length;
  // eslint-disable-next-line @typescript-eslint/require-await -- bytes come asynchronously everywhere
  async function* content(): Bytes {
    const decipher = createDecipheriv(cipher.node, key, iv).setAutoPadding(false);
    for (let at = 0; at < encrypted.length; at += PIECE) {
      const piece = decipher.update(encrypted.subarray(at, at + PIECE));
      const isLast = at + PIECE >= encrypted.length;
      const padding = isLast && encrypted.length % block === 0 ? paddingOf(piece.subarray(-block)) : 0;
      padded = padding > 0;
      yield piece.subarray(0, piece.length - padding);
    }
  }
  return { content: content(), isPadded: () => padded };
}

/** RFC 5652 §6.3: n octets of value n. Its length, or 0 if it is bad; all octets of the block are looked at in any case. */
function paddingOf(block: Buffer): number {
  const length = block.at(-1) ?? 0;
  let faults = Number(length === 0) | Number(length > block.length);
  for (const [index, octet] of block.entries())
    faults |= Number(block.length - index <= length) & Number(octet !== length);
  return length * (1 - faults);
}

/**
 * Deciphers GCM. Nothing is handed out before the tag holds (RFC 5083).
 * @throws DecryptionFault
 */
export function decipherGcm(
  { cipher, iv }: ContentEncryption,
  key: Buffer,
  encrypted: Buffer,
  tag: Buffer,
  authenticated?: Buffer,
): Buffer[] {
  if (cipher.mode !== 'gcm') throw new CmsError('CMS_STRUCTURE', 'The cipher does not authenticate');
  try {
    const decipher = createDecipheriv(cipher.node, key, iv, { authTagLength: tag.length }).setAuthTag(tag);
    if (authenticated) decipher.setAAD(authenticated);
    const pieces: Buffer[] = [];
    for (let at = 0; at < encrypted.length; at += PIECE)
      pieces.push(decipher.update(encrypted.subarray(at, at + PIECE)));
    decipher.final();
    return pieces;
  } catch {
    throw new DecryptionFault();
  }
}

/** Content as it was enciphered; the tag is empty for CBC. */
export interface Enciphered {
  readonly algorithm: Der;
  readonly content: Der;
  readonly tag: Buffer;
}

/** Enciphers under a fresh IV or nonce. */
export async function encipher(name: CipherName, key: Buffer, content: Bytes): Promise<Enciphered> {
  const cipher = CIPHERS[name];
  const pieces: Buffer[] = [];
  if (cipher.mode === 'cbc') {
    const iv = randomBytes(cipher.block);
    const encipherer = createCipheriv(cipher.node, key, iv);
    for await (const chunk of content) pieces.push(encipherer.update(chunk));
    pieces.push(encipherer.final());
    return { algorithm: algorithm(cipher.oid, octetString(iv)), content: pieces, tag: Buffer.alloc(0) };
  }
  const nonce = randomBytes(NONCE_LENGTH);
  const encipherer = createCipheriv(cipher.node, key, nonce, { authTagLength: TAG_LENGTH });
  for await (const chunk of content) pieces.push(encipherer.update(chunk));
  pieces.push(encipherer.final());
  const parameters = sequence(octetString(nonce), smallInteger(TAG_LENGTH));
  return { algorithm: algorithm(cipher.oid, parameters), content: pieces, tag: encipherer.getAuthTag() };
}
