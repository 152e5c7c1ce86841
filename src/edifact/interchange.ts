import type { Delimiters } from './delimiters.ts';

/** An interchange as it was read: UNB to UNZ (ISO 9735-1). */
export interface Interchange {
  /** Of UNA, or the defaults of the syntax. */
  readonly delimiters: Delimiters;
  readonly syntax: Syntax;
  readonly sender: Party;
  readonly recipient: Party;
  /** S004 read as UTC; undefined when it is no date. */
  readonly preparedAt: Date | undefined;
  /** 0020 */
  readonly reference: string;
  /** 0026 */
  readonly applicationReference: string | undefined;
  /** 0031 */
  readonly acknowledgementRequest: AcknowledgementRequest;
  /** 0035 says in any way that this is a test. */
  readonly testIndicator: boolean;
  /** UNB itself */
  readonly header: Segment;
  /** Empty where they are handed out one by one. */
  readonly messages: readonly Message[];
  readonly messageCount: number;
  /** Functional groups, where they are taken; undefined when there are none. */
  readonly groups?: readonly Group[] | undefined;
  /** Of the interchange itself, all of level UCI; those of a message or a group stand with it. */
  readonly findings: readonly Finding[];
  /** What was met as its sender meant it, although the standard says otherwise. */
  readonly warnings: readonly Warning[];
  /** Of the first byte, and of the first byte behind the interchange. */
  readonly offset: number;
  readonly end: number;
}

export interface Syntax {
  /** 0001, such as `UNOC` */
  readonly id: string;
  /** 0002, `1` to `4` */
  readonly version: string;
}

/** S002 or S003; components that are absent are undefined. */
export interface Party {
  /** 0004 or 0010 */
  readonly id: string;
  /** 0007 */
  readonly qualifier?: string | undefined;
  /** 0008 or 0014: the address for routing within the party. */
  readonly address?: string | undefined;
  /** 0042 or 0046, in syntax 4 */
  readonly subAddress?: string | undefined;
}

export type AcknowledgementRequest = 'none' | 'acknowledgement' | 'receipt';

/** S009 */
export interface MessageIdentifier {
  readonly type: string;
  readonly version: string;
  readonly release: string;
  readonly agency: string;
  readonly association?: string | undefined;
}

/** UNG to UNE: what frames some of the messages. */
export interface Group {
  /** 0048 */
  readonly reference: string;
  /** UNG itself */
  readonly header: Segment;
  readonly messages: number;
  /** All of level UCF. */
  readonly findings: readonly Finding[];
  readonly offset: number;
}

/** UNH to UNT. */
export interface Message extends MessageIdentifier {
  /** 0062 */
  readonly reference: string;
  /** From UNH to UNT, both included (UNT if there is one). */
  readonly segments: readonly Segment[];
  readonly findings: readonly Finding[];
  /** Of the first byte of UNH. */
  readonly offset: number;
  /** Index of its functional group in the interchange. */
  readonly group?: number | undefined;
}

export interface Segment {
  readonly tag: string;
  /** Data elements in order, each as its components; a simple element has one. The tag is not among them. */
  readonly elements: readonly (readonly string[])[];
  /** Syntax 4: the further occurrences of an element that is repeated, by its index from 1; undefined when none is. */
  readonly repeats?: ReadonlyMap<number, readonly (readonly string[])[]> | undefined;
  /** Of the tag's first byte, from the start of the payload. */
  readonly offset: number;
  /** In its message, UNH = 1 (0096); 0 outside of messages. */
  readonly position: number;
}

/** The text of a component, empty when absent. `element` and `component` count from 1, the tag not counted. */
export function valueOf(segment: Segment, element: number, component = 1): string {
  return segment.elements[element - 1]?.[component - 1] ?? '';
}

/** The segments of CONTRL at whose level a fault is told: interchange, functional group, message, segment, data element. */
export type Level = 'UCI' | 'UCF' | 'UCM' | 'UCS' | 'UCD';

/** One fault, as CONTRL can tell it and a person can read it. */
export interface Finding {
  readonly level: Level;
  /** 0085 */
  readonly code: string;
  readonly tag: string;
  /** 0096: position of the segment in its message, UNH = 1; 0 outside of messages. */
  readonly segment: number;
  /** 0098: position of the element in its segment, where the tag is 1. */
  readonly element?: number | undefined;
  /** 0104 */
  readonly component?: number | undefined;
  /** Which repeat of the element, from 1, in syntax 4; absent where it is not repeated. */
  readonly occurrence?: number | undefined;
  /** Of the first byte at fault, from the start of the payload: of the component, element, segment, as told. */
  readonly offset: number;
  /** In bytes; absent where nothing stands that could be underlined. */
  readonly length?: number | undefined;
  readonly text: string;
  /** What would be right. */
  readonly expected: string;
}

export interface Warning {
  readonly offset: number;
  /** In bytes; absent where it is of all that follows. */
  readonly length?: number | undefined;
  readonly text: string;
  /** What would be right. */
  readonly expected?: string | undefined;
}

/** All faults of an interchange, of its groups and of its messages. */
export function allFindings(interchange: Interchange): readonly Finding[] {
  const groups = (interchange.groups ?? []).flatMap((group) => group.findings);
  return [...interchange.findings, ...groups, ...interchange.messages.flatMap((message) => message.findings)];
}
