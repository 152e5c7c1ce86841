import { type CharacterSet, characterSetOf } from './character-set.ts';
import { type Delimiters, defaultDelimiters, defaultDelimiters4, delimiterFault } from './delimiters.ts';
import { UnwritableCharacter, UnwritableInterchange, type WritePosition } from './errors.ts';
import { referenceLength } from './identification.ts';
import type { AcknowledgementRequest, MessageIdentifier, Party, Syntax } from './interchange.ts';
import { isTagText } from './segment.ts';

/** Tag and data elements. */
export type WritableSegment = readonly [tag: string, ...elements: WritableElement[]];

export type WritableElement = ElementValue | RepeatedElement;

/** A text for a simple element, an array for the components of a composite one. */
export type ElementValue = string | readonly string[];

/** An element that stands several times, separated as syntax 4 does it (ISO 9735-1 §8.7). */
export interface RepeatedElement {
  readonly occurrences: readonly ElementValue[];
}

/** A message without UNH and UNT. */
export interface WritableMessage {
  readonly identifier: MessageIdentifier;
  readonly segments: readonly WritableSegment[];
}

export interface WritableInterchange {
  readonly syntax: Syntax;
  readonly sender: Party;
  readonly recipient: Party;
  /** Written in UTC, to the minute. */
  readonly preparedAt: Date;
  /** 0020, 1 to 14 characters */
  readonly reference: string;
  readonly applicationReference?: string | undefined;
  readonly acknowledgementRequest?: AcknowledgementRequest | undefined;
  readonly testIndicator: boolean;
  /** Written as UNA. Left out, the defaults of the syntax hold and no UNA is written. */
  readonly delimiters?: Delimiters | undefined;
  /** Their references are 1, 2, 3… */
  readonly messages: readonly WritableMessage[];
}

/** @throws UnwritableCharacter, UnwritableInterchange */
export function writeInterchange(interchange: WritableInterchange): Buffer {
  const { messages, reference, syntax } = interchange;
  const delimiters = interchange.delimiters ?? (syntax.version === '4' ? defaultDelimiters4 : defaultDelimiters);
  // What stands fifth in UNA separates nothing before syntax 4.
  const used = syntax.version === '4' ? delimiters : { ...delimiters, repetition: ' ' };
  const writer = { delimiters: used, characterSet: checkedSet(interchange, delimiters), special: specialOf(used) };
  const { component, element, decimal, release, repetition, terminator } = delimiters;
  const parts = [
    interchange.delimiters === undefined
      ? ''
      : `UNA${component}${element}${decimal}${release}${repetition}${terminator}`,
    writeSegment(writer, headerOf(interchange), 0, 1),
    ...messages.map((message, index) => writeMessage(writer, message, index + 1)),
    writeSegment(writer, ['UNZ', String(messages.length), reference], 0, 2),
  ];
  return writer.characterSet.encode(parts.join(''));
}

interface Writer {
  readonly delimiters: Delimiters;
  readonly characterSet: CharacterSet;
  /** Finds the service characters in a text. */
  readonly special: RegExp;
}

function checkedSet(interchange: WritableInterchange, delimiters: Delimiters): CharacterSet {
  const { syntax, reference, messages } = interchange;
  const set = characterSetOf(syntax.id);
  if (set === undefined || !/^[1-4]$/.test(syntax.version)) {
    throw new UnwritableInterchange(`Syntax ${syntax.id}:${syntax.version} is not supported`);
  }
  if (reference === '' || reference.length > referenceLength) {
    throw new UnwritableInterchange(`The control reference ${JSON.stringify(reference)} has not 1 to 14 characters`);
  }
  if (messages.length === 0) throw new UnwritableInterchange('An interchange needs a message');
  const fault = delimiterFault(delimiters);
  if (fault !== undefined) throw new UnwritableInterchange(fault);
  return set;
}

function specialOf({ component, element, release, repetition, terminator }: Delimiters): RegExp {
  const used = [component, element, terminator, ...[release, repetition].filter((character) => character !== ' ')];
  return new RegExp(
    `[${used.map((character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}]`,
    'g',
  );
}

