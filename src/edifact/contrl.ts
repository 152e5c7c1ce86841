import { characterSetOf } from './character-set.ts';
import { partyComponents } from './header.ts';
import { messageLengths, repeatableSet } from './identification.ts';
import type { Finding, Interchange, Message, Syntax } from './interchange.ts';
import type { WritableMessage, WritableSegment } from './writer.ts';

/** `always`; `when-asked`: 0031 asks, or something is refused; `on-error`: something is refused. */
export type ContrlPolicy = 'always' | 'when-asked' | 'on-error';

/** Whether a CONTRL is to go out for this interchange. Never for one that holds nothing but CONTRL (ISO 9735-4). */
export function contrlDue(subject: Interchange, policy: ContrlPolicy): boolean {
  const { messages } = subject;
  if (messages.length > 0 && messages.every(({ type }) => type === 'CONTRL')) return false;
  if (policy === 'always' || isRejected(subject) || messages.some(isMessageRejected)) return true;
  return policy === 'when-asked' && subject.acknowledgementRequest !== 'none';
}

/** The interchange as a whole is refused, with all its messages. */
export function isRejected(interchange: Interchange): boolean {
  return interchange.findings.length > 0;
}

/** This message is refused, whatever becomes of its neighbours. */
export function isMessageRejected(message: Message): boolean {
  return message.findings.length > 0;
}

/**
 * The CONTRL for an interchange: `D:3` for syntax 1 to 3, `4:1` for syntax 4. It repeats 0020, S002 and S003 of its
 * subject as they are; write it in `answerSyntax`, sender and recipient swapped.
 */
export function makeContrl(subject: Interchange): WritableMessage {
  const { syntax, header, reference } = subject;
  const party = (element: 2 | 3) => partyComponents(header, element, syntax);
  const [fault] = subject.findings;
  const uci: WritableSegment = ['UCI', reference, party(2), party(3), ...verdict(interchangeAction(subject), fault)];
  const [version, release] = syntax.version === '4' ? (['4', '1'] as const) : (['D', '3'] as const);
  const refused = isRejected(subject) ? [] : subject.messages.filter(isMessageRejected);
  return {
    identifier: { type: 'CONTRL', version, release, agency: 'UN' },
    segments: [uci, ...refused.flatMap((message) => messageResponse(message, syntax))],
  };
}

/**
 * The syntax in which an interchange that answers this one can be written: of its version, and in the character set
 * that is preferred, unless that lacks what the answer has to repeat.
 */
export function answerSyntax(subject: Interchange, preferred: string = subject.syntax.id): Syntax {
  const set = characterSetOf(preferred);
  const texts = [subject.header.elements, ...subject.messages.map(({ segments }) => segments[0]?.elements ?? [])];
  const fits = set !== undefined && texts.flat(2).every((text) => set.lacks(text) === -1);
  return {
    id: fits ? preferred : repeatableSet(subject.syntax.id).id,
    version: subject.syntax.version === '4' ? '4' : '3',
  };
}

/** 0083. Acknowledging goes before the receipt that 0031 asks for: it says more. */
function interchangeAction(subject: Interchange): '4' | '7' | '8' {
  if (isRejected(subject)) return '4';
  const receiptOnly = subject.acknowledgementRequest === 'receipt' && !subject.messages.some(isMessageRejected);
  return receiptOnly ? '8' : '7';
}

/** What 0013 (0135) can name. */
const serviceTags = ['UNB', 'UNG', 'UNH', 'UNT', 'UNE', 'UNZ'];

/** 0083, 0085, 0013 (0135) and S011 of UCI and UCM. */
function verdict(action: string, fault: Finding | undefined): (string | readonly string[])[] {
  if (fault === undefined) return [action];
  return serviceTags.includes(fault.tag) ? [action, fault.code, fault.tag, dataElement(fault)] : [action, fault.code];
}

/** S011 */
function dataElement({ element, component }: Finding): readonly string[] {
  return [element, component].filter((position) => position !== undefined).map(String);
}

/** Segment groups are repeated at most 999 times, UCD at most 99 times in each. */
const maxSegmentResponses = 999;
const maxElementResponses = 99;

function messageResponse(message: Message, syntax: Syntax): readonly WritableSegment[] {
  const identifier = (message.segments[0]?.elements[1] ?? []).slice(0, messageLengths(syntax).length);
  const fault = message.findings.find(({ level }) => level === 'UCM');
  const below = message.findings.filter(({ level }) => level === 'UCS' || level === 'UCD');
  const groups = segmentGroups(below).slice(0, maxSegmentResponses);
  return [['UCM', message.reference, identifier, ...verdict('4', fault)], ...groups.flat()];
}

/** For each segment at fault a UCS for each of its own faults, or a bare one, with UCD for those of its elements. */
function segmentGroups(findings: readonly Finding[]): readonly (readonly WritableSegment[])[] {
  const positions = [...new Set(findings.map(({ segment }) => segment))].sort((a, b) => a - b);
  return positions.flatMap((position) => {
    const here = findings.filter(({ segment }) => segment === position);
    const own = here
      .filter(({ level }) => level === 'UCS')
      .map(({ code }): WritableSegment => ['UCS', `${position}`, code]);
    const last = own.pop() ?? (['UCS', `${position}`] as const);
    const elements = here.filter(({ level }) => level === 'UCD').slice(0, maxElementResponses);
    const details = elements.map((fault): WritableSegment => ['UCD', fault.code, dataElement(fault)]);
    return [...own.map((head) => [head]), [last, ...details]];
  });
}
