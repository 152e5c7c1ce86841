import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { regrouped } from '../bytes/regroup.ts';
import { gather } from '../bytes/source.ts';
import type { Pieces, Sized } from '../bytes/source.ts';
import { LARGEST_CCM, LONGEST_NONCE } from '../limits.ts';
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
  /** The IV of CBC, the nonce of GCM and CCM. */
  readonly iv: Buffer;
  /** The length of the tag of GCM and CCM in octets, as the parameters have it. */
  readonly tagLength: number;
}

/** RFC 5084 §3.1, §3.2: recommended, and what OpenSSL and BouncyCastle write. */
const NONCE_LENGTH = 12;

/** NIST SP 800-38D §5.2.1.2, RFC 5084 §3.2 */
const TAG_LENGTH = 16;
const SHORTEST_TAG = 12;

/** Deciphered at a stroke: whole blocks. Larger pieces cost page faults, small ones calls. In octets. */
const PIECE = 64 * 1024;

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

/** A bare OCTET STRING is the IV of CBC (RFC 3565 §2.1), and what some write for GCM instead of GCMParameters (RFC 5084 §3.2); CCMParameters are the same (§3.1). */
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
  encrypted: Pieces,
): { content: Pieces; isPadded: () => boolean } {
  let padded = false;
  const block = iv.length;
  function* content(): Generator<Buffer> {
    const decipher = createDecipheriv(cipher.node, key, iv).setAutoPadding(false);
    let length = 0;
    let last: Buffer | undefined;
    for (const piece of regrouped(encrypted, PIECE)) {
      length += piece.length;
      const deciphered = decipher.update(piece);
      if (deciphered.length === 0) continue;
      if (last !== undefined) yield last;
      last = deciphered;
    }
    if (last === undefined) return;
    const padding = length % block === 0 ? paddingOf(last.subarray(-block)) : 0;
    padded = padding > 0;
    if (last.length > padding) yield last.subarray(0, last.length - padding);
  }
  return { content: content(), isPadded: () => padded };
}

/** RFC 5652 §6.3: n octets of value n. Its length, or 0 if it is bad; all octets of the block are looked at in any case. */
function paddingOf(block: Buffer): number {
  const length = block.at(-1) ?? 0;
  let faults = Number(length === 0) | Number(length > block.length);
  for (let index = 0; index < block.length; index += 1)
    faults |= Number(block.length - index <= length) & Number(block[index] !== length);
  return length * (1 - faults);
}

/**
 * Deciphers GCM as it is read, CCM when all was read. Whoever reads it must not act on any of it before the end was
 * reached: there the tag is checked (RFC 5083 §2).
 * @param tag is asked when all was read
 * @throws DecryptionFault, while it is read; CmsError when it is too much for CCM
 */
export function* decipherAuthenticated(
  encryption: ContentEncryption,
  key: Buffer,
  encrypted: Pieces,
  tag: () => Buffer,
  authenticated?: Buffer,
): Generator<Buffer, void, undefined> {
  const { cipher, iv, tagLength } = encryption;
  if (cipher.mode === 'ccm') return yield* decipherCcm(encryption, key, encrypted, tag, authenticated);
  const decipher = concealing(() => {
    if (cipher.mode !== 'gcm') throw new DecryptionFault();
    const made = createDecipheriv(cipher.node, key, iv, { authTagLength: tagLength });
    return authenticated ? made.setAAD(authenticated) : made;
  });
  for (const piece of regrouped(encrypted, PIECE)) {
    const deciphered = concealing(() => decipher.update(piece));
    if (deciphered.length > 0) yield deciphered;
  }
  concealing(() => decipher.setAuthTag(tag()).final());
}

/** CCM begins with the length of all and with the tag (RFC 3610 §2.2), so that it is done at a stroke. */
function* decipherCcm(
  { cipher, iv, tagLength }: ContentEncryption,
  key: Buffer,
  encrypted: Pieces,
  tag: () => Buffer,
  authenticated: Buffer | undefined,
): Generator<Buffer, void, undefined> {
  const whole = gather(upToCcm(encrypted));
  yield concealing(() => {
    if (cipher.mode !== 'ccm') throw new DecryptionFault();
    const decipher = createDecipheriv(cipher.node, key, iv, { authTagLength: tagLength }).setAuthTag(tag());
    if (authenticated) decipher.setAAD(authenticated, { plaintextLength: whole.length });
    const content = decipher.update(whole);
    decipher.final();
    return content;
  });
}

function* upToCcm(pieces: Pieces): Generator<Buffer> {
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    expectCcmSize(size);
    yield piece;
  }
}

function expectCcmSize(size: number): void {
  if (size > LARGEST_CCM)
    throw new CmsError('CMS_LIMIT', `AES-CCM takes up to ${LARGEST_CCM} octets. Use AES-GCM for larger content`);
}

function concealing<T>(step: () => T): T {
  try {
    return step();
  } catch {
    throw new DecryptionFault();
  }
}

/** Content as it will be enciphered, when it is read: the tag after the content. Both once. */
export interface Enciphered {
  readonly algorithm: Der;
  readonly content: Sized;
  /** Empty for CBC. */
  readonly tag: Sized;
}

/**
 * Enciphers under a fresh IV or nonce.
 * @throws CmsError when it is too much for CCM
 */
export function encipher(name: CipherName, key: Buffer, content: Sized): Enciphered {
  const cipher = CIPHERS[name];
  if (cipher.mode === 'cbc') {
    const iv = randomBytes(cipher.block);
    const encipherer = createCipheriv(cipher.node, key, iv);
    // RFC 5652 §6.3: always padded.
    const size = content.size + cipher.block - (content.size % cipher.block);
    const nothing = { size: 0, pieces: () => [] };
    return {
      algorithm: algorithm(cipher.oid, octetString(iv)),
      content: { size, pieces: () => through(encipherer, content) },
      tag: nothing,
    };
  }
  if (cipher.mode === 'ccm') expectCcmSize(content.size);
  const nonce = randomBytes(NONCE_LENGTH);
  const encipherer =
    cipher.mode === 'ccm'
      ? createCipheriv(cipher.node, key, nonce, { authTagLength: TAG_LENGTH })
      : createCipheriv(cipher.node, key, nonce, { authTagLength: TAG_LENGTH });
  // CCM takes all of it at a stroke.
  const enciphered = cipher.mode === 'ccm' ? { ...content, pieces: () => [gather(content.pieces())] } : content;
  return {
    algorithm: algorithm(cipher.oid, sequence(octetString(nonce), smallInteger(TAG_LENGTH))),
    content: { size: content.size, pieces: () => through(encipherer, enciphered) },
    tag: { size: TAG_LENGTH, pieces: () => [encipherer.getAuthTag()] },
  };
}

function* through(encipherer: ReturnType<typeof createCipheriv>, content: Sized): Generator<Buffer> {
  for (const piece of regrouped(content.pieces(), PIECE)) {
    const enciphered = encipherer.update(piece);
    if (enciphered.length > 0) yield enciphered;
  }
  const last = encipherer.final();
  if (last.length > 0) yield last;
}
