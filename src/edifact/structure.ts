import type { GroupItem, MessageDefinition, StructureItem } from './directory.ts';

/** A message's structure laid flat: its segments in the order of the directory, and how each is reached from each. */
export interface Structure {
  readonly leaves: readonly Leaf[];
  /** A number for each tag. */
  readonly tags: ReadonlyMap<string, number>;
  readonly tagNames: readonly string[];
  /** How a segment of the tag may follow that of the leaf, the ways first that leave out nothing mandatory. */
  routes(leaf: number, tag: number): readonly Route[];
  /**
   * How a segment of the tag follows that of the leaf, where there is one way and it leaves out nothing: `wayOf` a route;
   * negative else.
   */
  plainWay(leaf: number, tag: number): number;
  /** The same for those that were asked for, at `leaf * tags.size + tag`; else 0. */
  readonly ways: Int32Array;
  /** How often the segment may stand at each leaf, and how many groups are around it. */
  readonly most: Int32Array;
  readonly depths: Int32Array;
  /** How often each group may stand, the outermost first, at `leaf * depth`. */
  readonly groupMost: Int32Array;
  /** How deep groups lie in each other. */
  readonly depth: number;
}

/** Kinds of ways, in their low two bits; above them the depth of the route, and the index of its target. */
export const AGAIN = 1;
export const GROUP_AGAIN = 2;
const FORWARD = 3;
const noWay = -1;
const wayKinds = { segment: AGAIN, group: GROUP_AGAIN, forward: FORWARD };

/** A route in one number. */
export function wayOf({ target, kind, depth }: Route): number {
  return (target.index << 8) | (depth << 2) | wayKinds[kind];
}

/** A segment at its place. */
export interface Leaf {
  readonly index: number;
  readonly tag: string;
  readonly tagNumber: number;
  readonly max: number;
  /** The groups around it, the outermost first. */
  readonly groups: readonly Group[];
  /** How many they are. */
  readonly depth: number;
  readonly pos: string;
}

export interface Group {
  readonly number: number;
  readonly max: number;
  readonly trigger: string;
}

export interface Route {
  readonly target: Leaf;
  /** The segment again, its group again, or what stands behind it. */
  readonly kind: 'segment' | 'group' | 'forward';
  /** How many groups around the last segment stay as they are; of a group that is repeated, this is its depth. */
  readonly depth: number;
  /** Mandatory segments that are left out. */
  readonly missing: readonly Leaf[];
}

/** More than this left out at one place is no omission, but another place. */
const missingAtMost = 4;

export function structureOf(definition: MessageDefinition): Structure {
  const leaves: Leaf[] = [];
  const tags = new Map<string, number>();
  const root = layOut(definition.structure, []);

  function layOut(items: readonly StructureItem[], groups: readonly Group[]): Node[] {
    return items.map((item): Node => {
      const first = leaves.length;
      if ('items' in item) {
        const group = { number: item.group, max: item.max, trigger: triggerOf(item) };
        const children = layOut(item.items, [...groups, group]);
        return { first, last: leaves.length - 1, mandatory: item.status === 'M', children };
      }
      if (!tags.has(item.tag)) tags.set(item.tag, tags.size);
      const tagNumber = tags.get(item.tag) as number;
      leaves.push({
        index: first,
        tag: item.tag,
        tagNumber,
        max: item.max,
        groups,
        depth: groups.length,
        pos: item.pos,
      });
      return { first, last: first, mandatory: item.status === 'M', children: undefined };
    });
  }

  const known = new Map<number, readonly Route[]>();
  const routes = (leaf: number, tag: number): readonly Route[] => {
    const key = leaf * tags.size + tag;
    let found = known.get(key);
    if (found === undefined) {
      found = routesFrom(leaf, leaves.filter(({ tagNumber }) => tagNumber === tag), leaves, root); // prettier-ignore
      known.set(key, found);
    }
    return found;
  };
  const ways = new Int32Array(leaves.length * tags.size);
  const plainWay = (leaf: number, tag: number): number => {
    const [only, ...others] = routes(leaf, tag).filter(({ missing }) => missing.length === 0);
    const way = only !== undefined && others.length === 0 ? wayOf(only) : noWay;
    ways[leaf * tags.size + tag] = way;
    return way;
  };
  const depth = Math.max(...leaves.map((leaf) => leaf.depth));
  const groupMost = leaves.flatMap(({ groups }) => Array.from({ length: depth }, (_, each) => groups[each]?.max ?? 0));
  return {
    ...{ leaves, tags, tagNames: [...tags.keys()], routes, plainWay, ways, depth },
    most: Int32Array.from(leaves, ({ max }) => max),
    depths: Int32Array.from(leaves, (leaf) => leaf.depth),
    groupMost: Int32Array.from(groupMost),
  };
}

