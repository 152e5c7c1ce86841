import { type Message, type Segment, valueOf } from '../edifact/interchange.ts';
import { isMeasurement } from './measurements.ts';
import { partsOf } from './sancrt-parts.ts';
import { type WrittenDay, componentOf, dayIn } from './written.ts';

/** A SANCRT as it was sent: nothing is judged, and what is absent or empty is undefined. */
export interface CertificateRequest {
  /** 0062 of the message. */
  readonly messageReference: string;
  /** BGM C002 1001 */
  readonly document: string | undefined;
  /** BGM C106 1004 */
  readonly number: string | undefined;
  /** BGM 1225 */
  readonly function: string | undefined;
  /** DTM+182 C507 2380 and 2379 */
  readonly issueDate: WrittenDay | undefined;
  /** LOC+27 C517 3225 */
  readonly country: string | undefined;
  /** RFF+ABJ C506 1154 */
  readonly programme: string | undefined;
  /** PNA+IM C206 7402; NAD+IM C082 3039 */
  readonly importer: string | undefined;
  /** PNA+MF or NAD+MF */
  readonly manufacturerId: string | undefined;
  readonly manufacturerName: string | undefined;
  readonly lines: readonly RequestLine[];
  /** Tags of segments of the profile that stand where an equal one stood before. */
  readonly repeated: readonly string[];
}

export interface RequestLine {
  /** PIA+5 C212 7140, where 7143 is HS */
  readonly hts: string | undefined;
  /** MEA+AAJ C174 6411 */
  readonly unit: string | undefined;
  /** MEA+AAJ C174 6314 */
  readonly quantity: string | undefined;
}

/** Reads a SANCRT, with parties in PNA (from D.97B) or NAD (before it). Never throws on what it holds. */
export function readSancrt(message: Message): CertificateRequest {
  const parts = partsOf(message.segments);
  const repeated: string[] = [];
  const { BGM: bgm, DTM: dtm, LOC: loc, RFF: rff } = firstOf(parts.head, headPart, repeated);
  const { IM: importer, MF: manufacturer } = firstOf(parts.parties, roleOf, repeated);
  return {
    messageReference: message.reference,
    document: componentOf(bgm, 1, 1),
    number: componentOf(bgm, 2, 1),
    function: componentOf(bgm, 3, 1),
    issueDate: dtm && filled(dayIn(dtm)),
    country: componentOf(loc, 2, 1),
    programme: componentOf(rff, 1, 2),
    importer: componentOf(importer, 2, 1),
    manufacturerId: componentOf(manufacturer, 2, 1),
    manufacturerName: manufacturer && partyName(manufacturer),
    lines: parts.lines.map((line) => readLine(line, repeated)),
    repeated,
  };
}

function filled(day: WrittenDay): WrittenDay | undefined {
  return day.value === '' ? undefined : day;
}

/** What a segment is to the profile; undefined: nothing. */
type PartOf<Part extends string> = (segment: Segment) => Part | undefined;

/** The first segment for each part; those behind it go to `repeated`. */
function firstOf<Part extends string>(
  segments: readonly Segment[],
  partOf: PartOf<Part>,
  repeated: string[],
): Partial<Record<Part, Segment>> {
  const found: Partial<Record<Part, Segment>> = {};
  for (const segment of segments) {
    const part = partOf(segment);
    if (part === undefined) continue;
    if (found[part] === undefined) found[part] = held(segment);
    else repeated.push(segment.tag);
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

function readLine(segments: readonly Segment[], repeated: string[]): RequestLine {
  const { MEA: mea, PIA: pia } = firstOf(segments, linePart, repeated);
  return {
    hts: componentOf(pia, pia === undefined ? 0 : hsElement(pia), 1),
    unit: componentOf(mea, 3, 1),
    quantity: componentOf(mea, 3, 2),
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
