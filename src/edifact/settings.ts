import type { FindDirectory } from './directory.ts';

/** How large an interchange may be in its parts; its size as a whole is the business of whoever receives it. */
export interface ReadLimits {
  /** Bytes from the tag of a segment to its terminator. */
  readonly maxSegmentLength: number;
  /** Segments in an interchange. */
  readonly maxSegments: number;
  /** Interchanges in a payload, those included that turn out to be unreadable. */
  readonly maxInterchanges: number;
}

export interface ReadSettings extends ReadLimits {
  /** Where the directories are that messages are held against. Left out, envelopes and characters alone are judged. */
  readonly directories?: FindDirectory | undefined;
  /** Functional groups are taken; else they are a finding (15). */
  readonly groups?: boolean | undefined;
  /** Of each message UNH alone is kept, for whoever wants to know what is wrong, at constant memory. */
  readonly headersOnly?: boolean | undefined;
}
