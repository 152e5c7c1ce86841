import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Directory, loadDirectory } from '../../src/edifact/directory.ts';
import { type Finding, allFindings } from '../../src/edifact/interchange.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { type Fullness, type Made, elementsOf, makeMessage, seeded, spell } from './generate.ts';

const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
const releases = ['95B', '96A', '96B', '97A', '97B', '98A', '98B', '99A', '99B', '00A', '00B', '01B'];
const kinds = [
  ...releases.flatMap((release) => ['SANCRT', 'CUSRES', 'REQDOC'].map((type) => [`D${release}`, type] as const)),
];
const findingsIn = (text: string): readonly Finding[] =>
  allFindings(readInterchange(Buffer.from(text, 'latin1'), settings));
const brief = ({ level, code, segment, tag, element, component }: Partial<Finding>) =>
  [level, code, tag, segment, element, component].join(' ');

describe('messages made from the directories conform to them', () => {
  for (const [name, type] of [...kinds, ['SERVICE-V3', 'CONTRL'], ['SERVICE-V4', 'CONTRL']] as const) {
    for (const version of type === 'CONTRL' ? ([name === 'SERVICE-V3' ? '3' : '4'] as const) : (['3', '4'] as const)) {
      it(`${name} ${type} in syntax ${version}: the least, the most, and at random`, () => {
        for (const fullness of ['min', 'max', 'some', 'some', 'some'] as const) {
          const text = spell([
            makeMessage(name, type, version, fullness, seeded(fullness.length * 7 + version.charCodeAt(0))),
          ]);
          assert.deepEqual(findingsIn(text).map((one) => `${brief(one)} ${one.text}`), [], text); // prettier-ignore
        }
      });
    }
  }

  it('at random, several to an interchange', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.constantFrom('3' as const, '4' as const),
        fc.nat(),
        ([name, type], version, seed) => {
          const random = seeded(seed);
          const text = spell([1, 2].map(() => makeMessage(name, type, version, 'some', random)));
          assert.deepEqual(findingsIn(text).map(brief), [], text);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** One defect, and how it is to be told; undefined where the message has no place for it. */
type Defect = (made: Made, random: (below: number) => number, directory: Directory) => Partial<Finding> | undefined;

const added = { status: 'C', max: 1, isTrigger: false, instance: {} } as const;
const places = (made: Made, fits: (index: number) => boolean) =>
  made.segments.flatMap((_, index) => (fits(index) ? [index] : []));
const pick = <T>(from: readonly T[], random: (below: number) => number): T | undefined =>
  from[random(Math.max(from.length, 1))];

/** A component that stands alone to be damaged: in the first occurrence of an element. */
function component(
  made: Made,
  random: (below: number) => number,
  directory: Directory,
  fits: (id: string, text: string, parts: readonly string[], at: number) => boolean,
) {
  const all = made.segments.flatMap(({ tag, elements }, segment) => {
    const slots = directory.segments[tag]!.elements.flatMap((element) =>
      made.version === '4' ? [element] : Array.from({ length: element.max }, () => element),
    );
    return elements.flatMap((occurrences, element) =>
      (occurrences[0] ?? []).flatMap((text, place) => {
        const { id } = slots[element]!;
        const composite = directory.composites[id];
        const part = composite === undefined ? id : composite.components[place]!.id;
        if (!fits(part, text, occurrences[0]!, place)) return [];
        const told = {
          level: 'UCD' as const,
          tag,
          segment: segment + 2,
          element: element + 2,
          ...(composite ? { component: place + 1 } : {}),
        };
        return [
          {
            part,
            told,
            set: (value: string) => {
              occurrences[0]![place] = value;
            },
          },
        ];
      }),
    );
  });
  return pick(all, random);
}

const defects: Readonly<Record<string, Defect>> = {
  '13: a mandatory segment is not there'(made, random) {
    const at = pick(places(made, (index) => {
      const { item, tag } = made.segments[index]!;
      return item.status === 'M' && !item.isTrigger && item.max === 1 && made.segments.filter((one) => one.item.instance === item.instance && one.tag === tag).length === 1;
    }), random);
    if (at === undefined) return undefined;
    const [gone] = made.segments.splice(at, 1);
    return { level: 'UCS', code: '13', tag: gone!.tag, segment: at + 2 };
  },
  '15: a tag that no directory has'(made, random) {
    const at = random(made.segments.length + 1);
    made.segments.splice(at, 0, { tag: 'ZZX', item: added, elements: [[['A']]] });
    return { level: 'UCS', code: '15', tag: 'ZZX', segment: at + 2 };
  },
  '15: a segment that the message has not'(made, random, directory) {
    const own = JSON.stringify(directory.messages[made.type]!.structure);
    const tag = pick(Object.keys(directory.segments).filter((each) => !own.includes(`"${each}"`)), random);
    if (tag === undefined) return undefined;
    const at = random(made.segments.length + 1);
    made.segments.splice(at, 0, { tag, item: added, elements: elementsOf(directory, tag, made.version, () => true, random) });
    return { level: 'UCS', code: '15', tag, segment: at + 2 };
  },
  '35: a segment once too often'(made, random) {
    const at = pick(places(made, (index) => !made.segments[index]!.item.isTrigger && made.segments[index]!.item.max < 100), random);
    if (at === undefined) return undefined;
    const model = made.segments[at]!;
    const same = (one: typeof model | undefined) => one?.tag === model.tag && one.item.instance === model.item.instance;
    let first = at;
    while (same(made.segments[first - 1])) first--;
    let count = 1;
    while (same(made.segments[first + count])) count++;
    for (; count <= model.item.max; count++) made.segments.splice(first, 0, structuredClone(model));
    return { level: 'UCS', code: '35', tag: model.tag, segment: first + model.item.max + 2 };
  },
  '12: a value that is in no list'(made, random, directory) {
    const found = component(made, random, directory, (id, _, parts, at) => {
      const flags = (directory.release === '01B' ? loadDirectory('D00B')! : directory).elements[id];
      return directory.codes[id] !== undefined && flags?.userCodes !== true && parts.slice(at + 1).every((text) => text === '') && directory.elements[id]!.type !== 'n';
    });
    const max = found && directory.elements[found.part]!.max;
    const value = found && Array.from({ length: directory.elements[found.part]!.min || Math.min(max!, 3) }, () => '\xa7').join('');
    found?.set(value!);
    return found && { ...found.told, code: '12' };
  },
  '39: a value one character too long'(made, random, directory) {
    const found = component(made, random, directory, (id) => directory.elements[id]!.max < 600);
    if (found === undefined) return undefined;
    found.set('1'.repeat(directory.elements[found.part]!.max + 1));
    return { ...found.told, code: '39' };
  },
  '40: a value one character too short'(made, random, directory) {
    const found = component(made, random, directory, (id) => directory.elements[id]!.min > 1);
    if (found === undefined) return undefined;
    found.set('1'.repeat(directory.elements[found.part]!.min - 1));
    return { ...found.told, code: '40' };
  },
  '37: a letter in a number'(made, random, directory) {
    const found = component(made, random, directory, (id) => directory.elements[id]!.type === 'n');
    found?.set('1A');
    return found && { ...found.told, code: '37' };
  },
  '21: a control character'(made, random, directory) {
    const found = component(made, random, directory, () => true);
    found?.set('A\x07');
    return found && { ...found.told, code: '21' };
  },
  '16: an element too many'(made, random, directory) {
    const at = random(made.segments.length);
    const { tag, elements } = made.segments[at]!;
    const most = directory.segments[tag]!.elements.reduce((sum, { max }) => sum + (made.version === '4' ? 1 : max), 0);
    while (elements.length < most) elements.push([]);
    elements.push([['X']]);
    return { level: 'UCS', code: '16', tag, segment: at + 2 };
  },
  '16: a component too many'(made, random, directory) {
    const found = component(made, random, directory, () => true);
    if (found === undefined) return undefined;
    const { segment, element, tag } = found.told;
    const components = made.segments[segment - 2]!.elements[element - 2]![0]!;
    while (components.length < 12) components.push('');
    components.push('X');
    return { level: 'UCD', code: '16', tag, segment, element };
  },
  '13: a mandatory element is empty'(made, random, directory) {
    const at = random(made.segments.length);
    const { tag, elements } = made.segments[at]!;
    const slots = directory.segments[tag]!.elements;
    const element = slots.findIndex(({ status }) => status === 'M');
    if (element === -1 || slots.slice(0, element).some(({ max }) => max > 1)) return undefined;
    elements[element] = [];
    while (elements.at(-1)?.length === 0) elements.pop();
    return { level: 'UCD', code: '13', tag, segment: at + 2, element: element + 2 };
  },
}; // prettier-ignore

describe('one defect in a message made at random gives exactly one finding', () => {
  for (const [rule, damage] of Object.entries(defects)) {
    it(rule, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...kinds),
          fc.constantFrom('3' as const, '4' as const),
          fc.constantFrom<Fullness>('min', 'some', 'max'),
          fc.nat(),
          ([name, type], version, fullness, seed) => {
            const random = seeded(seed);
            const made = makeMessage(name, type, version, fullness, random);
            const due = damage(made, random, loadDirectory(name)!);
            fc.pre(due !== undefined);
            const text = spell([made]);
            const found = findingsIn(text);
            assert.deepEqual(found.map(brief), [brief(due)], `${found.map((one) => one.text).join('; ')}\n${text.replaceAll("'", "'\n")}`); // prettier-ignore
            const [{ offset, length = 0, tag }] = found as [Finding];
            const spot = text.slice(offset, offset + length);
            if (due.code === '15' || due.code === '35') assert.equal(spot, tag);
          },
        ),
        { numRuns: 150 },
      );
    });
  }
});
