import type { ComponentRules, SegmentRules, Slot } from './definitions.ts';
import { dependencyFaults } from './dependencies.ts';
import type { Finding, Level, Warning } from './interchange.ts';
import { COMPONENT, ELEMENT, END, REPETITION, type Scan } from './scan.ts';
import { type Format, tagOf, unreleased } from './segment.ts';
import { type Notation, type ValueFault, valueFault } from './value.ts';

/** The segment that is being read. There is one for an interchange. */
export interface Current {
  readonly scan: Scan;
  bytes: Buffer;
  /** Of the tag's first byte in `bytes`, and of the terminator. */
  start: number;
  end: number;
  /** Of the first of `bytes` in the payload. */
  base: number;
  tag: string;
  /** 0096 */
  position: number;
}

/** The tag of the current segment, cut where it is longer than a tag can be. */
export function tagAt({ bytes, start, scan }: Current, key: number): string {
  const length = (scan.ends[0] as number) >> 2;
  return key === 0 ? bytes.toString('latin1', start, start + Math.min(length, 4)) : tagOf(key);
}

/** How the elements of an interchange are written, and where it is told what is wrong with them. */
export interface Checking {
  readonly format: Format;
  readonly notation: Notation;
  /** Of what is being read: the interchange, a group or a message. */
  findings: Finding[];
  readonly warnings: Warning[];
  /** Their texts. */
  readonly warned: Set<string>;
}

/** Findings kept of one message; a CONTRL could not carry many more, and one is enough to refuse it. */
const findingsAtMost = 500;

export function report({ findings }: Checking, finding: Finding): void {
  if (findings.length < findingsAtMost) findings.push(finding);
}

/** Each thing once, where it was met first: a value of that kind stands in many messages. */
export function warn({ warnings, warned }: Checking, warning: Warning): void {
  if (warnings.length >= findingsAtMost || warned.has(warning.text)) return;
  warned.add(warning.text);
  warnings.push(warning);
}

/** At which levels the faults of a segment and those of its elements are told (ISO 9735-4). */
export interface Levels {
  readonly segment: Level;
  readonly element: Level;
}

/**
 * Holds the elements of a segment against its rules: how many, which are mandatory, their characters, types, lengths and
 * values, and how they depend on each other. What conforms costs no memory. Without rules the characters alone are judged.
 */
export function checkElements(
  current: Current,
  rules: SegmentRules | undefined,
  levels: Levels,
  checking: Checking,
): void {
  const { scan, start, bytes } = current;
  const { ends } = scan;
  const plain = !scan.hasRelease && !scan.hasSuspect;
  if (rules === undefined && plain) return;
  const { notation } = checking;
  let next = 0;
  // What stands between the tag and the first element (a nesting indicator of old) is no data.
  while (((ends[next] as number) & 3) === COMPONENT || ((ends[next] as number) & 3) === REPETITION) next++;
  let kind = (ends[next] as number) & 3;
  let index = 0;
  let trailing = false;
  let beyond = false;
  for (; kind !== END; index++) {
    const slot = rules?.slots[index];
    const begin = start + ((ends[next] as number) >> 2) + 1;
    let from = begin;
    let component = 0;
    let occurrence = 1;
    let present = 0;
    let surplus = false;
    do {
      next++;
      const token = ends[next] as number;
      const to = start + (token >> 2);
      kind = token & 3;
      if (to > from) {
        present |= 1 << Math.min(component, 30);
        const part = slot?.parts[component];
        if (part !== undefined ? !plain : rules === undefined) {
          const fault = closerLook(current, from, to, part, checking);
          if (fault !== 'ok')
            tellValue(current, levels, checking, { index, slot, component, occurrence, from, to, next }, fault);
        } else if (part !== undefined) {
          const fault = valueFault(part, bytes, from, to, notation);
          if (fault !== 'ok')
            tellValue(current, levels, checking, { index, slot, component, occurrence, from, to, next }, fault);
        } else if (slot === undefined) beyond = true;
        else surplus = true;
      } else if ((kind === END || kind === ELEMENT) && (component > 0 || occurrence > 1 || kind === END)) {
        trailing = true;
      }
      if (kind === COMPONENT) component++;
      else {
        if (slot !== undefined) {
          const missing = present === 0 ? slot.mandatory && occurrence === 1 && kind !== REPETITION : (slot.required & ~present) !== 0; // prettier-ignore
          if (missing || surplus || occurrence > slot.repeats) {
            tellOccurrence(
              current,
              levels,
              checking,
              { index, slot, component, occurrence, from: begin, to, next },
              present,
              surplus,
            );
          }
        }
        occurrence++;
        component = present = 0;
        surplus = false;
      }
      from = to + 1;
    } while (kind === COMPONENT || kind === REPETITION);
  }
  if (rules === undefined) return;
  if (index < rules.least || beyond || trailing || rules.notes.length > 0) {
    finishSegment(current, rules, index, { trailing, beyond }, levels, checking);
  }
}

