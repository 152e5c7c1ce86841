import { readFileSync } from 'node:fs';
import type { Message, Segment } from '../../src/edifact/interchange.ts';

/** What does not conform to the directory in a message, each as a sentence; empty when all does. */
export function faultsOf(message: Message, syntaxVersion = '3'): readonly string[] {
  const service = load(syntaxVersion === '4' ? 'SERVICE-V4' : 'SERVICE-V3');
  const directory = message.type === 'CONTRL' ? service : load(`D${message.release}`);
  const structure = directory.messages[message.type]?.structure;
  if (structure === undefined) return [`${message.type} is not in the directory`];
  const faults: string[] = [];
  const end = matchItems(structure, message.segments, 0, faults);
  const left = message.segments[end];
  if (left !== undefined) faults.push(`${left.tag} at ${left.position} has no place in the structure`);
  for (const segment of message.segments) {
    const source = service.segments[segment.tag] === undefined ? directory : service;
    faults.push(...segmentFaults(segment, source));
  }
  return faults;
}

interface Item {
  readonly tag?: string;
  readonly group?: number;
  readonly status: string;
  readonly max: number;
  readonly items?: readonly Item[];
}

interface Part {
  readonly id: string;
  readonly status: string;
}

interface Directory {
  readonly messages: Readonly<Record<string, { readonly structure: readonly Item[] }>>;
  readonly segments: Readonly<Record<string, { readonly elements: readonly (Part & { max: number })[] }>>;
  readonly composites: Readonly<Record<string, { readonly components: readonly Part[] }>>;
  readonly elements: Readonly<Record<string, Element>>;
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Element {
  readonly type: string;
  readonly min: number;
  readonly max: number;
  readonly userCodes?: boolean;
  readonly with1131_3055?: boolean;
}

const loaded = new Map<string, Directory>();

function load(name: string): Directory {
  const url = new URL(`../../reference/edifact/${name}.json`, import.meta.url);
  const directory = loaded.get(name) ?? (JSON.parse(readFileSync(url, 'utf8')) as Directory);
  loaded.set(name, directory);
  return directory;
}

/** Greedy: a segment belongs to the first item that its tag can begin. */
function matchItems(items: readonly Item[], segments: readonly Segment[], from: number, faults: string[]): number {
  let at = from;
  for (const item of items) {
    const trigger = item.tag ?? item.items?.[0]?.tag;
    let count = 0;
    while (segments[at]?.tag === trigger && count < item.max) {
      at = item.items === undefined ? at + 1 : matchItems(item.items, segments, at, faults);
      count++;
    }
    if (count === 0 && item.status === 'M') faults.push(`${trigger ?? ''} is missing before segment ${at + 1}`);
  }
  return at;
}

function segmentFaults(segment: Segment, directory: Directory): readonly string[] {
  const definition = directory.segments[segment.tag];
  if (definition === undefined) return [`${segment.tag} is not in the directory`];
  const slots = definition.elements.flatMap((element) => Array<Part>(element.max).fill(element));
  const faults: string[] = [];
  const where = `${segment.tag} at ${segment.position}`;
  if (segment.elements.length > slots.length) faults.push(`${where}: too many elements`);
  for (const [index, slot] of slots.entries()) {
    const components = segment.elements[index] ?? [];
    const empty = components.every((text) => text === '');
    if (empty && slot.status === 'M') faults.push(`${where}: ${slot.id} is missing`);
    const parts = directory.composites[slot.id]?.components ?? [{ id: slot.id, status: slot.status }];
    if (components.length > parts.length) faults.push(`${where}: too many components in ${slot.id}`);
    if (empty) continue;
    for (const [place, part] of parts.entries()) {
      const text = components[place] ?? '';
      if (text === '' && part.status === 'M') faults.push(`${where}: ${part.id} is missing in ${slot.id}`);
      if (text !== '') faults.push(...valueFaults(text, part.id, directory).map((fault) => `${where}: ${fault}`));
    }
  }
  return faults;
}

/** What CONTRL repeats of its subject as it is, whatever it be: 0007 of S002 and S003, and S009. */
const repeated = new Set(['0007', '0051', '0052', '0054', '0065']);

function valueFaults(text: string, id: string, { elements, codes }: Directory): readonly string[] {
  const element = elements[id];
  if (element === undefined) return [`${id} is not in the directory`];
  const faults: string[] = [];
  if (text.length > element.max || text.length < element.min) faults.push(`${id} has a wrong length: ${text}`);
  if (element.type === 'n' && !/^-?\d+([.,]\d+)?$/.test(text)) faults.push(`${id} is not numeric: ${text}`);
  const list = codes[id];
  const open = element.userCodes === true || element.with1131_3055 === true || repeated.has(id);
  if (list !== undefined && !open && list[text] === undefined) faults.push(`${id} has no code ${text}`);
  return faults;
}
