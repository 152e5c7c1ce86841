import type { CharacterSet } from './character-set.ts';
import { type SuspectBytes, characterFindings, holdsSuspect, repetitionFinding, suspectBytes } from './characters.ts';
import { isTag, skipBlanks } from './delimiters.ts';
import { repeatableSet } from './identification.ts';
import { type Finding, type Message, type Segment, type Syntax, valueOf } from './interchange.ts';
import { type OpenMessage, closeMessage, isCount, maxFindings } from './message.ts';
import type { ReadLimits } from './limits.ts';
import { type Format, isTagText, makeSegment, segmentEnd, tagAt } from './tokenizer.ts';

export interface Body {
  readonly messages: readonly Message[];
  readonly findings: readonly Finding[];
  /** Offset behind UNZ, or of what stands in its place. */
  readonly end: number;
}

/** The interchange that the messages are of. */
interface Subject {
  readonly syntax: Syntax;
  readonly reference: string;
  readonly format: Format;
}

/** Reads from behind UNB to UNZ, to where another interchange begins, or to the segment that breaks a limit. */
export function readMessages(bytes: Buffer, from: number, subject: Subject, limits: ReadLimits): Body {
  const { delimiters } = subject.format;
  const state = emptyState(subject);
  let start = skipBlanks(bytes, from);
  for (let count = 1; ; count++) {
    if (start >= bytes.length) return truncated(state, start, 'the interchange ends without it');
    if (isTag(bytes, start, 'UNB') || isTag(bytes, start, 'UNA')) {
      return truncated(state, start, 'another interchange begins instead');
    }
    const end = segmentEnd(bytes, start, delimiters);
    if (end === -1) return truncated(state, bytes.length, 'the interchange breaks off within a segment');
    if (end - start > limits.maxSegmentLength) return tooLarge(state, start, 'A segment is too long');
    if (count > limits.maxSegments) return tooLarge(state, start, 'There are too many segments');
    const position = positionOf(state, tagAt(bytes, start, end, delimiters));
    const segment = makeSegment(bytes, start, end, position, subject.format);
    take(state, segment);
    checkText(state, segment, bytes, end);
    if (segment.tag === 'UNT') finishMessage(state);
    if (segment.tag === 'UNZ') return closed(state, end + 1);
    start = skipBlanks(bytes, end + 1);
  }
}

interface State {
  readonly subject: Subject;
  readonly suspect: SuspectBytes;
  readonly namingSet: CharacterSet;
  readonly messages: Message[];
  readonly findings: Finding[];
  /** References of the messages so far. */
  readonly seen: Set<string>;
  open: OpenMessage | undefined;
  grouped: boolean;
}

function emptyState(subject: Subject): State {
  return {
    subject,
    suspect: suspectBytes(subject.format),
    namingSet: repeatableSet(subject.syntax.id),
    messages: [],
    findings: [],
    seen: new Set(),
    open: undefined,
    grouped: false,
  };
}

const outsideOfMessages = new Set(['UNG', 'UNE', 'UNZ']);

function positionOf(state: State, tag: string): number {
  if (tag === 'UNH') return 1;
  return state.open === undefined || outsideOfMessages.has(tag) ? 0 : state.open.segments.length + 1;
}

function take(state: State, segment: Segment): void {
  if (segment.tag === 'UNH' || outsideOfMessages.has(segment.tag)) finishMessage(state);
  if (segment.tag === 'UNH') state.open = { segments: [], findings: [] };
  if (segment.tag === 'UNZ') checkTrailer(state, segment);
  else if (segment.tag === 'UNG' || segment.tag === 'UNE') refuseGroup(state, segment);
  else if (state.open === undefined) refuseStray(state, segment);
  if (state.open !== undefined) state.open.segments.push(segment);
}

function checkText(state: State, segment: Segment, bytes: Buffer, end: number): void {
  const { format } = state.subject;
  const findings = state.open?.findings ?? state.findings;
  if (findings.length >= maxFindings) return;
  if (holdsSuspect(bytes, segment.offset, end, state.suspect)) {
    const level = state.open === undefined ? 'UCI' : 'UCD';
    findings.push(...characterFindings(segment, format.characterSet, level).slice(0, maxFindings));
  }
  if (state.open === undefined) return;
  if (format.delimiters.repetition !== ' ') {
    const repetition = repetitionFinding(segment, bytes.toString('latin1', segment.offset, end), format);
    if (repetition !== undefined) findings.push(repetition);
  }
  if (!isTagText(segment.tag)) {
    const text = `${JSON.stringify(segment.tag)} is no segment tag`;
    const { tag, position, offset } = segment;
    findings.push({ level: 'UCS', code: '12', tag, segment: position, offset, text });
  }
}

function finishMessage(state: State): void {
  if (state.open === undefined) return;
  const { message, unnameable } = closeMessage(state.open, state.subject.syntax, state.namingSet, state.seen);
  state.messages.push(message);
  if (unnameable !== undefined) add(state, unnameable);
  state.open = undefined;
}

/** UNZ against what was read (ISO 9735-1): 0020 the same, 0036 the number of messages. */
function checkTrailer(state: State, trailer: Segment): void {
  const { subject, messages } = state;
  const [count, reference] = [valueOf(trailer, 1), valueOf(trailer, 2)];
  const fault = (code: string, element: number, text: string) =>
    add(state, { ...interchangeFinding(trailer, code, text), element });
  if (reference === '') fault('13', 3, 'The control reference is missing');
  else if (reference !== subject.reference) {
    fault('28', 3, `UNZ refers to ${reference}, UNB to ${subject.reference}`);
  }
  if (count === '') fault('13', 2, 'The number of messages is missing');
  // With groups it is their number that counts; they are refused as such.
  else if (!state.grouped && !isCount(count, messages.length)) {
    fault('29', 2, `UNZ counts ${count} messages; there are ${messages.length}`);
  }
  if (messages.length === 0) add(state, interchangeFinding(trailer, '32', 'The interchange holds no message'));
}

function refuseGroup(state: State, segment: Segment): void {
  if (!state.grouped) add(state, interchangeFinding(segment, '15', 'Functional groups are not supported'));
  state.grouped = true;
}

function refuseStray(state: State, segment: Segment): void {
  const tag = JSON.stringify(segment.tag);
  add(state, interchangeFinding(segment, '33', `Segment ${tag} stands outside of a message`));
}

function truncated(state: State, end: number, why: string): Body {
  return brokenOff(state, end, { code: '13', tag: 'UNZ', text: `UNZ is missing: ${why}` });
}

/** No code of 0085 says that something is too large for its reader: 18, an unspecified error. */
function tooLarge(state: State, end: number, text: string): Body {
  return brokenOff(state, end, { code: '18', tag: '', text });
}

function brokenOff(state: State, end: number, fault: Pick<Finding, 'code' | 'tag' | 'text'>): Body {
  finishMessage(state);
  add(state, { level: 'UCI', segment: 0, offset: end, ...fault });
  return closed(state, end);
}

function closed({ messages, findings }: State, end: number): Body {
  return { messages, findings, end };
}

function interchangeFinding({ tag, offset }: Segment, code: string, text: string): Finding {
  return { level: 'UCI', code, tag, segment: 0, offset, text };
}

function add(state: State, finding: Finding): void {
  if (state.findings.length < maxFindings) state.findings.push(finding);
}
