import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';
import { type Measured, isMeasurement } from './measurements.ts';

/** A CUSRES as it was sent: nothing is judged, and what is absent is empty. */
export interface Response {
  /** BGM 1001: 961 a response to a certificate, 962 a report, 963 a query refused. */
  readonly document: string;
  /** Of the certificate or of the query. */
  readonly number: string;
  readonly accepted: boolean;
  /** RFF+ACW: 0020 of the interchange that is answered. */
  readonly interchangeReference: string;
  /** RFF+AGO: 0062 of the message that is answered. */
  readonly messageReference: string;
  /** ERC 9321 */
  readonly codes: readonly string[];
  /** Those of a report. */
  readonly certificates: readonly ReportedCertificate[];
}

/** A certificate in a report (group 6, DOC). */
export interface ReportedCertificate {
  readonly number: string;
  /** Code: 10, 11 or 12. */
  readonly condition: string;
  /** `17500 KGM`, more than one with commas between them. */
  readonly certified: string;
  readonly used: string;
}

/** Reads any CUSRES of the profile. Never throws on what it holds. */
export function readCusres({ segments }: Message): Response {
  const bgm = segments.find(({ tag }) => tag === 'BGM');
  const valueIn = (segment: Segment | undefined, element: number, component = 1) =>
    segment === undefined ? '' : valueOf(segment, element, component);
  const reference = (qualifier: string) =>
    valueIn(
      segments.find((segment) => segment.tag === 'RFF' && valueOf(segment, 1) === qualifier),
      1,
      2,
    );
  return {
    document: valueIn(bgm, 1),
    number: valueIn(bgm, 2),
    accepted: valueIn(bgm, 4) === 'AP',
    interchangeReference: reference('ACW'),
    messageReference: reference('AGO'),
    codes: segments.filter(({ tag }) => tag === 'ERC').map((segment) => valueOf(segment, 1)),
    certificates: groupsOf(segments).map(certificateIn),
  };
}

/** Each DOC with what follows it. */
function groupsOf(segments: readonly Segment[]): Segment[][] {
  const groups: Segment[][] = [];
  for (const segment of segments) {
    if (segment.tag === 'DOC') groups.push([segment]);
    else groups.at(-1)?.push(segment);
  }
  return groups;
}

function certificateIn(group: readonly Segment[]): ReportedCertificate {
  const first = (tag: string) => group.find((segment) => segment.tag === tag);
  const quantities = (what: Measured) =>
    group
      .filter(isMeasurement(what))
      .map((one) => `${valueOf(one, 3, 2)} ${valueOf(one, 3)}`)
      .join(', ');
  const [doc, gis] = [first('DOC'), first('GIS')];
  return {
    number: doc === undefined ? '' : valueOf(doc, 2),
    condition: gis === undefined ? '' : valueOf(gis, 1),
    certified: quantities('certified'),
    used: quantities('used'),
  };
}
