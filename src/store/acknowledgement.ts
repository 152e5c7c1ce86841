import type { ContrlOutcome } from '../edifact/contrl-reader.ts';

/** An interchange by its names in EDIFACT; parties as `id:qualifier`. */
export interface SentInterchange {
  readonly sender: string;
  readonly recipient: string;
  readonly reference: string;
}

export interface Acknowledgement {
  /** Our id of the message in which the interchange was sent. */
  readonly subjectId: string;
  readonly reference: string;
  readonly outcome: ContrlOutcome;
  /** What was refused, and why. */
  readonly detail?: string | undefined;
}
