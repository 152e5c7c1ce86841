/** What a partner and we exchanged in a time, as far as it is of one participant. Ids are ours, of stored messages. */
export interface Traffic {
  /** In the order in which they came. */
  readonly received: readonly Received[];
  /** In the order in which they were made. */
  readonly sent: readonly Sent[];
  /** In the name of the partner, for whichever of its participants: what could not be verified is not read. */
  readonly refused: readonly Refused[];
}

/** An AS2 message that was not accepted. */
export interface Refused {
  readonly id: string;
  /** As the MDN had it: `decryption-failed`. */
  readonly reason: string;
}

/** An AS2 message that was accepted. */
export interface Received {
  readonly id: string;
  readonly at: Date;
  /** What became of our MDN: `none` was asked for. */
  readonly receipt: 'given' | 'pending' | 'failed' | 'none';
  /** How often it came again. */
  readonly repeated: number;
  /** Those of the participant; none in a message that is no EDIFACT, or another's. */
  readonly interchanges: readonly ReceivedInterchange[];
}

export interface ReceivedInterchange {
  /** 0020 */
  readonly reference: string;
  /** Of its first message. */
  readonly type: string;
  /** Of the syntax: those that our CONTRL told (0085). */
  readonly syntaxErrors: readonly string[];
  /** Its certificates and queries, in their order. */
  readonly requests: readonly Request[];
  /** What a CONTRL in it says of interchanges of ours. */
  readonly reports: readonly Report[];
}

export const requestKinds = ['register', 'replace', 'cancel', 'query'] as const;

export type RequestKind = (typeof requestKinds)[number];

export interface Request {
  /** Undefined when it cannot be told. */
  readonly kind: RequestKind | undefined;
  /** Of the certificate, or of the query. */
  readonly number: string;
  /** Undefined: no response to it was made, because of its syntax. */
  readonly answer: Answer | undefined;
}

export interface Answer {
  /** The sent message that it is in. */
  readonly in: string;
  readonly accepted: boolean;
  /** ERC 9321 */
  readonly codes: readonly string[];
}

/** What a request is for: one that is accepted corrects those with the same purpose. A cancellation corrects nothing else. */
export function purposeOf({ kind, number }: Request): string {
  return kind === 'cancel' ? `cancel ${number}` : number;
}

export interface Report {
  /** 0020 of the interchange that we sent. */
  readonly reference: string;
  readonly accepted: boolean;
}

/** An AS2 message of ours. */
export interface Sent {
  readonly id: string;
  readonly at: Date;
  /** 0020 of the interchange in it; undefined when it holds none. */
  readonly reference: string | undefined;
  readonly attempts: number;
  readonly state: 'delivered' | 'refused' | 'failed' | 'waiting';
  /** When the MDN came that settled it; undefined when none did, or none was asked for. */
  readonly receiptAt: Date | undefined;
  readonly receiptAsked: boolean;
}
