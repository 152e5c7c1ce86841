import { createHash, createHmac } from 'node:crypto';
import { ECDH_TRANSPORTS } from './algorithms.ts';
import type { DigestName, EcdhTransportName, KeyWrap } from './algorithms.ts';
import { context } from './ber.ts';
import { element, encode, octetString, sequence } from './der.ts';
import type { Der } from './der.ts';

/** What the key that wraps another is derived from, besides the secret. */
export interface Derivation {
  readonly name: EcdhTransportName;
  readonly wrap: KeyWrap;
  /** The wrapping algorithm as the sender wrote it: the derived key depends on that. */
  readonly wrapAlgorithm: Der;
  readonly userKeyingMaterial: Buffer | undefined;
}

/** The key that wraps, over ECC-CMS-SharedInfo (RFC 5753 §7.2, RFC 8418 §2). */
export function deriveKey({ name, wrap, wrapAlgorithm, userKeyingMaterial }: Derivation, secret: Buffer): Buffer {
  const { kdf, digest } = ECDH_TRANSPORTS[name];
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(wrap.key * 8);
  const sharedInfo = encode(
    sequence(
      wrapAlgorithm,
      ...(userKeyingMaterial ? [element(context(0, true), octetString(userKeyingMaterial))] : []),
      element(context(2, true), octetString(bits)),
    ),
  );
  if (kdf === 'x9.63') return x963(digest, secret, sharedInfo, wrap.key);
  // RFC 8418 §2.2: ukm is the salt, besides its place in the shared info; without it there is none (RFC 5869 §2.2).
  return hkdf(digest, secret, userKeyingMaterial ?? Buffer.alloc(0), sharedInfo, wrap.key);
}

/** HKDF (RFC 5869 §2) of no more than a digest. That of node:crypto takes a KiB of info at most, and keying material has no bound. */
function hkdf(digest: DigestName, secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  const extracted = createHmac(digest, salt).update(secret).digest();
  return createHmac(digest, extracted).update(info).update(Buffer.of(1)).digest().subarray(0, length);
}

/** The key derivation of ANSI X9.63 (SEC 1 §3.6.1). */
function x963(digest: DigestName, secret: Buffer, sharedInfo: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let made = 0; made < length;) {
    counter.writeUInt32BE(blocks.length + 1);
    const block = createHash(digest).update(secret).update(counter).update(sharedInfo).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}
