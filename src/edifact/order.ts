import { AGAIN, GROUP_AGAIN, type Leaf, type Route, type Structure, wayOf } from './structure.ts';

/** What is wrong with the order of a message's segments. */
export interface OrderFault {
  /** 13 missing, 15 not supported in this position, 35 and 36 too many repetitions */
  readonly code: '13' | '15' | '35' | '36';
  /** 0096 of the segment at fault, or where the missing one should stand. */
  readonly segment: number;
  readonly offset: number;
  /** The tag that is missing, or the one that stands there. */
  readonly tag: string;
  /** In bytes, of the tag; 0 for what is missing. */
  readonly length: number;
  /** Where the structure has the segment, or might have it. */
  readonly leaf: Leaf | undefined;
}

/** Where in the structure a message is, its segments taken one after the other. */
export interface Order {
  readonly structure: Structure;
  /** The cheapest first. One, as long as all is well. */
  paths: Path[];
  /** Segments since the last fault, all of which fitted. */
  calm: number;
  /** There were so many faults that the rest is not judged. */
  lost: boolean;
}

/** One way in which the segments so far can be understood. */
export interface Path {
  /** Index of the leaf at which the last segment stands, and how often it stands there. */
  leaf: number;
  count: number;
  /** How often each group around it is there, the outermost first; what is beyond is of groups that were left. */
  readonly groups: number[];
  cost: number;
  fault: Noted | undefined;
  /** The segment before has no place: it may stand for a mandatory one. */
  standIn: boolean;
  /** What was told to be missing right before this segment. */
  awaited: readonly Leaf[];
}

interface Noted {
  readonly fault: OrderFault;
  readonly before: Noted | undefined;
}

export function newOrder(structure: Structure): Order {
  const order: Order = { structure, paths: [], calm: 0, lost: false };
  startOrder(order);
  return order;
}

/** Begins anew: UNH stands at the first leaf. */
export function startOrder(order: Order): void {
  const path = order.paths[0] ?? newPath(order.structure);
  path.leaf = path.cost = 0;
  path.count = 1;
  path.fault = undefined;
  path.standIn = false;
  path.awaited = none;
  if (order.paths.length !== 1) order.paths = [path];
  order.calm = 0;
  order.lost = false;
}

function newPath({ depth }: Structure): Path {
  const groups = Array.from({ length: depth }, () => 0);
  return { leaf: 0, count: 1, groups, cost: 0, fault: undefined, standIn: false, awaited: none };
}

const none: readonly Leaf[] = [];
const noFaults: readonly OrderFault[] = [];

/**
 * Takes the next segment (ISO 9735-1 annex on the order of segments and groups). Its first place behind the last one is
 * its own. Where it has none, the ways to understand what follows are held beside each other for some segments, and that
 * with the fewest faults stands, so that one defect is told once.
 *
 * @param tag number of the tag in the structure; -1 for one that the structure has not
 */
export function takeSegment(order: Order, tag: number, segment: number, offset: number, name: string): void {
  if (order.lost) return;
  const path = onlyPath(order);
  if (path !== undefined && tag >= 0 && stepOn(order, path, tag)) return;
  branch(order, tag, { segment, offset, tag: name });
}

/** The one way to understand the segments so far; undefined where there are more. */
export function onlyPath({ paths, lost }: Order): Path | undefined {
  return paths.length === 1 && !lost ? paths[0] : undefined;
}

/** Takes a segment that has one place behind the last one. False when it has not: then nothing is done. */
export function stepOn(order: Order, path: Path, tag: number): boolean {
  const { structure } = order;
  const { leaf } = path;
  const way = (structure.ways[leaf * structure.tagNames.length + tag] as number) || structure.plainWay(leaf, tag);
  if (way < 0 || !isWithin(structure, path, way)) return false;
  follow(structure, path, way);
  order.calm++;
  return true;
}

/** Whether the segment or group may stand there once more. */
function isWithin({ most, groupMost, depth: levels }: Structure, { leaf, count, groups }: Path, way: number): boolean {
  const kind = way & 3;
  if (kind === AGAIN) return count < (most[leaf] as number);
  const depth = (way >> 2) & 0x3f;
  return kind !== GROUP_AGAIN || (groups[depth - 1] as number) < (groupMost[(way >> 8) * levels + depth - 1] as number);
}

/** Moves the path along a way. */
function follow({ depths }: Structure, path: Path, way: number): void {
  const { groups } = path;
  const kind = way & 3;
  if (kind === AGAIN) path.count++;
  else {
    const target = way >> 8;
    const depth = (way >> 2) & 0x3f;
    if (kind === GROUP_AGAIN) (groups[depth - 1] as number)++;
    for (let each = depth; each < (depths[target] as number); each++) groups[each] = 1;
    path.leaf = target;
    path.count = 1;
  }
  path.standIn = false;
  path.awaited = none;
}

/** What is wrong with the order, as it is best understood. */
export function orderFaults({ paths }: Order): readonly OrderFault[] {
  let noted = paths[0]?.fault;
  if (noted === undefined) return noFaults;
  const faults: OrderFault[] = [];
  for (; noted !== undefined; noted = noted.before) faults.push(noted.fault);
  return faults.reverse();
}

type Place = Pick<OrderFault, 'segment' | 'offset' | 'tag'>;

