import { type Directory, type FindDirectory, type Part } from '../../edifact/directory.ts';
import type { Message, Segment, Syntax } from '../../edifact/interchange.ts';
import { type Structure, structureOf } from '../../edifact/structure.ts';

/** A message with the names that the directory has for what is in it. */
export interface MessageTree {
  readonly reference: string;
  readonly type: string;
  readonly version: string;
  readonly release: string;
  /** Of the message in the directory; undefined when there is none. */
  readonly title: string | undefined;
  readonly segments: readonly SegmentTree[];
}

export interface SegmentTree {
  readonly position: number;
  readonly tag: string;
  readonly name: string | undefined;
  /** Numbers of the segment groups around it, the outermost first; undefined where it has no place. */
  readonly groups: readonly number[] | undefined;
  readonly elements: readonly ElementTree[];
}

/** A data element that is there; of a composite one, its components instead of a value. */
export interface ElementTree {
  /** Of the directory; undefined beyond what it knows. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly value?: string;
  /** What a code is called. */
  readonly meaning?: string | undefined;
  readonly components?: readonly ElementTree[];
}

export function treeOf(message: Message, syntax: Syntax, find: FindDirectory): MessageTree {
  const { reference, type, version, release } = message;
  const service = find(syntax.version === '4' ? 'SERVICE-V4' : 'SERVICE-V3');
  const directory = type === 'CONTRL' ? service : find(`${version}${release}`);
  const known = Object.hasOwn(directory?.messages ?? {}, type) ? directory?.messages[type] : undefined;
  const places = known && placesIn(structureOf(known));
  return {
    ...{ reference, type, version, release, title: known?.title },
    segments: message.segments.map((segment) => {
      const source = has(service?.segments, segment.tag) ? service : directory;
      const place = places?.(segment.tag);
      return {
        ...{ position: segment.position, tag: segment.tag, groups: place },
        name: has(source?.segments, segment.tag) ? source?.segments[segment.tag]?.name : undefined,
        elements: elementsOf(segment, source, syntax),
      };
    }),
  };
}

/** Follows a message through its structure: for each tag, the groups around its place. */
function placesIn(structure: Structure): (tag: string) => readonly number[] | undefined {
  let leaf = 0;
  let begun = false;
  return (tag) => {
    const number = structure.tags.get(tag);
    if (number === undefined) return undefined;
    if (!begun) {
      begun = true;
      if (structure.leaves[0]?.tag === tag) return [];
    }
    const [route] = structure.routes(leaf, number);
    if (route === undefined) return undefined;
    leaf = route.target.index;
    return route.target.groups.map((group) => group.number);
  };
}

function elementsOf(segment: Segment, directory: Directory | undefined, { version }: Syntax): readonly ElementTree[] {
  const definition = has(directory?.segments, segment.tag) ? directory?.segments[segment.tag] : undefined;
  // Before syntax 4 an element that may be repeated takes as many places (D.99B and later).
  const slots = definition?.elements.flatMap((part) => Array<Part>(version === '4' ? 1 : part.max).fill(part)) ?? [];
  return segment.elements.flatMap((components, index) => {
    const occurrences = [components, ...(segment.repeats?.get(index + 1) ?? [])];
    return occurrences.flatMap((texts) => elementOf(texts, slots[index]?.id, directory) ?? []);
  });
}

function elementOf(
  texts: readonly string[],
  id: string | undefined,
  directory: Directory | undefined,
): ElementTree | undefined {
  if (texts.every((text) => text === '')) return undefined;
  const composite = id !== undefined && has(directory?.composites, id) ? directory?.composites[id] : undefined;
  if (composite === undefined && texts.length === 1) return valueTree(texts[0] ?? '', id, directory);
  const components = texts.flatMap((text, index) =>
    text === '' ? [] : [valueTree(text, composite?.components[index]?.id, directory)],
  );
  const name = composite?.name ?? (id === undefined ? undefined : directory?.elements[id]?.name);
  return { id, name, components };
}

function valueTree(value: string, id: string | undefined, directory: Directory | undefined): ElementTree {
  const codes = id === undefined ? undefined : directory?.codes[id];
  const name = id === undefined ? undefined : directory?.elements[id]?.name;
  return { id, name, value, meaning: has(codes, value) ? codes?.[value] : undefined };
}

/** Texts of others are looked up: none may find what every object has. */
function has(table: object | undefined, key: string): boolean {
  return table !== undefined && Object.hasOwn(table, key);
}
