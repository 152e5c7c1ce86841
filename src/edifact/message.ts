import type { CharacterSet } from './character-set.ts';
import { type Checking, type Current, checkElements } from './elements.ts';
import { type Grammar, messageLevels, segmentLevels } from './grammar.ts';
import { messageLengths, namingFault, referenceLength } from './identification.ts';
import {
  type Finding,
  type Message,
  type MessageIdentifier,
  type Segment,
  type Syntax,
  valueOf,
} from './interchange.ts';
import { type Order, type OrderFault, orderFaults, startOrder, takeSegment } from './order.ts';
import { spotOf } from './segment.ts';

/** A message while its segments come in. */
export interface OpenMessage {
  /** UNH */
  readonly header: Segment;
  /** All of them, or UNH alone when they are not kept. */
  readonly segments: Segment[];
  readonly findings: Finding[];
  readonly checking: Checking;
  readonly grammar: Grammar | undefined;
  readonly order: Order | undefined;
  /** Segments so far. */
  count: number;
}

/** Findings kept of one message; a CONTRL could not carry many more, and one is enough to refuse it. */
export const maxFindings = 500;

/** S009 of a UNH. */
export function identifierOf(header: Segment): MessageIdentifier {
  const association = valueOf(header, 2, 5);
  return {
    type: valueOf(header, 2, 1),
    version: valueOf(header, 2, 2),
    release: valueOf(header, 2, 3),
    agency: valueOf(header, 2, 4),
    ...(association === '' ? {} : { association }),
  };
}

/** @param judged whether a message that no directory has is told */
export function openMessage(
  header: Segment,
  grammar: Grammar | undefined,
  judged: boolean,
  checking: Omit<Checking, 'report'>,
): OpenMessage {
  const findings: Finding[] = [];
  const report = (finding: Finding) => {
    if (findings.length < maxFindings) findings.push(finding);
  };
  const { type, version, release, agency } = identifierOf(header);
  if (judged && grammar === undefined && type !== '') {
    const text = `${type} ${version}:${release}:${agency} is in no directory here`;
    report(at(header, '14', text, 3, 1));
  }
  const order = grammar === undefined ? undefined : startOrder(grammar.structure);
  return { header, segments: [], findings, checking: { ...checking, report }, grammar, order, count: 0 };
}

/** Judges the segment that was just read: whether it stands in its place, and what it holds. */
export function checkSegment(message: OpenMessage, current: Current, key: number): void {
  const { grammar, order, checking } = message;
  if (grammar === undefined || order === undefined) {
    const envelope = current.tag === 'UNH' || current.tag === 'UNT';
    checkElements(current, undefined, envelope ? messageLevels : segmentLevels, checking);
    return;
  }
  const known = grammar.segments.get(key);
  // A segment that the message has not is told as such; what it holds is nobody's business.
  if (current.position > 1) takeSegment(order, known?.number ?? -1, current.position, current.base + current.start, current.tag); // prettier-ignore
  if (known !== undefined) checkElements(current, known.rules, known.levels, checking);
}

export interface ClosedMessage {
  readonly message: Message;
  /** What cannot be told at the level of the message, since the message cannot be named (0062, S009). */
  readonly unnameable: Finding | undefined;
}

/**
 * Checks UNH against UNT (ISO 9735-1 §7.3): the same reference, as many segments as it says.
 *
 * @param trailer UNT, if there is one
 * @param duplicate the reference stands in this interchange already
 */
export function closeMessage(
  open: OpenMessage,
  trailer: Segment | undefined,
  duplicate: boolean,
  { syntax, set }: { readonly syntax: Syntax; readonly set: CharacterSet },
): ClosedMessage {
  const { header, order, segments } = open;
  const reference = valueOf(header, 1);
  const below = [...(order === undefined ? [] : orderFaults(order).map(orderFinding)), ...open.findings];
  const findings = [...trailerFindings(open, trailer, reference), ...bySegment(below)];
  if (duplicate) {
    findings.unshift(at(header, '26', `Message reference ${reference} stands twice in the interchange`, 2));
  }
  return {
    message: { reference, ...identifierOf(header), segments, findings, offset: header.offset },
    unnameable: unnameable(header, syntax, set),
  };
}

function bySegment(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => a.segment - b.segment);
}

function orderFinding({ code, segment, offset, tag, length, leaf }: OrderFault): Finding {
  const group = leaf?.groups.at(-1);
  const where = group === undefined ? '' : ` of group ${group.number}`;
  const texts = {
    '13': `${tag}${where} is missing`,
    '15': leaf === undefined ? `${tag} is no segment of this message` : `${tag} has no place here`,
    '35': `${tag}${where} stands here more than ${leaf?.max ?? 0} times`,
    '36': `Group ${group?.number ?? ''} (${tag}) stands here more than ${group?.max ?? 0} times`,
  };
  return {
    ...{ level: 'UCS', code, tag, segment, offset, text: texts[code] },
    ...(length > 0 ? { length } : {}),
    ...(leaf === undefined ? {} : { expected: `${leaf.tag} at position ${leaf.pos}${where}` }),
  };
}

function trailerFindings(
  { header, count }: OpenMessage,
  trailer: Segment | undefined,
  reference: string,
): readonly Finding[] {
  if (trailer === undefined) return [{ ...at(header, '13', 'UNT is missing'), tag: 'UNT' }];
  const findings: Finding[] = [];
  const counted = valueOf(trailer, 1);
  if (counted === '') findings.push(at(trailer, '13', 'The number of segments is missing', 2));
  else if (!isCount(counted, count)) {
    const text = `UNT counts ${counted} segments; there are ${count}`;
    findings.push({ ...at(trailer, '29', text, 2), expected: `0074: ${count}` });
  }
  const repeated = valueOf(trailer, 2);
  if (repeated === '') findings.push(at(trailer, '13', 'The message reference is missing', 3));
  else if (repeated !== reference) {
    const text = `UNT refers to ${repeated}, UNH to ${reference}`;
    findings.push({ ...at(trailer, '28', text, 3), expected: `0062: ${reference}` });
  }
  return findings;
}

/** Whether a control count says this number. */
export function isCount(text: string, count: number): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) === count;
}

function at(segment: Segment, code: string, text: string, element?: number, component?: number): Finding {
  const { tag, position } = segment;
  const place = element === undefined ? {} : { element, ...(component === undefined ? {} : { component }) };
  return { level: 'UCM', code, tag, segment: position, ...place, ...spotOf(segment, element, component), text };
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
    return {
      level: 'UCI',
      code,
      tag: 'UNH',
      segment: 1,
      element,
      component,
      ...spotOf(header, element, component),
      text,
    };
  }
  return undefined;
}
