import { type CharacterSet, characterSetOf } from './character-set.ts';
import type { Finding, Segment, Syntax } from './interchange.ts';
import { spotOf } from './segment.ts';

/** Largest lengths of the components of S002 and S003, by syntax (0004, 0007, 0008, 0042). */
export function partyLengths(syntax: Syntax): readonly number[] {
  return syntax.version === '4' ? [35, 4, 35, 35] : [35, 4, 14];
}

/** Of the components of S009: 0065, 0052, 0054, 0051, 0057, and 0110, 0113 of syntax 4. */
export function messageLengths(syntax: Syntax): readonly number[] {
  return syntax.version === '4' ? [6, 3, 3, 3, 6, 6, 6] : [6, 3, 3, 2, 6];
}

/** 0020, 0026 and 0062 */
export const referenceLength = 14;

/**
 * The set in which a CONTRL can repeat what names an interchange and its messages. Levels A and B are widened to C,
 * since what breaks them has to be repeated too.
 */
export function repeatableSet(id: string): CharacterSet {
  const narrow = id === 'UNOA' || id === 'UNOB';
  return characterSetOf(narrow ? 'UNOC' : id) ?? fallback;
}

const fallback = characterSetOf('UNOC') as CharacterSet;

export interface NamingFault {
  /** 0085 */
  readonly code: '13' | '21' | '39';
  /** First = 1 */
  readonly component: number;
}

/** Why a CONTRL could not repeat these components as they are; the first `mandatory` ones must not be empty. */
export function namingFault(
  components: readonly string[],
  lengths: readonly number[],
  mandatory: number,
  set: CharacterSet,
): NamingFault | undefined {
  for (const [index, length] of lengths.entries()) {
    const text = components[index] ?? '';
    const component = index + 1;
    if (text === '' && index < mandatory) return { code: '13', component };
    if (set.lacks(text) !== -1) return { code: '21', component };
    if (text.length > length) return { code: '39', component };
  }
  return undefined;
}

/** What would be right where a name has a fault. */
export function namingRule({ code, component }: NamingFault, element: string): string {
  const place = `${element}, component ${component}`;
  return { 13: `${place}: given`, 21: `${place}: characters of its set`, 39: `${place}: shorter` }[code];
}

/**
 * Why UCF could not repeat 0048, S006 and S007 of a functional group, as a fault of the interchange, since the group
 * cannot be told apart; undefined when it can.
 */
export function groupFault(header: Segment, syntax: Syntax): Finding | undefined {
  const set = repeatableSet(syntax.id);
  const mandatory = syntax.version === '4' ? 0 : 1;
  const parts = [
    { element: 2, fault: namingFault(header.elements[1] ?? [], groupPartyLengths, mandatory, set) },
    { element: 3, fault: namingFault(header.elements[2] ?? [], groupPartyLengths, mandatory, set) },
    { element: 5, fault: namingFault(header.elements[4] ?? [], [referenceLength], 1, set) },
  ];
  for (const { element, fault } of parts) {
    if (fault === undefined) continue;
    const place = { element: element + 1, component: fault.component };
    return {
      ...{ level: 'UCI', code: fault.code, tag: 'UNG', segment: 0, ...place },
      ...spotOf(header, place.element, place.component),
      text: 'A functional group that cannot be named',
      expected: namingRule(fault, element === 5 ? '0048' : `S00${element + 4}`),
    };
  }
  return undefined;
}

/** 0040, 0044 and 0007 */
const groupPartyLengths = [35, 4];
