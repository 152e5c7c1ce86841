import { type Directory, type Part, type StructureItem, loadDirectory } from '../../src/edifact/directory.ts';

/** A message made at random from a directory, which conforms to it. */
export interface Made {
  readonly type: string;
  readonly release: string;
  readonly version: '3' | '4';
  /** Without UNH and UNT. */
  readonly segments: MadeSegment[];
}

export interface MadeSegment {
  readonly tag: string;
  /** Place in the structure; 0 and 1 for what was added. */
  readonly item: {
    readonly status: 'M' | 'C';
    readonly max: number;
    readonly isTrigger: boolean;
    readonly instance: object;
  };
  /** Elements, their occurrences, their components. */
  readonly elements: string[][][];
}

/** Numbers from 0 up to, but without, `below`. */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 13), 0x85ebca6b);
    mixed ^= mixed >>> 16;
    return (mixed >>> 0) % below;
  };
}

/** How much of what is conditional is there: none, some, all. */
export type Fullness = 'min' | 'some' | 'max';

export function makeMessage(name: string, type: string, version: '3' | '4', fullness: Fullness, random: Random): Made {
  const directory = loadDirectory(name) as Directory;
  const definition = directory.messages[type]!;
  const segments: MadeSegment[] = [];
  const wanted = (status: string) => status === 'M' || fullness === 'max' || (fullness === 'some' && random(3) === 0);
  const build = (items: readonly StructureItem[]) => {
    const instance = {};
    for (const [index, item] of items.entries()) {
      if ('tag' in item && (item.tag === 'UNH' || item.tag === 'UNT')) continue;
      if (!wanted(item.status) || segments.length > 300) {
        if (item.status !== 'M') continue;
      }
      const times = fullness === 'some' ? 1 + random(Math.min(item.max, 3)) : 1;
      for (let each = 0; each < times; each++) {
        if ('items' in item) build(item.items);
        else {
          const place = { status: item.status, max: item.max, isTrigger: index === 0, instance };
          segments.push({
            tag: item.tag,
            item: place,
            elements: elementsOf(directory, item.tag, version, wanted, random),
          });
        }
      }
    }
  };
  build(definition.structure);
  return { type, release: definition.release, version, segments };
}

export function elementsOf(
  directory: Directory,
  tag: string,
  version: '3' | '4',
  wanted: (status: string) => boolean,
  random: Random,
): string[][][] {
  const elements: string[][][] = [];
  for (const element of directory.segments[tag]!.elements) {
    // What CONTRL gives with an error depends on each other: left out here.
    const dependent = directory.segments[tag]!.dependencyNotes !== undefined && element.status === 'C';
    const occurrences: string[][] = [];
    for (let each = 0; each < element.max; each++) {
      const there = !dependent && wanted(each === 0 ? element.status : 'C');
      if (there) occurrences.push(componentsOf(directory, element, wanted, random));
      else if (version === '3') occurrences.push([]);
      else break;
    }
    if (version === '4') elements.push(occurrences);
    else elements.push(...occurrences.map((one) => (one.length === 0 ? [] : [one])));
  }
  while (elements.at(-1)?.length === 0) elements.pop();
  return elements;
}

function componentsOf(
  directory: Directory,
  { id }: Part,
  wanted: (status: string) => boolean,
  random: Random,
): string[] {
  const parts = directory.composites[id]?.components ?? [{ id, status: 'M' as const }];
  const texts: string[] = parts.map((part) => (wanted(part.status) ? valueOf(directory, part.id, random) : ''));
  if (texts.join('') === '') texts[0] = valueOf(directory, parts[0]!.id, random);
  while (texts.at(-1) === '') texts.pop();
  return texts;
}

const letters = "ABCXYZabcxyz0123456789 .,-()/='+:?*\xc4\xe9\xdf";

export function valueOf(directory: Directory, id: string, random: Random): string {
  const { type, min, max } = directory.elements[id]!;
  const codes = Object.keys(directory.codes[id] ?? {});
  if (codes.length > 0) return codes[random(codes.length)]!;
  const length = min > 0 ? min : 1 + random(Math.min(max, 20));
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
  if (type === 'n') {
    const sign = random(4) === 0 && min === 0 ? '-' : '';
    const whole = 1 + random(length);
    return sign + digits(whole) + (length > whole && min === 0 ? `.${digits(length - whole)}` : digits(length - whole));
  }
  const from = type === 'a' ? 'ABCXYZ' : letters;
  return Array.from({ length }, () => from[random(from.length)]).join('');
}

/** The interchange around messages, counted rightly. */
export function spell(messages: readonly Made[]): string {
  const version = messages[0]?.version ?? '3';
  const head = `UNB+UNOC:${version}+SENDER:ZZZ+RECEIVER:ZZZ+${version === '4' ? '20' : ''}240101:1200+IC1'`;
  return `${head}${messages.map(spellMessage).join('')}UNZ+${messages.length}+IC1'`;
}

function spellMessage({ type, release, version, segments }: Made, index: number): string {
  const identifier = type === 'CONTRL' ? (version === '4' ? '4:1' : 'D:3') : `D:${release}`;
  const all = segments.map(
    ({ tag, elements }) => [tag, ...elements.map((one) => spellElement(one, version))].join('+') + "'",
  );
  return `UNH+${index + 1}+${type}:${identifier}:UN'${all.join('')}UNT+${segments.length + 2}+${index + 1}'`;
}

function spellElement(occurrences: readonly (readonly string[])[], version: '3' | '4'): string {
  const special = version === '4' ? /['+:?*]/g : /['+:?]/g;
  const release = (text: string) => text.replace(special, (character) => `?${character}`);
  return occurrences.map((components) => components.map(release).join(':')).join('*');
}
