import type { CharacterSet } from './character-set.ts';
import { messageLengths, namingFault, referenceLength } from './identification.ts';
import { type Finding, type Message, type Segment, type Syntax, valueOf } from './interchange.ts';

/** A message while its segments come in. */
export interface OpenMessage {
  readonly segments: Segment[];
  readonly findings: Finding[];
}

/** Findings kept of one message; a CONTRL could not carry many more, and one is enough to refuse it. */
export const maxFindings = 500;

export interface ClosedMessage {
  readonly message: Message;
  /** What cannot be told at the level of the message, since the message cannot be named (0062, S009). */
  readonly unnameable: Finding | undefined;
}

/** Checks UNH against UNT (ISO 9735-1) and the reference against those `seen` before, to which it is added. */
export function closeMessage(open: OpenMessage, syntax: Syntax, set: CharacterSet, seen: Set<string>): ClosedMessage {
  const header = open.segments[0] as Segment;
  const reference = valueOf(header, 1);
  const duplicate = seen.has(reference);
  seen.add(reference);
  const findings = [...trailerFindings(open.segments, header, reference), ...open.findings];
  if (duplicate)
    findings.unshift(at(header, '26', `Message reference ${reference} stands twice in the interchange`, 2));
  return {
    message: {
      reference,
      type: valueOf(header, 2, 1),
      version: valueOf(header, 2, 2),
      release: valueOf(header, 2, 3),
      agency: valueOf(header, 2, 4),
      ...(valueOf(header, 2, 5) === '' ? {} : { association: valueOf(header, 2, 5) }),
      segments: open.segments,
      findings,
      offset: header.offset,
    },
    unnameable: unnameable(header, syntax, set),
  };
}

function trailerFindings(segments: readonly Segment[], header: Segment, reference: string): readonly Finding[] {
  const trailer = segments.at(-1);
  if (trailer?.tag !== 'UNT') return [{ ...at(header, '13', 'UNT is missing'), tag: 'UNT' }];
  const findings: Finding[] = [];
  const count = valueOf(trailer, 1);
  if (count === '') findings.push(at(trailer, '13', 'The number of segments is missing', 2));
  else if (!isCount(count, segments.length)) {
    findings.push(at(trailer, '29', `UNT counts ${count} segments; there are ${segments.length}`, 2));
  }
  const repeated = valueOf(trailer, 2);
  if (repeated === '') findings.push(at(trailer, '13', 'The message reference is missing', 3));
  else if (repeated !== reference) {
    findings.push(at(trailer, '28', `UNT refers to ${repeated}, UNH to ${reference}`, 3));
  }
  return findings;
}

/** Whether a control count says this number. */
export function isCount(text: string, count: number): boolean {
  return /^\d{1,6}$/.test(text) && Number(text) === count;
}

function at(segment: Segment, code: string, text: string, element?: number): Finding {
  const { tag, position, offset } = segment;
  return { level: 'UCM', code, tag, segment: position, ...(element === undefined ? {} : { element }), offset, text };
}

function unnameable(header: Segment, syntax: Syntax, set: CharacterSet): Finding | undefined {
  const parts = [
    { element: 2, fault: namingFault(header.elements[0] ?? [], [referenceLength], 1, set) },
    { element: 3, fault: namingFault(header.elements[1] ?? [], messageLengths(syntax), 4, set) },
  ];
  for (const { element, fault } of parts) {
    if (fault === undefined) continue;
    const { code, component } = fault;
    const text = `A message that cannot be named: ${element === 2 ? '0062' : 'S009'} of UNH is not usable`;
    return { level: 'UCI', code, tag: 'UNH', segment: 1, element, component, offset: header.offset, text };
  }
  return undefined;
}
