import type { DependencyNote, SegmentRules } from './definitions.ts';
import { COMPONENT, ELEMENT, END, type Scan } from './scan.ts';

/** Which dependency notes of a segment are broken, each as a sentence (ISO 9735-1 §11). */
export function dependencyFaults({ notes, slots }: SegmentRules, scan: Scan): readonly string[] {
  if (notes.length === 0) return none;
  const present = presentElements(scan);
  const faults = notes.filter((note) => !holds(note, present));
  return faults.map(({ type, elements }) => {
    const [first, ...others] = elements.map((index) => slots[index]?.id ?? '');
    return `${meanings.get(type) ?? ''}: ${first ?? ''} with ${others.join(', ')}`;
  });
}

const none: readonly string[] = [];

const meanings = new Map([
  ['D1', 'One of these is given, and no more'],
  ['D2', 'All of these are given, or none'],
  ['D3', 'One or more of these are given'],
  ['D4', 'Not more than one of these is given'],
  ['D5', 'Where the first is given, so are the others'],
  ['D6', 'Where the first is given, so is at least one of the others'],
  ['D7', 'Where the first is given, none of the others is'],
]);

function holds({ type, elements }: DependencyNote, present: ReadonlySet<number>): boolean {
  const given = elements.filter((index) => present.has(index)).length;
  const first = present.has(elements[0] ?? -1);
  switch (type) {
    case 'D1':
      return given === 1;
    case 'D2':
      return given === 0 || given === elements.length;
    case 'D3':
      return given > 0;
    case 'D4':
      return given <= 1;
    case 'D5':
      return !first || given === elements.length;
    case 'D6':
      return !first || given > 1;
    case 'D7':
      return !first || given === 1;
    default:
      return true;
  }
}

/** Indexes of the elements that hold anything. */
function presentElements({ ends }: Scan): ReadonlySet<number> {
  const present = new Set<number>();
  let element = -1;
  for (let at = 0; ((ends[at] as number) & 3) !== END; at++) {
    const token = ends[at] as number;
    if ((token & 3) === ELEMENT) element++;
    else if (element === -1 && (token & 3) === COMPONENT) continue;
    if (((ends[at + 1] as number) >> 2) - (token >> 2) > 1) present.add(element);
  }
  return present;
}
