import { createHash } from 'node:crypto';
import type { Pieces } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import type { CertificateIdentity } from '../cms/identity.ts';
import { spendCheck } from '../cms/signature.ts';
import { LARGEST_WITH_VARIANTS } from '../limits.ts';
import { MOST_VARIANTS } from './signed-variants.ts';

/**
 * What reading a message costs, counted while it is read, so that the rest of what it might have cost can be spent when
 * it fails: else the time to the answer would tell how far the reading came.
 *
 * Whoever reaches the port can make us spend it, and it is bounded in itself: up to `LARGEST_WITH_VARIANTS` ten digests of
 * what was sent, beyond it one. That is no lever: octet for octet, a message of 2 KiB costs fifty times as much as one of
 * 16 MiB, by the key that is decrypted and the signatures that are checked. To spend less on large ones would save an attacker
 * nothing, and tell him where the reading ended.
 */
export interface Effort {
  readonly spent: { readonly digested: number; readonly spooled: number; readonly checks: number };
  readonly spool: Spool;
  /** The same pieces; octets that are digested while they are read. */
  digesting(pieces: Pieces): Pieces;
  /** One operation with a public key. */
  check(): void;
  /**
   * Spends as much as a message costs whose content is not what was signed, which is the most: each variant of it is
   * digested, and checked where there are no signed attributes.
   *
   * @param size octets that were deciphered
   */
  spendRest(size: number, pinned: readonly CertificateIdentity[]): void;
}

export function createEffort(spool: Spool): Effort {
  const spent = { digested: 0, spooled: 0, checks: 0 };
  const counting: Spool = () => {
    const spooling = spool();
    return {
      write(piece) {
        spent.spooled += piece.length;
        spooling.write(piece);
      },
      end: () => spooling.end(),
    };
  };
  return {
    spent,
    spool: counting,
    *digesting(pieces) {
      for (const piece of pieces) {
        spent.digested += piece.length;
        yield piece;
      }
    },
    check: () => void (spent.checks += 1),
    spendRest(size, pinned) {
      const passes = size > LARGEST_WITH_VARIANTS ? 1 : PASSES;
      const hash = createHash('sha256');
      for (const piece of zeros(passes * size - spent.digested)) {
        spent.digested += piece.length;
        hash.update(piece);
      }
      hash.digest();
      const spooling = counting();
      for (const piece of zeros(size - spent.spooled)) spooling.write(piece);
      spooling.end();
      const [certificate] = pinned;
      if (certificate === undefined) return;
      for (; spent.checks < CHECKS; spent.checks += 1) spendCheck(certificate.publicKey);
    },
  };
}

/** Once as received, and each variant; once more, since a variant may be longer than what was received. */
const PASSES = 1 + MOST_VARIANTS + 1;

/** The same; a signature over attributes may be checked over two encodings of them. */
const CHECKS = 1 + MOST_VARIANTS;

export const ZEROS = Buffer.alloc(64 * 1024);

function* zeros(count: number): Generator<Buffer, void, undefined> {
  for (let left = count; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}