/** What an explanation costs. Of two that cost the same that is taken which comes first. */
const costs = { repetition: 9, entry: 9.5, missing: 10, misplaced: 10, trigger: 11, settled: 2 };
/** Beyond these a way is given up. */
const dearest = 25;
const pathsAtMost = 12;
/** So many segments that fit decide which way was right. */
const calmEnough = 8;
/** Of one message; the rest of it is not judged. */
const faultsAtMost = 100;

function branch(order: Order, tag: number, place: Place): void {
  const next: Path[] = [];
  for (const path of order.paths) next.push(...ways(order.structure, path, tag, place));
  next.sort((a, b) => a.cost - b.cost);
  const cheapest = next[0] as Path;
  const fitted = order.paths.some(({ fault }) => fault === cheapest.fault);
  order.calm = fitted ? order.calm + 1 : 0;
  const most = cheapest.cost + (order.calm >= calmEnough ? 0 : dearest);
  const kept: Path[] = [];
  for (const path of next) {
    if (path.cost <= most && kept.length < pathsAtMost && !kept.some((other) => isSame(other, path))) kept.push(path);
  }
  order.paths = order.calm >= calmEnough ? kept.slice(0, 1) : kept;
  if (cheapest.cost > faultsAtMost * costs.missing) order.lost = true;
}

function ways(structure: Structure, path: Path, tag: number, place: Place): Path[] {
  const found: Path[] = [];
  if (tag >= 0) {
    const routes = structure.routes(path.leaf, tag);
    const entry = onlyEntry(routes);
    for (const route of routes) {
      const fitting = copyOf(path);
      const way = wayOf(route);
      const within = isWithin(structure, fitting, way);
      follow(structure, fitting, way);
      if (!within) found.push(overstepping(path, fitting, route, place));
      else if (route.missing.length > 0) found.push(leavingOut(path, fitting, route, place, route === entry));
      else {
        // It was told to be missing, and comes only now: then that is what is out of its place.
        if (path.awaited.some(({ tagNumber }) => tagNumber === tag)) fitting.cost += costs.settled;
        found.push(fitting);
      }
    }
    // What fits fits: a fault is looked for where nothing does.
    const clean = found.filter(({ fault }) => fault === path.fault);
    if (clean.length > 0 && clean.some(({ cost }) => cost === path.cost)) return clean;
    // Nothing comes behind UNT, so that what was left out is told, however much it is.
    if (found.length > 0 && structure.tagNames[tag] === 'UNT') return found;
  }
  return [...found, misplaced(structure, path, tag, place)];
}

/** The segment or group stands there more often than it may: told once, however often. */
function overstepping(before: Path, after: Path, route: Route, place: Place): Path {
  const { target, kind, depth } = route;
  const [count, most] = kind === 'segment' ? [after.count, target.max] : [after.groups[depth - 1] as number, target.groups[depth - 1]?.max ?? 0]; // prettier-ignore
  const told = count > most + 1;
  if (!told) {
    note(after, { code: kind === 'segment' ? '35' : '36', ...place, length: place.tag.length, leaf: target });
    after.cost += costs.repetition;
  }
  return route.missing.length === 0 ? after : leavingOut(before, after, route, place);
}

/** The way into a group further on of which the trigger alone is left out, where the segment can be of no other. */
function onlyEntry(routes: readonly Route[]): Route | undefined {
  const [route, ...others] = routes.filter(({ missing }) => missing.length <= 1);
  if (route?.kind !== 'forward' || others.length > 0) return undefined;
  const [left] = route.missing;
  const group = route.target.groups.at(-1);
  return left !== undefined && left.groups.at(-1) === group && left.tag === group?.trigger ? route : undefined;
}

function leavingOut({ standIn }: Path, after: Path, { missing }: Route, place: Place, entered = false): Path {
  for (const [index, leaf] of missing.entries()) {
    // The segment before, which has no place, stands where this one should.
    if (standIn && index === 0) {
      after.cost += costs.settled;
      continue;
    }
    note(after, { code: '13', segment: place.segment, offset: place.offset, tag: leaf.tag, length: 0, leaf });
    const isTrigger = leaf.groups.at(-1)?.trigger === leaf.tag;
    after.cost += entered ? costs.entry : isTrigger ? costs.trigger : costs.missing;
  }
  after.awaited = missing;
  return after;
}

/** The segment is passed over. */
function misplaced(structure: Structure, path: Path, tag: number, place: Place): Path {
  const after = copyOf(path);
  const awaited = path.awaited.find(({ tagNumber }) => tagNumber === tag);
  if (awaited !== undefined) {
    // It was told to be missing, and stands one place too late.
    after.awaited = [];
    after.cost += costs.settled;
    return after;
  }
  const leaf = structure.leaves.find(({ tagNumber }) => tagNumber === tag);
  note(after, { code: '15', ...place, length: place.tag.length, leaf });
  after.cost += costs.misplaced;
  after.standIn = true;
  return after;
}

function note(path: Path, fault: OrderFault): void {
  path.fault = { fault, before: path.fault };
}

function copyOf(path: Path): Path {
  return { ...path, groups: [...path.groups] };
}

function isSame(a: Path, b: Path): boolean {
  return (
    a.leaf === b.leaf &&
    a.count === b.count &&
    a.standIn === b.standIn &&
    a.awaited === b.awaited &&
    a.groups.every((count, depth) => count === b.groups[depth])
  );
}
