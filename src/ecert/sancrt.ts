import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';
import { type Located, type LocatedDay, type Location, located, locatedDay, locationOf } from './located.ts';
import { isMeasurement } from './measurements.ts';
import { partsOf } from './sancrt-parts.ts';

/** A SANCRT as it was sent: nothing is judged, and what is absent or empty is undefined. */
export interface CertificateRequest {
  /** 0062 of the message. */
  readonly messageReference: string;
  /** BGM C002 1001 */
  readonly document: Located | undefined;
  /** BGM C106 1004 */
  readonly number: Located | undefined;
  /** BGM 1225 */
  readonly function: Located | undefined;
  /** DTM+182 C507 2380 and 2379 */
  readonly issueDate: LocatedDay | undefined;
  /** LOC+27 C517 3225 */
  readonly country: Located | undefined;
  /** RFF+ABJ C506 1154 */
  readonly programme: Located | undefined;
  /** PNA+IM C206 7402; NAD+IM C082 3039 */
  readonly importer: Located | undefined;
  /** PNA+MF or NAD+MF */
  readonly manufacturerId: string | undefined;
  readonly manufacturerName: string | undefined;
  readonly lines: readonly RequestLine[];
  /** Segments of the profile that stand where an equal one stood before. */
  readonly repeated: readonly Location[];
}

export interface RequestLine {
  /** LIN */
  readonly at: Location;
  /** PIA+5 C212 7140, where 7143 is HS */
  readonly hts: Located | undefined;
  /** MEA+AAJ C174 6411 */
  readonly unit: Located | undefined;
  /** MEA+AAJ C174 6314 */
  readonly quantity: Located | undefined;
}

/** Reads a SANCRT, with parties in PNA (from D.97B) or NAD (before it). Never throws on what it holds. */
export function readSancrt(message: Message): CertificateRequest {
  const parts = partsOf(message.segments);
  const repeated: Location[] = [];
  const { BGM: bgm, DTM: dtm, LOC: loc, RFF: rff } = firstOf(parts.head, headPart, repeated);
  const { IM: importer, MF: manufacturer } = firstOf(parts.parties, roleOf, repeated);
  return {
    messageReference: message.reference,
    document: located(bgm, 1, 1),
    number: located(bgm, 2, 1),
    function: located(bgm, 3, 1),
    issueDate: locatedDay(dtm),
    country: located(loc, 2, 1),
    programme: located(rff, 1, 2),
    importer: located(importer, 2, 1),
    manufacturerId: located(manufacturer, 2, 1)?.value,
    manufacturerName: manufacturer && partyName(manufacturer),
    lines: parts.lines.map((line) => readLine(line, repeated)),
    repeated,
  };
}

/** What a segment is to the profile; undefined: nothing. */
type PartOf<Part extends string> = (segment: Segment) => Part | undefined;

/** The first segment for each part; those behind it go to `repeated`. */
function firstOf<Part extends string>(
  segments: readonly Segment[],
  partOf: PartOf<Part>,
  repeated: Location[],
): Partial<Record<Part, Segment>> {
  const found: Partial<Record<Part, Segment>> = {};
  for (const segment of segments) {
    const part = partOf(segment);
    if (part === undefined) continue;
    if (found[part] === undefined) found[part] = held(segment);
    else repeated.push(locationOf(segment, 1, 1));
  }
  return found;
}

/** With its elements, of which several are asked for. */
function held({ tag, offset, position, elements }: Segment): Segment {
  return { tag, offset, position, elements };
}

const headPart: PartOf<'BGM' | 'DTM' | 'LOC' | 'RFF'> = (segment) => {
  const { tag } = segment;
  if (tag === 'BGM') return tag;
  if (tag === 'DTM') return valueOf(segment, 1) === '182' ? tag : undefined;
  if (tag === 'LOC') return valueOf(segment, 1) === '27' ? tag : undefined;
  if (tag === 'RFF') return valueOf(segment, 1) === 'ABJ' ? tag : undefined;
  return undefined;
};

const roleOf: PartOf<'IM' | 'MF'> = (segment) => {
  if (segment.tag !== 'PNA' && segment.tag !== 'NAD') return undefined;
  const role = valueOf(segment, 1);
  return role === 'IM' || role === 'MF' ? role : undefined;
};

const linePart: PartOf<'MEA' | 'PIA'> = (segment) => {
  if (isCertified(segment)) return 'MEA';
  return segment.tag === 'PIA' && valueOf(segment, 1) === '5' && hsElement(segment) > 0 ? 'PIA' : undefined;
};

const isCertified = isMeasurement('certified');

function readLine(segments: readonly [Segment, ...Segment[]], repeated: Location[]): RequestLine {
  const { MEA: mea, PIA: pia } = firstOf(segments, linePart, repeated);
  return {
    at: locationOf(segments[0], 1, 1),
    hts: located(pia, pia === undefined ? 0 : hsElement(pia), 1),
    unit: located(mea, 3, 1),
    quantity: located(mea, 3, 2),
  };
}

/** Of the C212 composites of a PIA the first whose 7143 is HS; 0 when there is none. */
function hsElement(pia: Segment): number {
  return pia.elements.findIndex((components, index) => index > 0 && components[1] === 'HS') + 1;
}

/** In PNA each C816 has 3398 second; NAD has the lines of C080, or failing them of C058. */
function partyName(party: Segment): string | undefined {
  const lines =
    party.tag === 'PNA'
      ? party.elements.slice(5).map((components) => components[1] ?? '')
      : ([party.elements[3] ?? [], party.elements[2] ?? []].find((texts) => texts.some((text) => text !== '')) ?? []);
  return lines.filter((text) => text !== '').join(' ') || undefined;
}
