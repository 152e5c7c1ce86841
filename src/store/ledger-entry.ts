import type { Facts, Page } from './store.ts';

export interface LedgerEvent {
  /** One chain for each partnership: the partner's short name, or `endpoint`. */
  readonly chain: string;
  readonly kind: string;
  /** The message or MDN it is about; of a claim, the number of the certificate. */
  readonly subjectId?: string | undefined;
  readonly facts: Facts;
}

export interface LedgerEntry extends LedgerEvent {
  /** Counts from 1 in each chain. */
  readonly sequence: number;
  readonly at: Date;
  /** Lower-case hex SHA-256. */
  readonly previous: string;
  readonly hash: string;
}

/** `partner` names the chain: `endpoint` is that of no partnership. */
export interface LedgerFilter extends Page {
  readonly kind?: string | undefined;
  readonly subjectId?: string | undefined;
}

/** Sequence 0: no entry is broken, but something is stored that no entry tells of. */
export type LedgerVerdict =
  | { readonly kind: 'whole'; readonly chains: number; readonly entries: number }
  | { readonly kind: 'broken'; readonly chain: string; readonly sequence: number; readonly reason: string };
