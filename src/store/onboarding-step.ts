import type { Facts } from './store.ts';

/** One decision on the way of a participant into production, or the sign-off of its test. */
export interface OnboardingStep {
  /** Short name. */
  readonly partner: string;
  /** EDIFACT identity, `id:qualifier`. */
  readonly participant: string;
  /** Counts from 1 for each participant. */
  readonly sequence: number;
  readonly step: 'link-test' | 'application-test' | 'production' | 'signed-off';
  readonly at: Date;
  /** From when on it holds; later than `at` for a production that begins on a day to come. */
  readonly effective: Date;
  /** Who decided. */
  readonly by: string;
  readonly note?: string | undefined;
  /** What it was decided on; shown, never interpreted here. */
  readonly evidence: Facts;
}

/** The way into production. */
export interface OnboardingStore {
  /** Writes the next step of a participant; `conflict`: there is one with this sequence, or none before it. */
  recordStep(step: OnboardingStep): Promise<'done' | 'conflict'>;
  /** All steps of a participant, in their order. */
  stepsOf(partner: string, participant: string): Promise<OnboardingStep[]>;
}
