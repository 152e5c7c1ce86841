import { DIGESTS, digestByOid } from './algorithms.ts';
import type { DigestName } from './algorithms.ts';
import { TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { encode, oid, sequence } from './der.ts';
import type { Der } from './der.ts';

/** AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** One element, as it stands; undefined when absent or NULL, which mean the same in all algorithms but those of Edwards. */
  readonly parameters: Buffer | undefined;
  /** Absent, not even NULL: RFC 8410 §3 wants that of X25519 and Ed25519. */
  readonly isBare: boolean;
}

/** @throws CmsError */
export function readAlgorithm(reader: BerReader, tag: number = TAG.sequence): AlgorithmIdentifier {
  return reader.inside(tag, (inner) => {
    const found = inner.oid();
    const parameters = inner.more ? inner.raw() : undefined;
    return { oid: found, parameters: parameters?.[0] === TAG.null ? undefined : parameters, isBare: !parameters };
  });
}

/** Whether both say the same; absent parameters and NULL are the same. */
export const isSameAlgorithm = (one: AlgorithmIdentifier, other: AlgorithmIdentifier | undefined): boolean =>
  one.oid === other?.oid && (one.parameters ?? NONE).equals(other.parameters ?? NONE);

const NONE = Buffer.alloc(0);

export const algorithm = (dotted: string, ...parameters: readonly Der[]): Der => sequence(oid(dotted), ...parameters);

/** RFC 5754 §2: without parameters, though NULL is understood. */
export function digestAlgorithm(digest: DigestName): Der {
  const known = encoded.get(digest) ?? [encode(algorithm(DIGESTS[digest].oid))];
  encoded.set(digest, known);
  return known;
}

const encoded = new Map<DigestName, Der>();

/** undefined: a digest that does not exist here. */
export const digestOf = ({ oid: found }: AlgorithmIdentifier): DigestName | undefined => digestByOid(found);
