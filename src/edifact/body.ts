import { isTag, skipBlanks } from './delimiters.ts';
import type { SegmentRules } from './definitions.ts';
import { type Checking, type Current, type Levels, checkElements, report, tagAt, warn } from './elements.ts';
import { envelopeRules } from './grammar.ts';
import { type OpenGroup, closeGroup, groupFinding, openGroup } from './group.ts';
import { preparationOf } from './header.ts';
import { groupFault } from './identification.ts';
import { type Finding, type Group, type Message, type Segment, type Syntax, valueOf } from './interchange.ts';
import {
  type MessageKind,
  type OpenMessage,
  checkSegment,
  closeMessage,
  isCount,
  kindOf,
  openMessage,
  referenceFault,
  trailerFindings,
  unnameable,
} from './message.ts';
import { newScan, scanSegment } from './scan.ts';
import { noteReference, nothingSeen, type Seen } from './seen.ts';
import { type Format, makeSegment, spotOf } from './segment.ts';
import type { ReadSettings } from './settings.ts';
import { keyAt, keyOf } from './tag-table.ts';
import { type Usual, passConforming, usualReference, usualTrailerEnd } from './usual.ts';
import type { Notation } from './value.ts';

/** What follows UNB, read as its bytes come in. */
export interface Body {
  readonly subject: Subject;
  readonly settings: ReadSettings;
  /** Is told of each message when it is complete. */
  readonly tell: (message: Message) => void;
  readonly current: Current;
  readonly checking: Checking;
  readonly findings: Finding[];
  readonly groups: Group[];
  readonly groupsSeen: Seen;
  readonly rules: ReadonlyMap<string, SegmentRules>;
  seen: Seen;
  segments: number;
  messages: number;
  message: OpenMessage | undefined;
  /** Of the message before. */
  kind: MessageKind | undefined;
  group: OpenGroup | undefined;
  /** A group is there, though none is taken. */
  refused: boolean;
  /** Of these none is taken (ISO 9735-8). */
  packages: number;
  /** Offset behind the object in the last one, from the start of the payload. */
  object: number;
  /** Offset behind UNZ, or of what stands in its place, from the start of the payload; undefined until then. */
  end: number | undefined;
}

/** The interchange that the messages are of. */
export interface Subject {
  readonly syntax: Syntax;
  readonly reference: string;
  readonly format: Format;
  readonly notation: Notation;
}

export function openBody(subject: Subject, settings: ReadSettings, tell: (message: Message) => void): Body {
  const { format, notation, syntax } = subject;
  const findings: Finding[] = [];
  const scan = newScan(format, settings.maxSegmentLength);
  const find = settings.directories;
  return {
    subject,
    settings: sameShape(settings),
    tell,
    current: { scan, bytes: Buffer.alloc(0), start: 0, end: 0, base: 0, tag: '', position: 0 },
    checking: { format, notation, findings, warnings: [], warned: new Set() },
    findings,
    groups: [],
    groupsSeen: nothingSeen(),
    rules: find === undefined ? new Map() : envelopeRules(syntax.version, find),
    seen: nothingSeen(),
    segments: 0,
    messages: 0,
    message: undefined,
    kind: undefined,
    group: undefined,
    refused: false,
    packages: 0,
    object: 0,
    end: undefined,
  };
}

/** However the settings were put together: objects that differ in shape would have the code below compiled again for each interchange. */
function sameShape({ maxSegmentLength, maxSegments, maxInterchanges, directories, groups, headersOnly }: ReadSettings) {
  return { maxSegmentLength, maxSegments, maxInterchanges, directories, groups, headersOnly };
}

/**
 * Reads from `from` on to UNZ, to where another interchange begins, or to the segment that breaks a limit; then
 * `body.end` is set.
 *
 * @param base offset of `bytes` in the payload
 * @param last nothing comes behind `bytes`
 * @returns how far all is read: what is behind has to come again, with more; or anything, when `body.end` is set
 */
