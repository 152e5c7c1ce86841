/** How large an interchange may be in its parts; its size as a whole is the business of whoever receives it. */
export interface ReadLimits {
  /** Bytes from the tag of a segment to its terminator. */
  readonly maxSegmentLength: number;
  /** Segments in an interchange. */
  readonly maxSegments: number;
  /** Interchanges in a payload, those included that turn out to be unreadable. */
  readonly maxInterchanges: number;
}
