/** An interchange by its names in EDIFACT; parties as `id:qualifier`. */
export interface SentInterchange {
  readonly sender: string;
  readonly recipient: string;
  readonly reference: string;
}

/** What CONTRL says of an interchange as a whole. */
export type ContrlOutcome = 'received' | 'acknowledged' | 'partly-rejected' | 'rejected';

export interface Acknowledgement {
  /** Our id of the message in which the interchange was sent. */
  readonly subjectId: string;
  readonly reference: string;
  readonly outcome: ContrlOutcome;
  /** What was refused, and why. */
  readonly detail?: string | undefined;
}