/** A place in the segment that is being read. */
interface Spot {
  readonly index: number;
  readonly slot: Slot | undefined;
  readonly component: number;
  readonly occurrence: number;
  readonly from: number;
  readonly to: number;
  /** Of its end in `Scan.ends`. */
  readonly next: number;
}

function tellValue(current: Current, levels: Levels, checking: Checking, spot: Spot, fault: ValueFault | '21'): void {
  const { slot, component, from, to, next } = spot;
  const part = slot?.parts[component];
  // 1131 and 3055 say that the value is of another list, which nobody here has.
  if (fault === '12' && part !== undefined && isElsewhere(current.scan, next, component, part)) return;
  const value = quoted(current, from, to, checking.format);
  if (fault === '12' && part?.lenient !== undefined) {
    warn(checking, {
      offset: current.base + from,
      length: to - from,
      text: `${part.id} ${value} is not in ${part.lenient}`,
      expected: `${part.id} ${part.name}: a code of ${part.lenient}`,
    });
    return;
  }
  const several = ((current.scan.ends[next] as number) & 3) === COMPONENT || component > 0;
  const said = fault === '21' ? unfit(current, from, to, value, checking) : sentence(fault, part, value);
  tell(current, levels.element, checking, spot, fault, said, {
    ...((slot === undefined ? several : slot.composite) ? { component: component + 1 } : {}),
    expected: rightValue(fault, part, checking),
  });
}

/** An element, or one occurrence of it, is missing, lacks a component, or has too many. */
function tellOccurrence(
  current: Current,
  levels: Levels,
  checking: Checking,
  spot: Spot & { readonly slot: Slot },
  present: number,
  surplus: boolean,
): void {
  const { slot, occurrence } = spot;
  const { id, name, parts, repeats, required, composite } = slot;
  const expected = `${id} ${name}`;
  const say = (code: string, text: string, more: Partial<Finding> & Pick<Finding, 'expected'> = { expected }) => {
    tell(current, levels.element, checking, code === '13' ? { ...spot, to: spot.from } : spot, code, text, more);
  };
  if (present === 0 && slot.mandatory && occurrence === 1) say('13', `${id} is missing`);
  for (const [place, part] of parts.entries()) {
    if (present === 0 || (required & ~present & (1 << place)) === 0) continue;
    const rule = `${part.id} ${part.name}: ${part.repr}`;
    say('13', `${part.id} is missing in ${id}`, { ...(composite ? { component: place + 1 } : {}), expected: rule });
  }
  if (surplus) say('16', `${id} has more than ${parts.length} component${parts.length === 1 ? '' : 's'}`);
  if (occurrence === repeats + 1) say('35', `${id} stands more than ${repeats === 1 ? 'once' : `${repeats} times`}`);
}

function tell(
  current: Current,
  level: Level,
  checking: Checking,
  { index, occurrence, from, to }: Spot,
  code: string,
  text: string,
  more: Partial<Finding> & Pick<Finding, 'expected'>,
): void {
  report(checking, {
    level,
    code,
    tag: current.tag,
    segment: current.position,
    element: index + 2,
    ...(occurrence > 1 ? { occurrence } : {}),
    offset: current.base + from,
    ...(to > from ? { length: to - from } : {}),
    text,
    ...more,
  });
}

