import { type CodeTable, codeTable } from './code-table.ts';
import type { Directory, ElementDefinition, Part } from './directory.ts';
import { externalList } from './external-list.ts';

/** A segment of a directory, made ready for checking: repeats unfolded, code lists as tables. */
export interface SegmentRules {
  readonly tag: string;
  readonly name: string;
  /** One for each position of a data element. */
  readonly slots: readonly Slot[];
  readonly notes: readonly DependencyNote[];
  /** How many slots there are up to the last that is mandatory. */
  readonly least: number;
}

/** A place for a data element. */
export interface Slot {
  readonly id: string;
  readonly name: string;
  readonly mandatory: boolean;
  /** How often the element may stand here: more than once in syntax 4 alone. */
  readonly repeats: number;
  readonly composite: boolean;
  readonly parts: readonly ComponentRules[];
  /** One bit for each part that is mandatory. */
  readonly required: number;
}

export interface ComponentRules {
  readonly id: string;
  readonly name: string;
  /** Such as `an..35` */
  readonly repr: string;
  readonly type: ElementDefinition['type'];
  readonly min: number;
  readonly max: number;
  readonly codes: CodeTable | undefined;
  /** What the list is called, where a value outside of it is told as a warning and refuses nothing. */
  readonly lenient: string | undefined;
  /** Indexes in the composite of the 1131 and 3055 that may name another list; -1 when there is none. */
  readonly list: number;
  readonly agency: number;
}

/** ISO 9735-1 §11: which data elements need or exclude each other, by their index. */
export interface DependencyNote {
  readonly type: string;
  readonly elements: readonly number[];
}

/** No list can be held against 0031: partners use its 2 (receipt) before syntax 4 too. */
const unlisted = '0031';

/**
 * Values outside of these lists are met: traffic is full of 0007 that are in none, and name the parties all the same; a
 * CONTRL repeats 0065, 0052, 0054, 0051 and 0113 (S009) as they came.
 */
const lenientElements = new Set(['0007', '0051', '0052', '0054', '0065', '0113']);

/** @param flags where `userCodes` and its like are read from: D.01B no longer has the notes that D.00B has */
export function segmentRules(
  directory: Directory,
  tag: string,
  version: string,
  flags: Directory = directory,
): SegmentRules | undefined {
  if (!Object.hasOwn(directory.segments, tag)) return undefined;
  const definition = directory.segments[tag];
  if (definition === undefined) return undefined;
  const slots: Slot[] = [];
  const places = new Map<string, number>();
  for (const element of definition.elements) {
    places.set(element.pos, slots.length);
    const once = version === '4' ? element.max : 1;
    // Before syntax 4 what may be repeated stands so many times, one behind the other; the first one is what is mandatory.
    const times = version === '4' ? 1 : element.max;
    for (let each = 0; each < times; each++) {
      slots.push(slotOf(directory, element, each === 0 && element.status === 'M', once, flags));
    }
  }
  const notes = (definition.dependencyNotes ?? []).map(({ type, elements }) => ({
    type,
    elements: elements.map((pos) => places.get(pos) ?? 0),
  }));
  return { tag, name: definition.name, slots, notes, least: leastOf(slots) };
}

export function leastOf(slots: readonly Slot[]): number {
  return slots.findLastIndex(({ mandatory }) => mandatory) + 1;
}

function slotOf(directory: Directory, { id }: Part, mandatory: boolean, repeats: number, flags: Directory): Slot {
  const composite = directory.composites[id];
  const components = composite?.components ?? [{ id, status: 'M' as const }];
  const required = components.reduce((mask, part, index) => (part.status === 'M' ? mask | (1 << index) : mask), 0);
  return {
    id,
    name: composite?.name ?? directory.elements[id]?.name ?? '',
    mandatory,
    repeats,
    composite: composite !== undefined,
    parts: components.map((part, index) =>
      componentRules(directory, part.id, components.slice(index + 1), index + 1, flags),
    ),
    required,
  };
}

function componentRules(
  directory: Directory,
  id: string,
  behind: readonly Part[],
  offset: number,
  flags: Directory,
): ComponentRules {
  const element = directory.elements[id];
  const indexOf = (wanted: string) => {
    const found = behind.findIndex((part) => part.id === wanted);
    return found === -1 ? -1 : found + offset;
  };
  const agreed = element?.userCodes === true || flags.elements[id]?.userCodes === true || id === unlisted;
  const list = Object.hasOwn(directory.codes, id) ? directory.codes[id] : undefined;
  const external = list === undefined && element?.codeSource !== undefined ? externalList(id) : undefined;
  return {
    id,
    name: element?.name ?? '',
    repr: element?.repr ?? 'an..',
    type: element?.type ?? 'an',
    min: element?.min ?? 0,
    max: element?.max ?? Number.MAX_SAFE_INTEGER,
    codes: agreed ? undefined : (external ?? (list && tableOf(list))),
    lenient:
      external === undefined
        ? lenientElements.has(id)
          ? 'its list'
          : undefined
        : `${element?.codeSource ?? ''} (today's edition)`,
    list: indexOf('1131'),
    agency: indexOf('3055'),
  };
}

const tables = new WeakMap<object, CodeTable>();

function tableOf(list: Readonly<Record<string, string>>): CodeTable {
  const table = tables.get(list) ?? codeTable(Object.keys(list));
  tables.set(list, table);
  return table;
}
