import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';
import { type Located, type LocatedDay, type Location, located, locationOf, qualified } from './located.ts';

/**
 * A REQDOC as it was sent: nothing is judged, and what is absent or empty is undefined. But what narrows the query down is
 * undefined only where its segment is absent: without a value it would ask for everything.
 */
export interface QueryRequest {
  /** 0062 of the message. */
  readonly messageReference: string;
  /** BGM C002 1001 */
  readonly document: Located | undefined;
  /** BGM C106 1004: what the participant calls its query. */
  readonly number: Located | undefined;
  /** BGM 1225 */
  readonly function: Located | undefined;
  /** DOC C002 1001: what is asked for. */
  readonly subject: Located | undefined;
  /** DTM+155 and DTM+156, days of issue. */
  readonly from: LocatedDay | undefined;
  readonly to: LocatedDay | undefined;
  /** NAD+FR C082 3039 */
  readonly requester: Located | undefined;
  /** GIS C529 7365 */
  readonly condition: Located | undefined;
  /** RFF+EX C506 1154 */
  readonly certificates: readonly Located[];
  /** Segments of the profile that stand where an equal one stood before. */
  readonly repeated: readonly Location[];
}

/** Reads a REQDOC. Never throws on what it holds. */
export function readReqdoc({ reference, segments }: Message): QueryRequest {
  const repeated: Location[] = [];
  const only = (wanted: (segment: Segment) => boolean): Segment | undefined => {
    const [first, ...others] = segments.filter(wanted);
    repeated.push(...others.map((segment) => locationOf(segment, 1, 1)));
    return first;
  };
  const day = (qualifier: string): LocatedDay | undefined => {
    const dtm = only(qualified('DTM', qualifier));
    return dtm && { ...asWritten(dtm, 1, 2), format: valueOf(dtm, 1, 3) };
  };
  const bgm = only(({ tag }) => tag === 'BGM');
  const gis = only(({ tag }) => tag === 'GIS');
  return {
    messageReference: reference,
    document: located(bgm, 1, 1),
    number: located(bgm, 2, 1),
    function: located(bgm, 3, 1),
    subject: located(
      only(({ tag }) => tag === 'DOC'),
      1,
      1,
    ),
    from: day('155'),
    to: day('156'),
    requester: located(only(qualified('NAD', 'FR')), 2, 1),
    condition: gis && asWritten(gis, 1, 1),
    certificates: segments.filter(qualified('RFF', 'EX')).map((segment) => asWritten(segment, 1, 2)),
    repeated,
  };
}

/** A component with its place, where it is empty too. */
function asWritten(segment: Segment, element: number, component: number): Located {
  return { value: valueOf(segment, element, component), ...locationOf(segment, element, component) };
}
