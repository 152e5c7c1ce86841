import { type Checking, type Current, checkElements, report, tagAt } from './elements.ts';
import type { FindDirectory } from './directory.ts';
import { type Grammar, findSegment, grammarOf, messageLevels, segmentLevels } from './grammar.ts';
import { type NamingFault, messageLengths, namingFault, referenceLength, repeatableSet } from './identification.ts';
import {
  type Finding,
  type Message,
  type MessageIdentifier,
  type Segment,
  type Syntax,
  valueOf,
} from './interchange.ts';
import { type Order, type OrderFault, newOrder, orderFaults, startOrder, takeSegment } from './order.ts';
import { ELEMENT, END } from './scan.ts';
import { isTagText, spotOf } from './segment.ts';

/** A message while its segments come in. */
export interface OpenMessage {
  /** UNH */
  readonly header: Segment;
  readonly reference: string;
  readonly kind: MessageKind;
  /** All of them, or UNH alone when they are not kept. */
  readonly segments: Segment[];
  readonly findings: Finding[];
  /** Segments so far. */
  count: number;
}

/** What S009 says. Most messages are of the same kind as those before them. */
export interface MessageKind {
  /** The bytes of S009; undefined when they are to be looked at anew. */
  readonly bytes: Buffer | undefined;
  readonly identifier: MessageIdentifier;
  readonly grammar: Grammar | undefined;
  /** Begun anew for each message. */
  readonly order: Order | undefined;
  /** Why S009 could not be repeated in a CONTRL. */
  readonly unnameable: NamingFault | undefined;
}

/** @param find left out when messages are not held against directories */
export function openMessage(
  header: Segment,
  current: Current,
  before: MessageKind | undefined,
  syntax: Syntax,
  find: FindDirectory | undefined,
): OpenMessage {
  const { scan, bytes, start } = current;
  const { ends } = scan;
  const plain = !scan.hasRelease && !scan.hasSuspect;
  // 0062 and S009, each a whole element behind the tag.
  const [first, second] = [ends[0] as number, ends[1] as number];
  const usual = plain && (first & 3) === ELEMENT && (second & 3) === ELEMENT;
  const reference = usual
    ? bytes.toString('latin1', start + (first >> 2) + 1, start + (second >> 2))
    : valueOf(header, 1);
  let kind = before;
  if (!usual || kind?.bytes === undefined || !isSameKind(kind.bytes, current)) {
    kind = kindOf(header, usual ? elementBytes(current) : undefined, syntax, find);
  }
  const findings: Finding[] = [];
  const { order, identifier } = kind;
  if (order !== undefined) startOrder(order);
  else if (find !== undefined && identifier.type !== '') {
    const { type, version, release, agency } = identifier;
    findings.push(at(header, '14', `${type} ${version}:${release}:${agency} is in no directory here`, 3, 1));
  }
  return { header, reference, kind, segments: [], findings, count: 1 };
}

/** Of the second element. */
function elementBytes({ scan: { ends }, bytes, start }: Current): Buffer {
  let last = 2;
  while (((ends[last] as number) & 3) !== ELEMENT && ((ends[last] as number) & 3) !== END) last++;
  return Buffer.from(bytes.subarray(start + ((ends[1] as number) >> 2) + 1, start + ((ends[last] as number) >> 2)));
}

function isSameKind(known: Buffer, { scan: { ends, count }, bytes, start }: Current): boolean {
  const from = start + ((ends[1] as number) >> 2) + 1;
  for (let at = 0; at < known.length; at++) if (bytes[from + at] !== known[at]) return false;
  // Behind it ends the element, by one of its separators or by that of the segment.
  for (let next = 2; next < count; next++) {
    const end = ends[next] as number;
    if (start + (end >> 2) >= from + known.length) {
      return start + (end >> 2) === from + known.length && ((end & 3) === ELEMENT || (end & 3) === END);
    }
  }
  return false;
}

function kindOf(
  header: Segment,
  bytes: Buffer | undefined,
  syntax: Syntax,
  find: FindDirectory | undefined,
): MessageKind {
  const identifier = identifierOf(header);
  const grammar = find && grammarOf(identifier, syntax.version, find);
  const unnameable = namingFault(header.elements[1] ?? [], messageLengths(syntax), 4, repeatableSet(syntax.id));
  return { bytes, identifier, grammar, order: grammar && newOrder(grammar.structure), unnameable };
}

/** S009 of a UNH. */
function identifierOf(header: Segment): MessageIdentifier {
  const [type = '', version = '', release = '', agency = '', association = ''] = header.elements[1] ?? [];
  return { type, version, release, agency, association: association === '' ? undefined : association };
}

/** Judges the segment that was just read: whether it stands in its place, and what it holds. Sets its tag. */
export function checkSegment(message: OpenMessage, current: Current, key: number, checking: Checking): void {
  const { grammar, order } = message.kind;
  if (grammar === undefined || order === undefined) {
    checkAlone(current, key, checking);
    return;
  }
  const known = findSegment(grammar, key);
  const { position, base, start } = current;
  current.tag = known === undefined ? tagAt(current, key) : known.tag;
  // What is no tag has no place in a structure either.
  if (position > 1) takeSegment(order, known === undefined ? -1 : known.number, position, base + start, current.tag);
  // A segment that the message has not is told as such; what it holds is nobody's business.
  if (known !== undefined) checkElements(current, known.rules, known.levels, checking);
}

