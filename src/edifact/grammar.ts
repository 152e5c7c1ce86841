import { type FlatRules, flatRules } from './conform.ts';
import { type ComponentRules, type SegmentRules, type Slot, leastOf, segmentRules } from './definitions.ts';
import type { Directory, FindDirectory } from './directory.ts';
import type { Levels } from './elements.ts';
import type { MessageIdentifier } from './interchange.ts';
import { type Structure, structureOf } from './structure.ts';
import { type TagTable, tagNumber, tagTable } from './tag-table.ts';

/** All that a message of one type and release is held against. */
export interface Grammar {
  readonly structure: Structure;
  readonly tags: TagTable;
  /** By the number of the tag. */
  readonly segments: readonly SegmentGrammar[];
  /** The same, of segments where it says all: of those without notes that depend on each other. */
  readonly flat: FlatRules;
  /** The number of UNT. */
  readonly trailer: number;
}

/** @param key the bytes of the tag in one number */
export function findSegment(grammar: Grammar, key: number): SegmentGrammar | undefined {
  const number = tagNumber(grammar.tags, key);
  return number === -1 ? undefined : grammar.segments[number];
}

export interface SegmentGrammar {
  readonly tag: string;
  /** In the structure. */
  readonly number: number;
  readonly rules: SegmentRules | undefined;
  readonly levels: Levels;
}

/** Faults of UNH and UNT are told with the message (ISO 9735-4, UCM), those of others with the segment. */
export const messageLevels: Levels = { segment: 'UCM', element: 'UCM' };
export const segmentLevels: Levels = { segment: 'UCS', element: 'UCD' };

/**
 * What a message is held against, made once for each type and release; undefined when no directory has it. CONTRL is in
 * the service directories, of its own version whatever the syntax of the interchange.
 */
export function grammarOf(message: MessageIdentifier, syntaxVersion: string, find: FindDirectory): Grammar | undefined {
  const { type, version, release, agency } = message;
  const isContrl = type === 'CONTRL';
  const name = isContrl ? serviceName(version) : version === 'D' && agency === 'UN' ? `D${release}` : '';
  const directory = find(name);
  const service = find(serviceName(syntaxVersion));
  if (directory === undefined || service === undefined || !Object.hasOwn(directory.messages, type)) return undefined;
  const known = made.get(directory) ?? new Map<string, Grammar>();
  made.set(directory, known);
  const key = `${type} ${syntaxVersion === '4' ? '4' : '3'}`;
  let grammar = known.get(key);
  if (grammar === undefined) {
    grammar = make(directory, service, type, syntaxVersion, find);
    if (grammar !== undefined) known.set(key, grammar);
  }
  return grammar;
}

const made = new WeakMap<Directory, Map<string, Grammar>>();

function serviceName(version: string): string {
  return version === '4' ? 'SERVICE-V4' : 'SERVICE-V3';
}

function make(
  directory: Directory,
  service: Directory,
  type: string,
  version: string,
  find: FindDirectory,
): Grammar | undefined {
  const definition = directory.messages[type];
  if (definition === undefined) return undefined;
  const structure = structureOf(definition);
  // The directories say in notes which codes partners may agree on; D.01B has no notes, and otherwise what D.00B has.
  const flags = directory.release === '01B' ? find('D00B') : undefined;
  const segments = structure.tagNames.map((tag, number): SegmentGrammar => {
    const envelope = tag === 'UNH' || tag === 'UNT';
    const own = envelope ? undefined : segmentRules(directory, tag, version, flags);
    const rules = own ?? segmentRules(service, tag, version);
    return { tag, number, rules: rules && relaxed(rules), levels: envelope ? messageLevels : segmentLevels };
  });
  const flat = flatRules(segments.map(({ rules }) => (rules?.notes.length === 0 ? rules : undefined)));
  const tags = tagTable(structure.tagNames);
  return { structure, tags, segments, flat, trailer: structure.tagNames.indexOf('UNT') };
}

/** Rules for UNB, UNG, UNE and UNZ, made once for each syntax. */
export function envelopeRules(version: string, find: FindDirectory): ReadonlyMap<string, SegmentRules> {
  const service = find(serviceName(version));
  if (service === undefined) return new Map();
  let rules = envelopes.get(service);
  if (rules === undefined) {
    const all = ['UNB', 'UNG', 'UNE', 'UNZ'].map((tag) => segmentRules(service, tag, version));
    rules = new Map(all.filter((each) => each !== undefined).map((each) => [each.tag, relaxed(each)]));
    envelopes.set(service, rules);
  }
  return rules;
}

const envelopes = new WeakMap<Directory, ReadonlyMap<string, SegmentRules>>();

/** Elements that name and count: they are judged where the envelope is read, as 2, 13, 26, 28, 29, 39 and 46. */
const judgedWithEnvelope = new Map([
  ['UNB', [0, 1, 2, 3, 4, 6]],
  ['UNZ', [0, 1]],
  ['UNG', [1, 2, 3, 4]],
  ['UNE', [0, 1]],
  ['UNH', [0, 1]],
  ['UNT', [0, 1]],
]);

/** The same rules, in which those elements may hold what they will, as far as the character set has it; of 0007 it is told. */
function relaxed(rules: SegmentRules): SegmentRules {
  const places = judgedWithEnvelope.get(rules.tag);
  if (places === undefined) return rules;
  const slots = rules.slots.map((slot, index): Slot => {
    if (!places.includes(index)) return slot;
    const open = slot.parts.map(anything);
    const spare = rules.tag === 'UNB' && parties.includes(index) ? spareComponents : 0;
    const more = Array.from({ length: spare }, () => anything(open[0] as ComponentRules));
    return { ...slot, mandatory: false, required: 0, parts: [...open, ...more] };
  });
  return { ...rules, slots, least: leastOf(slots) };
}

/** S002 and S003 of UNB: that they have too many components is told there too. */
const parties = [1, 2];
const spareComponents = 8;

function anything(part: ComponentRules): ComponentRules {
  const { id, codes } = part;
  return { ...part, type: 'an', min: 0, max: Number.MAX_SAFE_INTEGER, codes: id === '0007' ? codes : undefined };
}