function headerOf(interchange: WritableInterchange): WritableSegment {
  const { syntax, sender, recipient, preparedAt, reference, applicationReference, testIndicator } = interchange;
  const stamp = preparedAt.toISOString().replace(/\D/g, '');
  const date = syntax.version === '4' ? stamp.slice(0, 8) : stamp.slice(2, 8);
  const request = { none: '', acknowledgement: '1', receipt: '2' }[interchange.acknowledgementRequest ?? 'none'];
  return [
    'UNB',
    [syntax.id, syntax.version],
    componentsOf(sender),
    componentsOf(recipient),
    [date, stamp.slice(8, 12)],
    reference,
    '',
    applicationReference ?? '',
    '',
    request,
    '',
    testIndicator ? '1' : '',
  ];
}

function componentsOf({ id, qualifier = '', address = '', subAddress = '' }: Party): readonly string[] {
  return [id, qualifier, address, subAddress];
}

function writeMessage(writer: Writer, { identifier, segments }: WritableMessage, message: number): string {
  const { type, version, release, agency, association = '' } = identifier;
  const reference = String(message);
  let text = writeSegment(writer, ['UNH', reference, [type, version, release, agency, association]], message, 1);
  for (const [index, segment] of segments.entries()) text += writeSegment(writer, segment, message, index + 2);
  const count = segments.length + 2;
  return text + writeSegment(writer, ['UNT', String(count), reference], message, count);
}

function writeSegment(writer: Writer, segment: WritableSegment, message: number, position: number): string {
  const [tag] = segment;
  if (!isTagText(tag)) throw new UnwritableInterchange(`${JSON.stringify(tag)} is no segment tag`);
  const { element: separator, terminator } = writer.delimiters;
  const place = { message, segment: position, tag, element: 1 };
  let text: string = tag;
  let due = '';
  while (place.element < segment.length) {
    const element = segment[place.element] as WritableElement;
    place.element += 1;
    due += separator;
    const written = writeElement(writer, element, place);
    // Separators at the end of a segment or composite are left out (ISO 9735-1).
    if (written === '') continue;
    text += due + written;
    due = '';
  }
  return text + terminator;
}

/** @param place of the element; read only when it cannot be written */
function writeElement(writer: Writer, element: WritableElement, place: ElementPosition): string {
  if (typeof element === 'string') return escape(writer, element, place, 1);
  if (!('occurrences' in element)) return writeComposite(writer, element, place);
  const { repetition } = writer.delimiters;
  if (repetition === ' ' && element.occurrences.length > 1) {
    const { tag, element: position } = place;
    throw new UnwritableInterchange(`Element ${position} of ${tag} is repeated, which no separator is there for`);
  }
  const texts = element.occurrences.map((value, index) => {
    const components = typeof value === 'string' ? [value] : value;
    return writeComposite(writer, components, index === 0 ? place : { ...place, occurrence: index + 1 });
  });
  return texts.slice(0, texts.findLastIndex((text) => text !== '') + 1).join(repetition);
}

type ElementPosition = Omit<WritePosition, 'component'>;

function writeComposite(writer: Writer, components: readonly string[], place: ElementPosition): string {
  let text = '';
  let due = '';
  for (const [index, component] of components.entries()) {
    if (component !== '') {
      text += due + escape(writer, component, place, index + 1);
      due = '';
    }
    due += writer.delimiters.component;
  }
  return text;
}

function escape(writer: Writer, text: string, place: ElementPosition, component: number): string {
  const { characterSet, delimiters, special } = writer;
  const { release } = delimiters;
  const lacking = characterSet.lacks(text);
  const served = lacking === -1 ? text.search(special) : -1;
  const unfit = release === ' ' && served !== -1 ? served : lacking;
  if (unfit !== -1) throw new UnwritableCharacter({ ...place, component }, unfit + 1, text, characterSet.id);
  return served === -1 ? text : text.replace(special, (character) => release + character);
}
