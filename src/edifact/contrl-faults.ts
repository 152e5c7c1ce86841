import { loadDirectory } from './directory.ts';
import { isTellable } from './error-codes.ts';
import type { Finding, Level, Syntax } from './interchange.ts';
import type { WritableSegment } from './writer.ts';

type Element = string | readonly string[];

/** 0083, 0085, 0013 (0135 in syntax 4) and S011 of UCI, UCF and UCM. */
export function verdict(
  level: 'UCI' | 'UCF' | 'UCM',
  action: string,
  fault: Finding | undefined,
  syntax: Syntax,
): readonly Element[] {
  if (fault === undefined) return [action];
  const code = toldCode(fault, level, syntax);
  // A segment that the list of service segments has not can be named only by its position, below UCM.
  return isServiceTag(fault.tag, syntax) ? [action, code, fault.tag, place(fault, syntax) ?? ''] : [action, code];
}

/** UCS and UCD for those findings of a message that are told there, in the order of its segments. */
export function segmentResponses(findings: readonly Finding[], syntax: Syntax): readonly WritableSegment[] {
  const below = findings.filter(({ level, segment }) => (level === 'UCS' || level === 'UCD') && segment > 0);
  const positions = [...new Set(below.map(({ segment }) => segment))].sort((a, b) => a - b);
  const groups = positions.flatMap((position) =>
    responsesAt(
      position,
      below.filter(({ segment }) => segment === position),
      syntax,
    ),
  );
  return groups.slice(0, maxSegmentResponses).flat();
}

/** Segment groups 2 and 5 are repeated at most 999 times, UCD at most 99 times in each (CONTRL D:3, 4:1). */
const maxSegmentResponses = 999;
const maxElementResponses = 99;

/** A UCS for each fault of the segment itself, and UCD for those of its elements under the last one, or a bare one. */
function responsesAt(
  position: number,
  findings: readonly Finding[],
  syntax: Syntax,
): readonly (readonly WritableSegment[])[] {
  const told = findings.map((fault) => ({ fault, response: elementResponse(fault, syntax) }));
  const elements = told
    .flatMap(({ response }) => (response === undefined ? [] : [response]))
    .slice(0, maxElementResponses);
  const own = told.flatMap(({ fault, response }) => (response === undefined ? [fault] : []));
  // What is missing should stand before the segment that is there (ISO 9735-4, 0096): its elements are another's.
  const sorted = [...own].sort((a, b) => Number(b.code === missing) - Number(a.code === missing));
  const heads = sorted.map((fault): WritableSegment => ['UCS', `${position}`, toldCode(fault, 'UCS', syntax)]);
  if (elements.length === 0) return heads.map((head) => [head]);
  const bare: WritableSegment = ['UCS', `${position}`];
  const last = sorted.at(-1)?.code === missing ? bare : (heads.pop() ?? bare);
  return [...heads.map((head) => [head]), [last, ...elements]];
}

const missing = '13';

/** UCD; undefined for what is told in UCS, and for an element too far behind for 0098. */
function elementResponse(fault: Finding, syntax: Syntax): WritableSegment | undefined {
  const at = place(fault, syntax);
  return fault.level !== 'UCD' || at === undefined ? undefined : ['UCD', toldCode(fault, 'UCD', syntax), at];
}

/** 0085, or 18 (unspecified error) where the code is not of this level or syntax. */
function toldCode({ code }: Finding, level: Level, syntax: Syntax): string {
  return isTellable(code, level, syntax) ? code : '18';
}

/** S011: 0098, 0104 and, in syntax 4, 0136; undefined without an element that 0098 can tell. */
function place({ element, component, occurrence }: Finding, { version }: Syntax): readonly string[] | undefined {
  if (element === undefined || element > placesIn0098) return undefined;
  const inside = component !== undefined && component <= placesIn0098 ? `${component}` : '';
  const repeat = version === '4' && occurrence !== undefined ? `${occurrence}` : '';
  return [`${element}`, inside, repeat];
}

/** 0098 and 0104 have three digits. */
const placesIn0098 = 999;

/** 0013 in syntax 1 to 3, 0135 in syntax 4. */
function isServiceTag(tag: string, { version }: Syntax): boolean {
  const codes =
    version === '4' ? loadDirectory('SERVICE-V4')?.codes['0135'] : loadDirectory('SERVICE-V3')?.codes['0013'];
  return codes !== undefined && Object.hasOwn(codes, tag);
}