export function readBody(body: Body, bytes: Buffer, from: number, base: number, last: boolean): number {
  const { current, settings } = body;
  const { scan } = current;
  const { length } = bytes;
  current.bytes = bytes;
  current.base = base;
  const usual = usualOf(body);
  for (let at = from; ;) {
    if (body.object > base + at) at = Math.min(length, body.object - base);
    at = takeUsual(body, usual, at);
    const start = (bytes[at] as number) > 0x20 ? at : skipBlanks(bytes, at);
    if (start >= length) {
      if (last) breakOff(body, base + start, missing('the interchange ends without it'));
      return start;
    }
    if (!last && length - start < 3) return start;
    if (
      bytes[start] === 0x55 &&
      (bytes[start + 2] as number) <= 0x42 &&
      (isTag(bytes, start, 'UNB') || isTag(bytes, start, 'UNA'))
    ) {
      breakOff(body, base + start, missing('another interchange begins instead'));
      return start;
    }
    const end = scanSegment(scan, bytes, start, length);
    if (end === -1) {
      if (length - start > settings.maxSegmentLength)
        breakOff(
          body,
          base + start,
          tooLarge('A segment is too long', `a segment of ${settings.maxSegmentLength} bytes at most`),
        );
      else if (last) breakOff(body, base + length, missing('the interchange breaks off within a segment'));
      return start;
    }
    if (++body.segments > settings.maxSegments) {
      breakOff(body, base + start, tooLarge('There are too many segments', `${settings.maxSegments} segments at most`));
      return start;
    }
    current.start = start;
    current.end = end;
    take(body, current);
    at = end + 1;
    if (body.end !== undefined) return at;
  }
}

function usualOf({ current, checking, settings }: Body): Usual {
  const { bytes, scan } = current;
  const { format, notation } = checking;
  // A segment that is longer breaks the limit: no further is looked, however often this is asked.
  const tail = Math.max(bytes.length - scan.longest - 1, 0);
  const last = bytes.subarray(tail).lastIndexOf(format.delimiters.terminator);
  const keeps = settings.headersOnly !== true;
  return { current, last: last === -1 ? -1 : tail + last, format, notation, keeps };
}

const [UNH, UNT, UNZ, UNG, UNE] = [keyOf('UNH'), keyOf('UNT'), keyOf('UNZ'), keyOf('UNG'), keyOf('UNE')];
const [UNO, UNP] = [keyOf('UNO'), keyOf('UNP')];

function take(body: Body, current: Current): void {
  const { bytes, start, scan } = current;
  const key = (scan.ends[0] as number) >> 2 === 3 ? keyAt(bytes, start) : 0;
  if (key === UNH) beginMessage(body, current);
  else if (key === UNZ || key === UNG || key === UNE) takeEnvelope(body, current, key);
  else if (key === UNO && body.subject.syntax.version === '4') takePackage(body, current);
  else if (key === UNP && body.packages > 0) finishMessage(body);
  else if (body.message !== undefined) takeInMessage(body, body.message, current, key);
  else {
    current.position = 0;
    current.tag = tagAt(current, key);
    checkElements(current, undefined, interchangeLevels, body.checking);
    const text = `Segment ${JSON.stringify(current.tag)} stands outside of a message`;
    add(body, at(segmentOf(body, current), '33', text, 'behind a UNH, or not at all'));
  }
}

/** A package: what stands in it is passed over by its length (0810, ISO 9735-8), whatever bytes it has. */
function takePackage(body: Body, current: Current): void {
  finishMessage(body);
  current.position = 0;
  current.tag = 'UNO';
  const segment = segmentOf(body, current);
  const octets = valueOf(segment, 4, 1);
  if (/^\d{1,15}$/.test(octets)) body.object = current.base + current.end + 1 + Number(octets);
  if (body.packages++ === 0) add(body, at(segment, '15', 'Packages (UNO to UNP) are not supported', 'messages alone'));
  if (body.group !== undefined) body.group.messages++;
}

const interchangeLevels: Levels = { segment: 'UCI', element: 'UCI' };
const groupLevels: Levels = { segment: 'UCF', element: 'UCF' };

function segmentOf({ subject }: Body, { bytes, start, end, base, tag, position }: Current): Segment {
  return makeSegment(bytes, start, end, { tag, offset: base + start, position }, subject.format);
}

