import { type Segment, valueOf } from '../edifact/interchange.ts';

/** C507 2380 of a DTM, with its format (2379). */
export interface WrittenDay {
  readonly value: string;
  readonly format: string;
}

/** Segments of this tag whose first element has this value. */
export function qualified(tag: string, qualifier: string): (segment: Segment) => boolean {
  return (segment) => segment.tag === tag && valueOf(segment, 1) === qualifier;
}

/** A component; undefined when it is absent or empty. */
export function componentOf(segment: Segment | undefined, element: number, component: number): string | undefined {
  return (segment && valueOf(segment, element, component)) || undefined;
}

/** Of a DTM, empty or not. */
export function dayIn(dtm: Segment): WrittenDay {
  return { value: valueOf(dtm, 1, 2), format: valueOf(dtm, 1, 3) };
}