/** What can be told when all elements are known: what is cut off, what is too many, what depends on each other. */
function finishSegment(
  current: Current,
  rules: SegmentRules,
  count: number,
  { trailing, beyond }: { readonly trailing: boolean; readonly beyond: boolean },
  levels: Levels,
  checking: Checking,
): void {
  const { base, start, end, tag, position: segment } = current;
  for (let index = count; index < rules.slots.length; index++) {
    const { id, name, mandatory } = rules.slots[index] as Slot;
    if (!mandatory) continue;
    const place = { tag, segment, element: index + 2, offset: base + end };
    report(checking, {
      level: levels.element,
      code: '13',
      ...place,
      text: `${id} is missing`,
      expected: `${id} ${name}`,
    });
  }
  const whole = { level: levels.segment, tag, segment, offset: base + start, length: end - start };
  if (beyond) {
    const most = rules.slots.length;
    const text = `${tag} has ${count} data elements; ${most} are its most`;
    report(checking, { ...whole, code: '16', text, expected: `${tag}: ${most} data elements` });
  }
  // Before syntax 4 separators at an end may stand or not (ISO 9735 §7.3, §7.5); from it they must not (ISO 9735-1 §8).
  if (trailing && checking.notation.version === '4') {
    const text = `${tag} has separators with nothing behind them`;
    report(checking, { ...whole, code: '45', text, expected: `${tag} without them` });
  }
  for (const expected of dependencyFaults(rules, current.scan)) {
    report(checking, { ...whole, code: '48', text: `${tag} breaks a dependency note`, expected });
  }
}

/** A value that holds a release character, a character of several bytes, or one that the set has not. */
function closerLook(
  { bytes, scan }: Current,
  from: number,
  to: number,
  part: ComponentRules | undefined,
  { format, notation }: Checking,
): ValueFault | '21' {
  const text = textOf(bytes, scan, from, to, format);
  if (format.characterSet.lacks(text) !== -1) return '21';
  if (part === undefined) return 'ok';
  // One byte a character; what is beyond Latin is in no list and no number.
  const characters = Buffer.from(
    Array.from(text, (character) => (character > '\xff' ? '\xff' : character)).join(''),
    'latin1',
  );
  return valueFault(part, characters, 0, characters.length, notation);
}

function textOf(bytes: Buffer, { hasRelease }: Scan, from: number, to: number, format: Format): string {
  const raw = bytes.toString('latin1', from, to);
  return format.characterSet.decode(hasRelease ? unreleased(raw, format.delimiters) : raw);
}

/** Whether the 1131 or 3055 that belongs to a component is given. */
function isElsewhere({ ends }: Scan, next: number, component: number, { list, agency }: ComponentRules): boolean {
  let at = next;
  for (let place = component + 1; ((ends[at] as number) & 3) === COMPONENT; place++, at++) {
    const filled = ((ends[at + 1] as number) >> 2) - ((ends[at] as number) >> 2) > 1;
    if (filled && (place === list || place === agency)) return true;
  }
  return false;
}

/** What would be right where a value has this fault. */
function rightValue(fault: ValueFault | '21', part: ComponentRules | undefined, { format }: Checking): string {
  if (fault === '21' || part === undefined) return `characters of ${format.characterSet.id}`;
  const { id, name, repr, codes } = part;
  if (fault !== '12' || codes === undefined) return `${id} ${name}: ${repr}`;
  return `${id} ${name}: ${codes.all.slice(0, codesShown).join(', ')}${codes.all.length > codesShown ? ' …' : ''}`;
}

const codesShown = 12;

/** So much of a value is shown. */
const shown = 40;

function quoted({ bytes }: Current, from: number, to: number, { characterSet }: Format): string {
  // A character has up to four bytes.
  const characters = Array.from(characterSet.decode(bytes.toString('latin1', from, Math.min(to, from + 4 * shown))));
  const text = characters
    .slice(0, shown)
    .join('')
    .replace(/[\p{C}\ufffd]/gu, '.');
  return `"${text}${characters.length > shown ? '…' : ''}"`;
}

/** Which character of a value the set has not. */
function unfit({ bytes, scan }: Current, from: number, to: number, value: string, { format }: Checking): string {
  const text = textOf(bytes, scan, from, to, format);
  const place = Array.from(text.slice(0, format.characterSet.lacks(text))).length + 1;
  return `Character ${place} of ${value} is not in ${format.characterSet.id}`;
}

function sentence(fault: ValueFault, part: ComponentRules | undefined, value: string): string {
  const { id = '', repr = '' } = part ?? {};
  if (fault === '12') return `${value} is no code of ${id}`;
  if (fault === '39') return `${value} is too long for ${id}, ${repr}`;
  if (fault === '40') return `${value} is too short for ${id}, ${repr}`;
  if (fault === '37') return `${value} has characters that ${id}, ${repr}, does not take`;
  if (fault === '38') return `${value} has no digit in front of its decimal mark`;
  return `${value} is not the decimal notation of the interchange`;
}
