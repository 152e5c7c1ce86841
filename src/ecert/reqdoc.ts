import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';
import { type WrittenDay, componentOf, dayIn, qualified } from './written.ts';

/**
 * A REQDOC as it was sent: nothing is judged, and what is absent or empty is undefined. But what narrows the query down is
 * undefined only where its segment is absent: without a value it would ask for everything.
 */
export interface QueryRequest {
  /** 0062 of the message. */
  readonly messageReference: string;
  /** BGM C002 1001 */
  readonly document: string | undefined;
  /** BGM C106 1004: what the participant calls its query. */
  readonly number: string | undefined;
  /** BGM 1225 */
  readonly function: string | undefined;
  /** DOC C002 1001: what is asked for. */
  readonly subject: string | undefined;
  /** DTM+155 and DTM+156, days of issue. */
  readonly from: WrittenDay | undefined;
  readonly to: WrittenDay | undefined;
  /** NAD+FR C082 3039 */
  readonly requester: string | undefined;
  /** GIS C529 7365 */
  readonly condition: string | undefined;
  /** RFF+EX C506 1154 */
  readonly certificates: readonly string[];
  /** Tags of segments of the profile that stand where an equal one stood before. */
  readonly repeated: readonly string[];
}

/** Reads a REQDOC. Never throws on what it holds. */
export function readReqdoc({ reference, segments }: Message): QueryRequest {
  const repeated: string[] = [];
  const only = (wanted: (segment: Segment) => boolean): Segment | undefined => {
    const [first, ...others] = segments.filter(wanted);
    repeated.push(...others.map(({ tag }) => tag));
    return first;
  };
  const day = (qualifier: string): WrittenDay | undefined => {
    const dtm = only(qualified('DTM', qualifier));
    return dtm && dayIn(dtm);
  };
  const bgm = only(({ tag }) => tag === 'BGM');
  const gis = only(({ tag }) => tag === 'GIS');
  return {
    messageReference: reference,
    document: componentOf(bgm, 1, 1),
    number: componentOf(bgm, 2, 1),
    function: componentOf(bgm, 3, 1),
    subject: componentOf(
      only(({ tag }) => tag === 'DOC'),
      1,
      1,
    ),
    from: day('155'),
    to: day('156'),
    requester: componentOf(only(qualified('NAD', 'FR')), 2, 1),
    condition: gis && valueOf(gis, 1, 1),
    certificates: segments.filter(qualified('RFF', 'EX')).map((segment) => valueOf(segment, 1, 2)),
    repeated,
  };
}
