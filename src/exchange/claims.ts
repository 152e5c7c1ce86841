import { isDeepStrictEqual } from 'node:util';
import { type Claim, claimSchema, judgeClaim } from '../ecert/claim.ts';
import type { Registration } from '../ecert/certificate.ts';
import type { EcertReference, Mismatch } from '../ecert/reference.ts';
import { itemsOf } from '../ecert/standing.ts';
import { LONGEST_REASON } from '../limits.ts';
import type { ClaimRecord } from '../store/claim-record.ts';
import { ENDPOINT_CHAIN } from '../store/ledger.ts';
import { registrationOf } from './certificates.ts';
import { EntryLineTaken, NoSuchClaim, RequestMalformed } from './claim-errors.ts';
import type { Register } from './standings.ts';

/** Nothing of a claim that is not matched is on file but its ledger entry: release goes on, and the rate is another. */
export type ClaimOutcome =
  | {
      readonly kind: 'matched';
      /** True when the same claim was on file before. */
      readonly repeated: boolean;
      readonly record: ClaimRecord;
      /** Of the item, after this claim. */
      readonly remaining: number;
    }
  | { readonly kind: 'not-matched'; readonly mismatches: readonly Mismatch[] };

/**
 * Draws on a certificate, if everything matches. The same claim of the same entry line again is the same claim.
 *
 * @param version of the entry line, to claim again, in the same words, what was reversed; where it is not given, that is taken
 *   for an old claim that comes late
 * @throws EntryLineTaken, NoSuchClaim when nothing of the entry line is on file that could have been reversed
 */
export async function makeClaim(claim: Claim, register: Register, version?: number): Promise<ClaimOutcome> {
  const { store, environment, reference, clock } = register;
  for (;;) {
    const before = await store.findClaim(environment, claim.entry, claim.line);
    const found = (await store.findCertificates(environment, [claim.number])).get(claim.number);
    const known = found && registrationOf(found);
    if (before !== undefined && isSame(before, claim, version))
      return { kind: 'matched', repeated: true, record: before, remaining: remainingOf(known, before) };
    if (before === undefined && version !== undefined && version > 1)
      throw new NoSuchClaim({ entry: claim.entry, entryLine: claim.line });

    const verdict = judgeClaim(claim, known, reference);
    const changedAt = clock();
    if (found === undefined || verdict.kind === 'not-matched') {
      // What it does not match any more may be what the same line drew meanwhile.
      const last = await store.findClaim(environment, claim.entry, claim.line);
      if (last?.version !== before?.version) continue;
      const facts = { environment, claim, mismatches: 'mismatches' in verdict ? verdict.mismatches : [] };
      const chain = found?.partner ?? ENDPOINT_CHAIN;
      await store.note({ chain, kind: 'claim-not-matched', subjectId: claim.number, facts }, changedAt);
      return { kind: 'not-matched', mismatches: facts.mismatches };
    }
    const { hts, unit, certified, used } = verdict.item;
    const record: ClaimRecord = {
      ...{ environment, entry: claim.entry, entryLine: claim.line, version: (before?.version ?? 0) + 1, kind: 'claim' },
      ...{ number: found.number, certificateVersion: found.version, partner: found.partner, hts, unit },
      ...{ quantity: claim.quantity, changedAt, claim: { ...claim } },
    };
    // On a conflict somebody else drew, changed or claimed meanwhile: it is judged again by what is there now.
    if ((await store.recordClaim(record)) === 'done')
      return { kind: 'matched', repeated: false, record, remaining: certified - used - claim.quantity };
  }
}

/**
 * True when a claim is the one on file; false when the entry line is free for it.
 *
 * @throws EntryLineTaken
 */
function isSame(before: ClaimRecord, claim: Claim, version: number | undefined): boolean {
  const same = isDeepStrictEqual(before.claim, { ...claim });
  if (before.kind === 'claim') {
    if (same && (version ?? before.version) === before.version) return true;
    throw new EntryLineTaken(before, `has another claim on file, version ${before.version}. Reverse that one first.`);
  }
  const next = before.version + 1;
  if (version === undefined ? !same : version === next) return false;
  throw new EntryLineTaken(before, `had this claim reversed. To claim it once more, give version ${next}.`);
}

/**
 * Gives back what an entry line drew; the one that was reversed before when that is the last that happened to it.
 *
 * @param reason for the ledger, up to 500 characters
 * @param version of the claim that is meant, so that one which came after it is not reversed in its place
 * @throws NoSuchClaim, EntryLineTaken, RequestMalformed
 */
export async function reverseClaim(
  line: Pick<ClaimRecord, 'entry' | 'entryLine'>,
  reason: string,
  { store, environment, clock }: Register,
  version?: number,
): Promise<ClaimRecord> {
  if (reason.trim() === '' || reason.length > LONGEST_REASON) {
    const message = reason.trim() === '' ? 'is empty: say why' : `is longer than ${LONGEST_REASON} characters`;
    throw new RequestMalformed([{ path: ['reason'], message }]);
  }
  for (;;) {
    const before = await store.findClaim(environment, line.entry, line.entryLine);
    if (before === undefined) throw new NoSuchClaim(line);
    const claimed = before.kind === 'claim' ? before.version : before.version - 1;
    if ((version ?? claimed) !== claimed)
      throw new EntryLineTaken(before, `has version ${claimed} on file, not ${version}. Look at it first.`);
    if (before.kind === 'reversal') return before;
    const reversal = { ...before, kind: 'reversal', version: before.version + 1, changedAt: clock(), reason } as const;
    if ((await store.recordClaim(reversal)) === 'done') return reversal;
  }
}

function remainingOf(known: Registration | undefined, { hts, unit }: ClaimRecord): number {
  const item = known && itemsOf(known).find((each) => each.hts === hts && each.unit === unit);
  return item === undefined ? 0 : item.certified - item.used;
}

/** @throws RequestMalformed with every member that is wrong */
export function readClaim(value: unknown, reference: EcertReference): Claim {
  const result = claimSchema(reference).safeParse(value);
  if (result.success) return result.data;
  throw new RequestMalformed(result.error.issues);
}