function beginMessage(body: Body, current: Current): void {
  finishMessage(body);
  current.position = 1;
  current.tag = 'UNH';
  const { subject, settings, checking } = body;
  const header = segmentOf(body, current);
  body.kind = kindOf(header, current, body.kind, subject.syntax, settings.directories);
  const reference = valueOf(header, 1);
  body.message = openMessage(header, reference, body.kind, referenceFault(reference, subject.syntax));
  const { findings } = body.message;
  const before = findings.length;
  checking.findings = findings;
  checkSegment(body.message, current, UNH, checking);
  // What is wrong with this UNH is to be told of the next one too.
  if (findings.length > before) body.kind = { ...body.kind, bytes: undefined };
}

/**
 * Takes messages of the kind of the one before, and segments that conform.
 *
 * @returns where the first segment starts that has to be looked at
 */
function takeUsual(body: Body, usual: Usual, from: number): number {
  const { current, settings, checking, subject } = body;
  const { bytes, base } = current;
  let at = from;
  while (body.segments < settings.maxSegments) {
    if (body.message === undefined) {
      const start = skipBlanks(bytes, at);
      const { kind } = body;
      const reference = kind === undefined ? '' : usualReference(usual, kind, start);
      if (kind?.bytes === undefined || reference === '') break;
      const end = start + 4 + reference.length + 1 + kind.bytes.length;
      const place = { tag: 'UNH', offset: base + start, position: 1 };
      body.message = openMessage(makeSegment(bytes, start, end, place, subject.format), reference, kind);
      body.segments++;
      checking.findings = body.message.findings;
      at = end + 1;
    }
    const { message } = body;
    const before = message.count;
    at = passConforming(usual, message, at, settings.maxSegments - body.segments);
    body.segments += message.count - before;
    const end = body.segments < settings.maxSegments ? usualTrailerEnd(usual, message, skipBlanks(bytes, at)) : -1;
    if (end === -1) break;
    body.segments++;
    finishMessage(body, none);
    at = end + 1;
  }
  return at;
}

function takeInMessage(body: Body, message: OpenMessage, current: Current, key: number): void {
  current.position = ++message.count;
  checkSegment(message, current, key, body.checking);
  if (body.settings.headersOnly !== true) message.segments.push(segmentOf(body, current));
  if (key !== UNT) return;
  finishMessage(body, trailerFindings(message, segmentOf(body, current)));
}

const none: readonly Finding[] = [];

/** @param framing what is wrong with UNT; left out, there is none */
function finishMessage(body: Body, framing?: readonly Finding[]): void {
  const { message, group, groups } = body;
  if (message === undefined) return;
  body.message = undefined;
  body.messages++;
  body.checking.findings = group === undefined ? body.findings : group.findings;
  const fault = unnameable(message);
  if (fault !== undefined) add(body, fault);
  if (group !== undefined) checkInGroup(body, group, message);
  else if (groups.length > 0)
    add(body, at(message.header, mixed, 'A message stands outside of the groups', 'all messages in groups, or none'));
  const duplicate = noteReference(body.seen, message.reference);
  const place = group === undefined ? undefined : groups.length;
  body.tell(closeMessage(message, framing ?? trailerFindings(message, undefined), duplicate, place));
}

function checkInGroup({ checking, subject }: Body, group: OpenGroup, { header, kind }: OpenMessage): void {
  group.messages++;
  const agreed = valueOf(group.header, 1);
  if (agreed === '' || kind.identifier.type === agreed) return;
  const text = `${kind.identifier.type} in a group of ${agreed}`;
  report(checking, groupFinding(header, subject.syntax.version === '4' ? '14' : '31', text, `S009: ${agreed}`));
}

