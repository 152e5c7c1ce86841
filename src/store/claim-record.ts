import type { CertificateRecord, Environment, Facts, Page } from './store.ts';

/** A version in force. */
export interface CertificateOnFile extends CertificateRecord {
  readonly usage: readonly Usage[];
}

/** What entries have drawn of one item of a certificate, which is all of its lines with this HTS number and unit. */
export interface Usage {
  /** Six digits. */
  readonly hts: string;
  readonly unit: string;
  /** Above zero, and never above what is certified. */
  readonly used: number;
}

/** One version of an entry line. */
export interface ClaimRecord {
  readonly environment: Environment;
  /** Entry number. */
  readonly entry: string;
  /** Line of the entry, from 1. */
  readonly entryLine: number;
  /** The first claim of an entry line is 1, its reversal 2, a claim after that 3. */
  readonly version: number;
  readonly kind: 'claim' | 'reversal';
  /** Of the certificate. */
  readonly number: string;
  /** The version of the certificate that it matches. */
  readonly certificateVersion: number;
  /** Whose certificate it is. */
  readonly partner: string;
  /** The item of the certificate: six digits. */
  readonly hts: string;
  readonly unit: string;
  /** Above zero: drawn, or given back. */
  readonly quantity: number;
  readonly changedAt: Date;
  /** The claim as `ecert/claim` has it. */
  readonly claim: Facts;
  /** Why it was reversed. */
  readonly reason?: string | undefined;
}

export interface ClaimFilter extends Page {
  readonly environment?: Environment | undefined;
  /** Of the certificate. */
  readonly number?: string | undefined;
  readonly entry?: string | undefined;
}

export interface UsageFilter {
  readonly environment: Environment;
  readonly partner?: string | undefined;
  /** EDIFACT identity, `id:qualifier`. */
  readonly participant?: string | undefined;
  readonly country?: string | undefined;
  readonly programme?: string | undefined;
  readonly numbers?: readonly string[] | undefined;
  /** Days of issue, `YYYY-MM-DD`, both included. */
  readonly issuedFrom?: string | undefined;
  readonly issuedTo?: string | undefined;
  /** Matched: something is used of it. */
  readonly condition?: 'matched' | 'unmatched' | 'cancelled' | undefined;
  /** Those behind this number, for the next page. */
  readonly after?: string | undefined;
  /** Default 100. */
  readonly limit?: number | undefined;
}

export interface CertificateFilter extends Page {
  readonly environment?: Environment | undefined;
  readonly number?: string | undefined;
  readonly country?: string | undefined;
  readonly state?: string | undefined;
  /** Those that come after this one in the list. */
  readonly after?: Pick<CertificateRecord, 'environment' | 'number' | 'version'> | undefined;
}

/** Claims on certificates. */
export interface ClaimStore {
  /**
   * Writes a claim, or the reversal of one. `conflict`, and nothing is written: its entry line or its certificate has another
   * version now than it was decided on, or more would be used of the item than is certified.
   */
  recordClaim(record: ClaimRecord): Promise<'done' | 'conflict'>;
  /** The version in force of an entry line: a claim, or the reversal of the last one. */
  findClaim(environment: Environment, entry: string, entryLine: number): Promise<ClaimRecord | undefined>;
  /** Every version. */
  listClaims(filter: ClaimFilter): Promise<ClaimRecord[]>;
}
