import { createHash } from 'node:crypto';
import { algorithm, digestAlgorithm, digestOf, readAlgorithm } from './algorithm-identifier.ts';
import { OID } from './algorithms.ts';
import type { DigestName } from './algorithms.ts';
import { BerReader, context } from './ber.ts';
import { element } from './der.ts';
import type { Der } from './der.ts';

/** What the parameters of OAEP and PSS begin with: the digest, and that of the mask (RFC 8017 §A.2.1, §A.2.3). */
export interface MaskedDigest {
  readonly digest: DigestName;
  readonly maskDigest: DigestName;
}

/**
 * @returns undefined when the digest or the mask is none that we know; absent fields mean SHA-1
 * @throws CmsError
 */
export function readMaskedDigest(reader: BerReader): MaskedDigest | undefined {
  const digest = reader.optional(context(0, true), readAlgorithm);
  const mask = reader.optional(context(1, true), readAlgorithm);
  const maskDigest =
    mask?.oid === OID.mgf1 && mask.parameters ? readAlgorithm(new BerReader(mask.parameters)) : undefined;
  if (mask !== undefined && maskDigest === undefined) return undefined;
  const found = digest === undefined ? 'sha1' : digestOf(digest);
  const foundMask = maskDigest === undefined ? 'sha1' : digestOf(maskDigest);
  return found === undefined || foundMask === undefined ? undefined : { digest: found, maskDigest: foundMask };
}

/** The same digest for both, as everybody expects. */
export function maskedDigest(digest: DigestName): Der[] {
  return [
    element(context(0, true), digestAlgorithm(digest)),
    element(context(1, true), algorithm(OID.mgf1, digestAlgorithm(digest))),
  ];
}

/** `block` ⊕ MGF1(`seed`) in a new buffer (RFC 8017 §B.2.1). */
export function unmask(block: Buffer, seed: Buffer, digest: DigestName): Buffer {
  const result = Buffer.from(block);
  const counter = Buffer.alloc(4);
  for (let at = 0, round = 0; at < result.length; round++) {
    counter.writeUInt32BE(round);
    for (const byte of createHash(digest).update(seed).update(counter).digest()) {
      if (at === result.length) break;
      result[at] = (result[at] ?? 0) ^ byte;
      at++;
    }
  }
  return result;
}