/** Without a directory: the characters, and whether the tag is one. */
function checkAlone(current: Current, key: number, checking: Checking): void {
  const tag = tagAt(current, key);
  current.tag = tag;
  checkElements(current, undefined, tag === 'UNH' || tag === 'UNT' ? messageLevels : segmentLevels, checking);
  if (key !== 0 && isTagText(tag)) return;
  const { position, base, start } = current;
  const place = { tag, segment: position, offset: base + start, ...(tag === '' ? {} : { length: tag.length }) };
  report(checking, { level: 'UCS', code: '12', ...place, text: `${JSON.stringify(tag)} is no segment tag` });
}

/**
 * The message, with all that is wrong with it.
 *
 * @param framing what is wrong with UNT
 * @param duplicate the reference stands in this interchange already
 * @param group index of the functional group around it
 */
export function closeMessage(
  open: OpenMessage,
  framing: readonly Finding[],
  duplicate: boolean,
  group: number | undefined,
): Message {
  const { header, reference, segments, kind } = open;
  const { type, version, release, agency, association } = kind.identifier;
  const findings = allFindings(open, framing, duplicate);
  return { reference, type, version, release, agency, association, segments, findings, offset: header.offset, group };
}

function allFindings(open: OpenMessage, trailing: readonly Finding[], duplicate: boolean): Finding[] {
  const { header, reference, kind } = open;
  const framing = [...trailing];
  if (duplicate) framing.unshift(at(header, '26', `Message reference ${reference} stands twice in the interchange`, 2));
  const order = kind.order === undefined ? [] : orderFaults(kind.order);
  if (framing.length === 0 && order.length === 0) return open.findings;
  const below = [...order.map(orderFinding), ...open.findings].sort((a, b) => a.segment - b.segment);
  return [...framing, ...below];
}

function times(most = 0): string {
  return most === 1 ? 'once' : `${most} times`;
}

function orderFinding({ code, segment, offset, tag, length, leaf }: OrderFault): Finding {
  const group = leaf?.groups.at(-1);
  const where = group === undefined ? '' : ` of group ${group.number}`;
  const texts = {
    '13': `${tag}${where} is missing`,
    '15':
      leaf === undefined
        ? `${tag === '' ? 'What has no tag' : tag} is no segment of this message`
        : `${tag} has no place here`,
    '35': `${tag}${where} stands here more than ${times(leaf?.max)}`,
    '36': `Group ${group?.number ?? ''} (${tag}) stands here more than ${times(group?.max)}`,
  };
  return {
    ...{ level: 'UCS', code, tag, segment, offset, text: texts[code] },
    ...(length > 0 ? { length } : {}),
    ...(leaf === undefined ? {} : { expected: `${leaf.tag} at position ${leaf.pos}${where}` }),
  };
}

/** Whether the segment that was just read is a UNT which says what there is; what it looks like otherwise is not told. */
export function isRightTrailer({ reference, count }: OpenMessage, { scan, bytes, start, end }: Current): boolean {
  const { ends, hasRelease, hasSuspect } = scan;
  if (scan.count !== 3 || hasRelease || hasSuspect) return false;
  const [first, second] = [ends[0] as number, ends[1] as number];
  if ((first & 3) !== ELEMENT || (second & 3) !== ELEMENT) return false;
  let counted = 0;
  for (let at = start + (first >> 2) + 1; at < start + (second >> 2); at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return false;
    counted = counted * 10 + digit;
  }
  const from = start + (second >> 2) + 1;
  if (counted !== count || end - from !== reference.length || end === from) return false;
  for (let at = 0; at < reference.length; at++) if (bytes[from + at] !== reference.charCodeAt(at)) return false;
  return second - first <= roomForCount;
}

/** Ten digits (0074), as `Scan.ends` counts. */
const roomForCount = 11 << 2;

/**
 * Holds UNT against UNH (ISO 9735-1 §7.3): the same reference, as many segments as it says.
 *
 * @param trailer UNT, if there is one
 */
export function trailerFindings(
  { reference, header, count }: OpenMessage,
  trailer: Segment | undefined,
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
  // Where UNH has none it is told of UNH.
  else if (repeated !== reference && reference !== '') {
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

/** What cannot be told at the level of the message, since the message cannot be named (0062, S009). */
export function unnameable({ header, reference, kind }: OpenMessage, syntax: Syntax): Finding | undefined {
  const own = namingFault([reference], [referenceLength], 1, repeatableSet(syntax.id));
  const fault = own ?? kind.unnameable;
  if (fault === undefined) return undefined;
  const { code, component } = fault;
  const element = own === undefined ? 3 : 2;
  const text = `A message that cannot be named: ${element === 2 ? '0062' : 'S009'} of UNH is not usable`;
  const spot = spotOf(header, element, component);
  return { level: 'UCI', code, tag: 'UNH', segment: 1, element, component, ...spot, text };
}
