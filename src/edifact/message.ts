import { type Checking, type Current, checkElements, report, tagAt } from './elements.ts';
import type { FindDirectory } from './directory.ts';
import { type Grammar, findSegment, grammarOf, messageLevels, segmentLevels } from './grammar.ts';
import {
  type NamingFault,
  messageLengths,
  namingFault,
  namingRule,
  referenceLength,
  repeatableSet,
} from './identification.ts';
import {
  type Finding,
  type Message,
  type MessageIdentifier,
  type Segment,
  type Syntax,
  valueOf,
} from './interchange.ts';
import { type Order, type OrderFault, newOrder, orderFaults, startOrder, takeSegment } from './order.ts';
import { ELEMENT, END, type Scan, TERMINATOR } from './scan.ts';
import { isTagText, spotOf } from './segment.ts';

/** A message while its segments come in. */
export interface OpenMessage {
  /** UNH */
  readonly header: Segment;
  readonly reference: string;
  /** Why the reference could not be repeated in a CONTRL. */
  readonly misnamed: NamingFault | undefined;
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
  /** The component of S009 for which it has no grammar, though it should have one. */
  readonly unknown: number | undefined;
  /** Why S009 could not be repeated in a CONTRL. */
  readonly unnameable: NamingFault | undefined;
}

/** @param reference of `header`, which can be repeated when `misnamed` is left out */
export function openMessage(
  header: Segment,
  reference: string,
  kind: MessageKind,
  misnamed?: NamingFault,
): OpenMessage {
  const findings: Finding[] = [];
  if (kind.order !== undefined) startOrder(kind.order);
  if (kind.unknown !== undefined) {
    const { type, version, release, agency } = kind.identifier;
    const text = `${type} ${version}:${release}:${agency} is in no directory here`;
    findings.push(at(header, '14', text, 'S009: a message of a directory, such as SANCRT:D:97B:UN', 3, kind.unknown));
  }
  return { header, reference, misnamed, kind, segments: [header], findings, count: 1 };
}

/** Why 0062 could not be repeated in a CONTRL. */
export function referenceFault(reference: string, syntax: Syntax): NamingFault | undefined {
  return namingFault([reference], [referenceLength], 1, repeatableSet(syntax.id));
}

/**
 * The kind of the message of which UNH was just read.
 *
 * @param find left out when messages are not held against directories
 */
export function kindOf(
  header: Segment,
  current: Current,
  before: MessageKind | undefined,
  syntax: Syntax,
  find: FindDirectory | undefined,
): MessageKind {
  const { scan, bytes, start } = current;
  const { ends } = scan;
  const [first, second] = [ends[0] as number, ends[1] as number];
  // 0062 and S009, each a whole element behind the tag.
  const plain = !scan.hasRelease && !scan.hasSuspect && (first & 3) === ELEMENT && (second & 3) === ELEMENT;
  const from = start + (second >> 2) + 1;
  if (plain && before?.bytes !== undefined && isSameKind(before.bytes, bytes, from, scan)) return before;
  return newKind(header, plain ? elementBytes(current) : undefined, syntax, find);
}

/** Of the second element. */
function elementBytes({ scan: { ends }, bytes, start }: Current): Buffer {
  let last = 2;
  while (((ends[last] as number) & 3) !== ELEMENT && ((ends[last] as number) & 3) !== END) last++;
  return Buffer.from(bytes.subarray(start + ((ends[1] as number) >> 2) + 1, start + ((ends[last] as number) >> 2)));
}

/** Whether the S009 that starts at `from` has these bytes and no more: behind them ends the element or the segment. */
export function isSameKind(known: Buffer, bytes: Buffer, from: number, { classes }: Scan): boolean {
  for (let at = 0; at < known.length; at++) if (bytes[from + at] !== known[at]) return false;
  const end = classes[bytes[from + known.length] as number];
  return end === ELEMENT || end === TERMINATOR;
}

function newKind(
  header: Segment,
  bytes: Buffer | undefined,
  syntax: Syntax,
  find: FindDirectory | undefined,
): MessageKind {
  const identifier = identifierOf(header);
  const grammar = find && grammarOf(identifier, syntax.version, find);
  const unnameable = namingFault(header.elements[1] ?? [], messageLengths(syntax), 4, repeatableSet(syntax.id));
  // One that cannot be named is told as that.
  const wanted = find !== undefined && grammar === undefined && unnameable === undefined;
  const unknown = wanted ? unknownPart(identifier, find) : undefined;
  return { bytes, identifier, grammar, order: grammar && newOrder(grammar.structure), unknown, unnameable };
}

