import { characterSetOf } from './character-set.ts';
import { segmentResponses, verdict } from './contrl-faults.ts';
import { partyComponents } from './header.ts';
import { messageLengths, repeatableSet } from './identification.ts';
import type { Group, Interchange, Message, Syntax } from './interchange.ts';
import type { WritableMessage, WritableSegment } from './writer.ts';

/** `always`; `when-asked`: 0031 asks, or something is refused; `on-error`: something is refused. */
export type ContrlPolicy = 'always' | 'when-asked' | 'on-error';

/** Whether a CONTRL is to go out for this interchange. Never for one that holds nothing but CONTRL (ISO 9735-4 §4). */
export function contrlDue(subject: Interchange, policy: ContrlPolicy): boolean {
  if (subject.messages.length > 0 && answerable(subject).length === 0) return false;
  if (policy === 'always' || isRejected(subject) || isAnyRejected(subject)) return true;
  return policy === 'when-asked' && subject.acknowledgementRequest !== 'none';
}

/** The interchange as a whole is refused, with all its messages. */
export function isRejected(interchange: Interchange): boolean {
  return interchange.findings.length > 0;
}

/** This message is refused, or the functional group that it is in, whatever becomes of its neighbours. */
export function isMessageRejected(message: Message, { groups = [] }: Pick<Interchange, 'groups'>): boolean {
  const group = message.group === undefined ? undefined : groups[message.group];
  return message.findings.length > 0 || (group !== undefined && group.findings.length > 0);
}

export interface ContrlContent {
  /** A UCM for each message, the accepted ones too; else for those alone that are refused. */
  readonly everyMessage: boolean;
  /** When nothing is refused, no more than the receipt (8), also where 0031 does not ask for it. */
  readonly receiptOnly: boolean;
}

const leastContent: ContrlContent = { everyMessage: false, receiptOnly: false };

/**
 * The CONTRL for an interchange: `D:3` for syntax 1 to 3, `4:1` for syntax 4. It repeats 0020, S002 and S003 of its
 * subject as they are (ISO 9735-4, UCI); write it in `answerSyntax`, sender and recipient swapped. Of CONTRL among the
 * messages it says nothing.
 */
export function makeContrl(subject: Interchange, content: ContrlContent = leastContent): WritableMessage {
  const { syntax, header, reference } = subject;
  const party = (element: 2 | 3) => partyComponents(header, element, syntax);
  const action = interchangeAction(subject, content);
  const [version, release] = syntax.version === '4' ? (['4', '1'] as const) : (['D', '3'] as const);
  return {
    identifier: { type: 'CONTRL', version, release, agency: 'UN' },
    segments: [
      ['UCI', reference, party(2), party(3), ...verdict('UCI', action, subject.findings[0], syntax)],
      ...(action === '7' ? messageResponses(subject, content) : []),
    ],
  };
}

/**
 * The syntax in which an interchange that answers this one can be written: of its version, and in the character set
 * that is preferred, unless that lacks what the answer has to repeat.
 */
export function answerSyntax(subject: Interchange, preferred: string = subject.syntax.id): Syntax {
  const set = characterSetOf(preferred);
  const { header, groups = [], messages } = subject;
  const segments = [header, ...groups.map((group) => group.header), ...messages.flatMap(({ segments: [unh] }) => unh ?? [])]; // prettier-ignore
  let texts = '';
  for (const { elements } of segments) for (const components of elements) texts += components.join('');
  const fits = set?.lacks(texts) === -1;
  return {
    id: fits ? preferred : repeatableSet(subject.syntax.id).id,
    version: subject.syntax.version === '4' ? '4' : '3',
  };
}

/** CONTRL is not answered, wherever it stands (ISO 9735-4 §4). */
function answerable({ messages }: Interchange): readonly Message[] {
  return messages.filter(({ type }) => type !== 'CONTRL');
}

/** 0083. Refusing goes before the receipt that is asked for: it says more. */
function interchangeAction(subject: Interchange, { receiptOnly }: ContrlContent): '4' | '7' | '8' {
  if (isRejected(subject)) return '4';
  if (isAnyRejected(subject)) return '7';
  return receiptOnly || subject.acknowledgementRequest === 'receipt' ? '8' : '7';
}

/** Something below the interchange is refused. */
function isAnyRejected(subject: Interchange): boolean {
  const { groups = [] } = subject;
  return answerable(subject).some((message) => isMessageRejected(message, subject)) || groups.some(isGroupRejected);
}

function isGroupRejected({ findings }: Group): boolean {
  return findings.length > 0;
}

/** Segment group 1: messages outside of functional groups; segment group 3: these, with theirs (CONTRL D:3, 4:1). */
function messageResponses(subject: Interchange, content: ContrlContent): readonly WritableSegment[] {
  const { groups = [] } = subject;
  const outside: Message[] = [];
  const inside: Message[][] = groups.map(() => []);
  for (const message of answerable(subject)) (inside[message.group ?? -1] ?? outside).push(message);
  return [
    ...responsesTo(outside, content, subject.syntax),
    ...groups.flatMap((group, index) => groupResponse(group, inside[index] ?? [], content, subject.syntax)),
  ];
}

function groupResponse(
  group: Group,
  messages: readonly Message[],
  content: ContrlContent,
  syntax: Syntax,
): readonly WritableSegment[] {
  const { header, reference, findings } = group;
  const party = (element: 2 | 3) => (header.elements[element - 1] ?? []).slice(0, 2);
  const ucf = (action: '4' | '7'): WritableSegment => [
    ...(['UCF', reference, party(2), party(3)] as const),
    ...verdict('UCF', action, findings[0], syntax),
  ];
  if (isGroupRejected(group)) return [ucf('4')];
  const responses = responsesTo(messages, content, syntax);
  return responses.length === 0 ? [] : [ucf('7'), ...responses];
}

function responsesTo(
  messages: readonly Message[],
  { everyMessage }: ContrlContent,
  syntax: Syntax,
): readonly WritableSegment[] {
  return messages.flatMap((message) => {
    if (message.findings.length > 0) return messageResponse(message, '4', syntax);
    return everyMessage ? messageResponse(message, '7', syntax) : [];
  });
}

function messageResponse(message: Message, action: '4' | '7', syntax: Syntax): readonly WritableSegment[] {
  const identifier = (message.segments[0]?.elements[1] ?? []).slice(0, messageLengths(syntax).length);
  const fault = message.findings.find(({ level }) => level === 'UCM');
  return [
    ['UCM', message.reference, identifier, ...verdict('UCM', action, fault, syntax)],
    ...segmentResponses(message.findings, syntax),
  ];
}
