import type { Segment } from '../edifact/interchange.ts';

/** The parts of a SANCRT that the profile uses; segments of other groups are in none of them. */
export interface SancrtParts {
  /** Before the first group. */
  readonly head: readonly Segment[];
  /** The groups of PNA (NAD) that belong to the certificate as a whole. */
  readonly parties: readonly Segment[];
  /** Each LIN with the segments that are its own, without those of its groups. */
  readonly lines: readonly (readonly [Segment, ...Segment[]])[];
}

/**
 * Sorts the segments of a SANCRT by where they stand, so that the date of some other document, the party of a process
 * or the measurement of a package is not taken for the certificate's.
 */
export function partsOf(segments: readonly Segment[]): SancrtParts {
  const head: Segment[] = [];
  const parties: Segment[] = [];
  const lines: [Segment, ...Segment[]][] = [];
  let place: Place = 'head';
  for (const segment of segments) {
    place = placeOf(segment.tag, place);
    if (place === 'head') head.push(segment);
    else if (place === 'parties') parties.push(segment);
    else if (segment.tag === 'LIN') lines.push([segment]);
    else if (place === 'line') lines.at(-1)?.push(segment);
  }
  return { head, parties, lines };
}

type Place = 'head' | 'documents' | 'parties' | 'line' | 'elsewhere';

const beforeParties: readonly Place[] = ['head', 'documents', 'parties'];
const otherGroups = ['TDT', 'PAC', 'EQD', 'PRC', 'CNT', 'AUT'];

/** A group begins with its trigger; groups come in the order of the directory, and LIN begins a line anew. */
function placeOf(tag: string, place: Place): Place {
  if (tag === 'LIN') return 'line';
  if (tag === 'PNA' || tag === 'NAD') return beforeParties.includes(place) ? 'parties' : 'elsewhere';
  if (tag === 'DOC') return place === 'head' || place === 'documents' ? 'documents' : 'elsewhere';
  return otherGroups.includes(tag) ? 'elsewhere' : place;
}
