import { type Finding, type Group, type Segment, valueOf } from './interchange.ts';
import { isCount } from './message.ts';
import { spotOf } from './segment.ts';

/** A functional group while its messages come in. */
export interface OpenGroup {
  /** UNG */
  readonly header: Segment;
  readonly findings: Finding[];
  messages: number;
}

export function openGroup(header: Segment, duplicate: boolean): OpenGroup {
  const reference = valueOf(header, 5);
  const twice = groupFinding(
    header,
    '26',
    `Group reference ${reference} stands twice`,
    '0048: another for each group',
    6,
  );
  return { header, findings: duplicate ? [twice] : [], messages: 0 };
}

/** Checks UNG against UNE (ISO 9735-1 §7.2): the same reference, as many messages as it says. */
export function closeGroup(group: OpenGroup, trailer: Segment | undefined): Group {
  const { header, messages, findings } = group;
  const reference = valueOf(header, 5);
  const add = (segment: Segment, code: string, text: string, element: 2 | 3) => {
    findings.push(
      groupFinding(segment, code, text, element === 2 ? `0060: ${messages}` : `0048: ${reference}`, element),
    );
  };
  if (trailer === undefined)
    findings.push({ ...groupFinding(header, '13', 'UNE is missing', `UNE+${messages}+${reference}`), tag: 'UNE' });
  else {
    const [counted, repeated] = [valueOf(trailer, 1), valueOf(trailer, 2)];
    if (counted === '') add(trailer, '13', 'The number of messages is missing', 2);
    else if (!isCount(counted, messages))
      add(trailer, '29', `UNE counts ${counted} messages; there are ${messages}`, 2);
    if (repeated === '') add(trailer, '13', 'The group reference is missing', 3);
    else if (repeated !== reference && reference !== '')
      add(trailer, '28', `UNE refers to ${repeated}, UNG to ${reference}`, 3);
  }
  if (messages === 0)
    findings.push(groupFinding(header, '32', 'The group holds no message', 'UNH to UNT between UNG and UNE'));
  return { reference, header, findings, messages, offset: header.offset };
}

export function groupFinding(
  segment: Segment,
  code: string,
  text: string,
  expected: string,
  element?: number,
): Finding {
  const { tag, position } = segment;
  const place = element === undefined ? {} : { element };
  return { level: 'UCF', code, tag, segment: position, ...place, ...spotOf(segment, element), text, expected };
}
