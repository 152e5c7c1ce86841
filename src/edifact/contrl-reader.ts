import { partyOf } from './header.ts';
import { type Level, type Message, type Party, type Segment, valueOf } from './interchange.ts';

/** What a CONTRL that came in says of an interchange of ours. */
export interface ContrlReport {
  /** 0020 of the interchange that is answered. */
  readonly interchangeReference: string;
  /** S002 of that interchange: us. */
  readonly sender: Party;
  /** S003 of that interchange: them. */
  readonly recipient: Party;
  readonly action: ContrlAction;
  /** What became of all of it: an interchange can be acknowledged and groups or messages of it refused. */
  readonly outcome: ContrlOutcome;
  /** 0048 of the groups that are refused, though the interchange as a whole may not be. */
  readonly rejectedGroups: readonly string[];
  /** 0062 of the messages that are refused, though the interchange or their group may not be. */
  readonly rejectedMessages: readonly string[];
  readonly findings: readonly ReportedFinding[];
}

/** 0083: 4, 7 and 8 */
export type ContrlAction = 'rejected' | 'acknowledged' | 'received';

export type ContrlOutcome = ContrlAction | 'partly-rejected';

export interface ReportedFinding {
  readonly level: Level;
  /** 0085 */
  readonly code: string;
  /** 0062 of the message, from level UCM down. */
  readonly message?: string | undefined;
  /** 0096, at levels UCS and UCD. */
  readonly segment?: number | undefined;
  /** 0098, the tag = 1 */
  readonly element?: number | undefined;
  /** 0104 */
  readonly component?: number | undefined;
}

/** Reads a CONTRL (D:3, 4:1 and 2:2 are alike in this); undefined when its UCI says nothing of use. */
export function readContrl(message: Message): ContrlReport | undefined {
  const uci = message.segments.find(({ tag }) => tag === 'UCI');
  const action = uci === undefined ? undefined : actions.get(valueOf(uci, 4));
  if (uci === undefined || action === undefined || valueOf(uci, 1) === '') return undefined;
  const place: Place = { message: undefined, segment: undefined };
  const groups: string[] = [];
  const messages: string[] = [];
  const findings: ReportedFinding[] = [];
  for (const segment of message.segments) {
    if (segment.tag === 'UCF') {
      place.message = undefined;
      place.segment = undefined;
      if (actions.get(valueOf(segment, 4)) === 'rejected') groups.push(valueOf(segment, 1));
    }
    if (segment.tag === 'UCM') {
      place.message = valueOf(segment, 1);
      place.segment = undefined;
      if (actions.get(valueOf(segment, 3)) === 'rejected') messages.push(place.message);
    }
    if (segment.tag === 'UCS') place.segment = ordinal(valueOf(segment, 1));
    findings.push(...findingOf(segment, place));
  }
  return {
    interchangeReference: valueOf(uci, 1),
    sender: partyOf(uci.elements[1] ?? []),
    recipient: partyOf(uci.elements[2] ?? []),
    action,
    // No receipt (8) should name what is refused; what it names is refused all the same.
    outcome: action !== 'rejected' && groups.length + messages.length > 0 ? 'partly-rejected' : action,
    rejectedGroups: groups,
    rejectedMessages: messages,
    findings,
  };
}

const actions = new Map<string, ContrlAction>([
  ['4', 'rejected'],
  ['7', 'acknowledged'],
  ['8', 'received'],
]);

interface Place {
  message: string | undefined;
  segment: number | undefined;
}

/** Where 0085 and S011 stand in each of the segments that tell of a fault. */
const layout = new Map<string, { readonly level: Level; readonly code: number; readonly element?: number }>([
  ['UCI', { level: 'UCI', code: 5, element: 7 }],
  ['UCF', { level: 'UCF', code: 5, element: 7 }],
  ['UCM', { level: 'UCM', code: 4, element: 6 }],
  ['UCS', { level: 'UCS', code: 2 }],
  ['UCD', { level: 'UCD', code: 1, element: 2 }],
]);

function findingOf(segment: Segment, place: Place): readonly ReportedFinding[] {
  const form = layout.get(segment.tag);
  if (form === undefined || valueOf(segment, form.code) === '') return [];
  const position = (component: number) =>
    form.element === undefined ? undefined : ordinal(valueOf(segment, form.element, component));
  return [
    { level: form.level, code: valueOf(segment, form.code), ...place, element: position(1), component: position(2) },
  ];
}

function ordinal(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
