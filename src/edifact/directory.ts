import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A UN/EDIFACT directory, or the service segments of a syntax version, as `reference/edifact/*.json` has them: tags,
 * identifiers, statuses, repeats, representations and code values (`reference/edifact/README.md` explains the shape).
 */
export interface Directory {
  /** Such as `97B` */
  readonly release: string;
  readonly messages: Readonly<Record<string, MessageDefinition>>;
  readonly segments: Readonly<Record<string, SegmentDefinition>>;
  readonly composites: Readonly<Record<string, CompositeDefinition>>;
  readonly elements: Readonly<Record<string, ElementDefinition>>;
  /** Values and their names, by the identifier of the element. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface MessageDefinition {
  readonly type: string;
  readonly version: string;
  readonly release: string;
  readonly agency: string;
  readonly title: string;
  readonly structure: readonly StructureItem[];
}

/** A segment or a group of them at its place in a message. */
export type StructureItem = SegmentItem | GroupItem;

export interface SegmentItem {
  readonly pos: string;
  readonly tag: string;
  readonly status: Status;
  readonly max: number;
}

/** Its first item is the trigger: mandatory, and there once. */
export interface GroupItem {
  readonly pos: string;
  readonly group: number;
  readonly status: Status;
  readonly max: number;
  readonly items: readonly StructureItem[];
}

/** Mandatory or conditional. */
export type Status = 'M' | 'C';

export interface SegmentDefinition {
  readonly name: string;
  /** `max`: how often the element may be repeated in syntax 4; before it, so many positions follow each other. */
  readonly elements: readonly (Part & { readonly pos: string; readonly max: number })[];
  /** ISO 9735-1 §11, by the positions of the elements, such as `060`; `D5`: if the first is there, all are. */
  readonly dependencyNotes?: readonly { readonly type: string; readonly elements: readonly string[] }[];
}

export interface CompositeDefinition {
  readonly name: string;
  readonly components: readonly Part[];
}

/** A place for a data element: four digits for a simple one, else the identifier of a composite. */
export interface Part {
  readonly id: string;
  readonly status: Status;
}

export interface ElementDefinition {
  readonly name: string;
  /** Such as `an..35` */
  readonly repr: string;
  readonly type: 'a' | 'n' | 'an';
  /** In characters, signs of a number not counted; `max` for a fixed length, else 0. */
  readonly min: number;
  readonly max: number;
  readonly coded: boolean;
  /** The list outside of the directory from which the values come, such as `ISO 3166`. */
  readonly codeSource?: string;
  /** Partners may agree on values, also where the directory has a list. */
  readonly userCodes?: boolean;
  /** The list may be another agency's, as 1131 and 3055 in the same composite tell. */
  readonly with1131_3055?: boolean;
}

/** `D97B` and its like, and the service segments of syntax 1 to 3 and of syntax 4. */
export type FindDirectory = (name: string) => Directory | undefined;

/**
 * The directory of this name, such as `D97B`, `SERVICE-V3` or `SERVICE-V4`; undefined when it is not there. It comes
 * with the product, beside `src` and beside `dist` alike, and is read once. Whoever has others passes their own
 * `FindDirectory` to `readInterchange`.
 */
export const loadDirectory: FindDirectory = (name) => {
  // A name may come out of a message: nothing but a release or a service directory becomes a path.
  if (!/^(?:D\d\d[A-Z]|SERVICE-V[34])$/.test(name)) return undefined;
  if (!loaded.has(name)) loaded.set(name, read(name));
  return loaded.get(name);
};

const loaded = new Map<string, Directory | undefined>();
const folder = path.resolve(import.meta.dirname, '../../reference/edifact');

function read(name: string): Directory | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(folder, `${name}.json`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as Directory;
}