function takeEnvelope(body: Body, current: Current, key: number): void {
  finishMessage(body);
  const { settings, checking, findings } = body;
  current.position = 0;
  current.tag = tagAt(current, key);
  const segment = segmentOf(body, current);
  const inGroup = key !== UNZ && settings.groups === true;
  if (inGroup && key === UNG) startGroup(body, segment);
  if (key === UNZ) finishGroup(body, undefined);
  const levels = body.group === undefined ? interchangeLevels : groupLevels;
  checkElements(current, key === UNZ || inGroup ? body.rules.get(current.tag) : undefined, levels, checking);
  if (key === UNZ) {
    checkTrailer(body, segment);
    body.end = current.base + current.end + 1;
  } else if (!inGroup) {
    if (!body.refused)
      findings.push(at(segment, '15', 'Functional groups are not supported', 'messages without UNG and UNE'));
    body.refused = true;
  } else if (key === UNE) {
    if (body.group === undefined)
      add(body, at(segment, '33', 'UNE stands outside of a group', 'behind a UNG, or not at all'));
    finishGroup(body, segment);
  }
}

function startGroup(body: Body, header: Segment): void {
  if (body.group === undefined && body.groups.length === 0 && body.messages > 0) {
    add(body, at(header, mixed, 'Messages stand outside of the groups', 'all messages in groups, or none'));
  }
  finishGroup(body, undefined);
  const { checking, groupsSeen, subject } = body;
  const unnamed = groupFault(header, subject.syntax);
  if (unnamed !== undefined) add(body, unnamed);
  body.group = openGroup(header, unnamed === undefined && noteReference(groupsSeen, valueOf(header, 5)));
  checking.findings = body.group.findings;
  const { findings, warnings } = preparationOf(header, subject.syntax);
  checking.findings.push(...findings);
  for (const warning of warnings) warn(checking, warning);
  body.seen = nothingSeen();
}

function finishGroup(body: Body, trailer: Segment | undefined): void {
  if (body.group === undefined) return;
  body.groups.push(closeGroup(body.group, trailer));
  body.group = undefined;
  body.checking.findings = body.findings;
}

/** UNZ against what was read (ISO 9735-1 §7.1): 0020 the same, 0036 the number of messages, or of groups where there are such. */
function checkTrailer(body: Body, trailer: Segment): void {
  const { subject, groups, refused, findings } = body;
  const messages = body.messages + body.packages;
  const [counted, reference] = [valueOf(trailer, 1), valueOf(trailer, 2)];
  const fault = (code: string, element: number, text: string, expected: string) =>
    add(body, at(trailer, code, text, expected, element));
  const due = `0020: ${subject.reference}`;
  if (reference === '') fault('13', 3, 'The control reference is missing', due);
  else if (reference !== subject.reference) {
    fault('28', 3, `UNZ refers to ${reference}, UNB to ${subject.reference}`, due);
  }
  const [count, what] = groups.length > 0 ? [groups.length, 'groups'] : [messages, 'messages'];
  if (counted === '') fault('13', 2, `The number of ${what} is missing`, `0036: ${count}`);
  // With groups it is their number that counts; where they are refused, or mixed with messages, they are so as such.
  else if (!refused && !findings.some(({ code }) => code === mixed) && !isCount(counted, count)) {
    fault('29', 2, `UNZ counts ${counted} ${what}; there are ${count}`, `0036: ${count}`);
  }
  if (messages === 0)
    add(body, at(trailer, '32', 'The interchange holds no message', 'UNH to UNT between UNB and UNZ'));
}

/** 0085: groups and messages mixed. */
const mixed = '30';

type Break = Pick<Finding, 'code' | 'tag' | 'text' | 'expected'>;

function missing(why: string): Break {
  return { code: '13', tag: 'UNZ', text: `UNZ is missing: ${why}`, expected: 'UNZ behind the last message' };
}

/** No code of 0085 says that something is too large for its reader: 18, an unspecified error. */
function tooLarge(text: string, expected: string): Break {
  return { code: '18', tag: '', text, expected };
}

function breakOff(body: Body, end: number, fault: Break): void {
  finishMessage(body);
  finishGroup(body, undefined);
  add(body, { level: 'UCI', segment: 0, offset: end, ...fault });
  body.end = end;
}

function at(segment: Segment, code: string, text: string, expected: string, element?: number): Finding {
  const place = element === undefined ? {} : { element };
  return { level: 'UCI', code, tag: segment.tag, segment: 0, ...place, ...spotOf(segment, element), text, expected };
}

/** To those of the interchange. */
function add({ checking, findings }: Body, finding: Finding): void {
  report({ ...checking, findings }, finding);
}
