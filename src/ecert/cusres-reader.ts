import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';

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
  };
}
