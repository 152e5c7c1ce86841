import { type Segment, valueOf } from '../edifact/interchange.ts';

/** A place in a message: `segment` as 0096 (UNH = 1), `element` as 0098 (tag = 1), `component` as 0104. */
export interface Location {
  readonly tag: string;
  readonly segment: number;
  readonly element: number;
  readonly component: number;
}

/** A component with the place where it stands. */
export interface Located extends Location {
  readonly value: string;
}

/** C507 2380 of a DTM, with its format (2379). */
export interface LocatedDay extends Located {
  readonly format: string;
}

/** Segments of this tag whose first element has this value. */
export function qualified(tag: string, qualifier: string): (segment: Segment) => boolean {
  return (segment) => segment.tag === tag && valueOf(segment, 1) === qualifier;
}

/** A component with its place; undefined when it is absent or empty. */
export function located(segment: Segment | undefined, element: number, component: number): Located | undefined {
  const value = segment === undefined ? '' : valueOf(segment, element, component);
  if (segment === undefined || value === '') return undefined;
  return { value, tag: segment.tag, segment: segment.position, element: element + 1, component };
}

export function locatedDay(dtm: Segment | undefined): LocatedDay | undefined {
  const value = located(dtm, 1, 2);
  return dtm && value && { ...value, format: valueOf(dtm, 1, 3) };
}

export function locationOf(segment: Segment, element: number, component: number): Location {
  return { tag: segment.tag, segment: segment.position, element: element + 1, component };
}