/** S009 of a UNH. */
function identifierOf(header: Segment): MessageIdentifier {
  const [type = '', version = '', release = '', agency = '', association = ''] = header.elements[1] ?? [];
  return { type, version, release, agency, association: association === '' ? undefined : association };
}

/** The first component, as a path to a message goes, that no directory here has: agency, version, release, type. */
function unknownPart({ version, release, agency }: MessageIdentifier, find: FindDirectory): number {
  if (agency !== 'UN') return 4;
  if (version !== 'D') return 2;
  return find(`D${release}`) === undefined ? 3 : 1;
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
  report(checking, {
    level: 'UCS',
    code: '12',
    ...place,
    text: `${JSON.stringify(tag)} is no segment tag`,
    expected: 'a letter and two letters or digits',
  });
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
  const order = kind.order === undefined ? none : orderFaults(kind.order);
  if (trailing.length === 0 && order.length === 0 && !duplicate) return open.findings;
  const framing = [...trailing];
  if (duplicate)
    framing.unshift(
      at(
        header,
        '26',
        `Message reference ${reference} stands twice in the interchange`,
        '0062: another for each message',
        2,
      ),
    );
  const below = [...order.map(orderFinding), ...open.findings].sort((a, b) => a.segment - b.segment);
  return [...framing, ...below];
}

const none: readonly OrderFault[] = [];

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
    expected: leaf === undefined ? 'a segment of this message' : `${leaf.tag} at position ${leaf.pos}${where}`,
  };
}

/**
 * Holds UNT against UNH (ISO 9735-1 §7.3): the same reference, as many segments as it says.
 *
 * @param trailer UNT, if there is one
 */
export function trailerFindings(
  { reference, header, count }: OpenMessage,
  trailer: Segment | undefined,
): readonly Finding[] {
  if (trailer === undefined)
    return [{ ...at(header, '13', 'UNT is missing', `UNT+${count + 1}+${reference}`), tag: 'UNT' }];
  const findings: Finding[] = [];
  const counted = valueOf(trailer, 1);
  if (counted === '') findings.push(at(trailer, '13', 'The number of segments is missing', `0074: ${count}`, 2));
  else if (!isCount(counted, count)) {
    findings.push(at(trailer, '29', `UNT counts ${counted} segments; there are ${count}`, `0074: ${count}`, 2));
  }
  const repeated = valueOf(trailer, 2);
  if (repeated === '') findings.push(at(trailer, '13', 'The message reference is missing', `0062: ${reference}`, 3));
  // Where UNH has none it is told of UNH.
  else if (repeated !== reference && reference !== '') {
    findings.push(at(trailer, '28', `UNT refers to ${repeated}, UNH to ${reference}`, `0062: ${reference}`, 3));
  }
  return findings;
}

/** Whether a control count says this number. */
export function isCount(text: string, count: number): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) === count;
}

function at(
  segment: Segment,
  code: string,
  text: string,
  expected: string,
  element?: number,
  component?: number,
): Finding {
  const { tag, position } = segment;
  const place = element === undefined ? {} : { element, ...(component === undefined ? {} : { component }) };
  return {
    level: 'UCM',
    code,
    tag,
    segment: position,
    ...place,
    ...spotOf(segment, element, component),
    text,
    expected,
  };
}

/** What cannot be told at the level of the message, since the message cannot be named (0062, S009). */
export function unnameable({ header, misnamed, kind }: OpenMessage): Finding | undefined {
  const fault = misnamed ?? kind.unnameable;
  if (fault === undefined) return undefined;
  const { code, component } = fault;
  const element = misnamed === undefined ? 3 : 2;
  const text = `A message that cannot be named: ${element === 2 ? '0062' : 'S009'} of UNH is not usable`;
  const spot = spotOf(header, element, component);
  const expected = namingRule(fault, element === 2 ? '0062' : 'S009');
  return { level: 'UCI', code, tag: 'UNH', segment: 1, element, component, ...spot, text, expected };
}
