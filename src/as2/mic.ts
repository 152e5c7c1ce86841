import { createHash } from 'node:crypto';
import type { Pieces, Sized } from '../bytes/source.ts';
import { digestByMicalg, micalgName } from '../cms/algorithms.ts';
import type { DigestName } from '../cms/algorithms.ts';

/** A message integrity check: what a receipt says of the bytes that arrived (RFC 4130 §7.3.1). */
export interface Mic {
  readonly digest: DigestName;
  readonly value: Buffer;
}

export function micOf(digest: DigestName, bytes: Pieces): Mic {
  const hash = createHash(digest);
  for (const piece of bytes) hash.update(piece);
  return { digest, value: hash.digest() };
}

/** The same bytes, and what the MIC of them is, once they were read. */
export function digesting(content: Sized, digest: DigestName): Sized & { readonly mic: () => Mic } {
  let value: Buffer | undefined;
  return {
    size: content.size,
    *pieces() {
      const hash = createHash(digest);
      for (const piece of content.pieces()) {
        hash.update(piece);
        yield piece;
      }
      value = hash.digest();
    },
    mic() {
      if (value === undefined) throw new Error('The MIC is known only when all was read');
      return { digest, value };
    },
  };
}

export function sameMic(a: Mic, b: Mic): boolean {
  return a.digest === b.digest && a.value.equals(b.value);
}

/**
 * The value of Received-Content-MIC (RFC 4130 §7.4.3): `BASE64, sha-256`.
 *
 * @param micalgsAsked spellings of the sender, of which the one for this digest is used
 */
export function formatMic(mic: Mic, micalgsAsked: readonly string[] = []): string {
  return `${mic.value.toString('base64')}, ${micalgAsAsked(mic.digest, micalgsAsked)}`;
}

/** Tolerant of blanks, folds and any spelling of the algorithm; undefined when it can't be read. */
export function parseMic(text: string): Mic | undefined {
  const comma = text.lastIndexOf(',');
  const base64 = text.slice(0, Math.max(comma, 0)).replace(/\s+/g, '');
  const digest = digestByMicalg(text.slice(comma + 1).trim());
  if (digest === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return { digest, value: Buffer.from(base64, 'base64') };
}

/**
 * The name of a digest as the sender spelled it; else in the style of what it spelled; else RFC 5751's.
 * Old systems know `sha256` and not `sha-256`, or the other way round.
 */
export function micalgAsAsked(digest: DigestName, micalgsAsked: readonly string[] = []): string {
  const known = micalgsAsked.filter((text) => digestByMicalg(text) !== undefined);
  const asked = known.find((text) => digestByMicalg(text) === digest);
  if (asked !== undefined) return asked;
  return micalgName(digest, known.length > 0 && !known.some((text) => text.includes('-')) ? 'old' : 'rfc5751');
}