/** A segment or group with the leaves that it spans. */
interface Node {
  readonly first: number;
  readonly last: number;
  readonly mandatory: boolean;
  readonly children: readonly Node[] | undefined;
}

function triggerOf(group: GroupItem): string {
  const [first] = group.items;
  return first === undefined ? '' : 'items' in first ? triggerOf(first) : first.tag;
}

function routesFrom(from: number, targets: readonly Leaf[], leaves: readonly Leaf[], root: readonly Node[]): Route[] {
  const routes: Route[] = [];
  const add = (kind: Route['kind'], target: Leaf, depth: number, missing: readonly number[]) => {
    // UNT has no other place.
    if (missing.length > missingAtMost && target.tag !== 'UNT') return;
    routes.push({ kind, target, depth, missing: missing.map((index) => leaves[index] as Leaf) });
  };
  for (const target of targets) {
    // A trigger that stands there once begins the group again instead.
    const opens = target.max === 1 && target.groups.at(-1)?.trigger === target.tag;
    if (target.index === from && !opens) add('segment', target, target.groups.length, []);
    // Outwards from the innermost level: what is left out grows with each group that is left.
    const levels = levelsAround(from, root);
    let left: number[] = [];
    for (let depth = levels.length - 1; depth >= 0; depth--) {
      const level = levels[depth] as readonly Node[];
      const here = level.findIndex((node) => node.first <= from && from <= node.last);
      const there = level.findIndex((node) => node.first <= target.index && target.index <= node.last);
      if (there > here) {
        add('forward', target, depth, [...left, ...leftOut(level.slice(here + 1, there)), ...entering(level[there] as Node, target.index)]); // prettier-ignore
      }
      left = [...left, ...leftOut(level.slice(here + 1))];
      if (depth > 0 && there !== -1) add('group', target, depth, [...left, ...enteringLevel(level, target.index)]);
    }
  }
  return routes.sort((a, b) => a.missing.length - b.missing.length);
}

/** The levels from the outermost in that lead to a leaf. */
function levelsAround(leaf: number, root: readonly Node[]): (readonly Node[])[] {
  const levels: (readonly Node[])[] = [];
  for (let level: readonly Node[] | undefined = root; level !== undefined;) {
    levels.push(level);
    level = level.find((node) => node.first <= leaf && leaf <= node.last)?.children;
  }
  return levels;
}

/** The first segment of each that is mandatory. */
function leftOut(nodes: readonly Node[]): number[] {
  return nodes.filter(({ mandatory }) => mandatory).map(({ first }) => first);
}

/** What is left out when a group begins with another segment than its trigger. */
function entering({ children }: Node, target: number): number[] {
  return children === undefined ? [] : enteringLevel(children, target);
}

function enteringLevel(level: readonly Node[], target: number): number[] {
  const there = level.findIndex((node) => node.first <= target && target <= node.last);
  return [...leftOut(level.slice(0, there)), ...entering(level[there] as Node, target)];
}
