import { passOver } from './conform.ts';
import type { Current } from './elements.ts';
import type { SegmentGrammar } from './grammar.ts';
import { referenceLength } from './identification.ts';
import { type MessageKind, type OpenMessage, isSameKind } from './message.ts';
import { onlyPath, stepOn } from './order.ts';
import { DIGIT, ELEMENT, TERMINATOR } from './scan.ts';
import { type Format, makeSegment } from './segment.ts';
import { keyAt, keyOf } from './tag-table.ts';
import type { Notation } from './value.ts';

/** Most of an interchange is as it should be. What is read here is; of anything else it is left open. */
export interface Usual {
  /** What is being read, and how its bytes are taken. */
  readonly current: Current;
  /** Offset in them of a terminator, released or not: the last one. */
  readonly last: number;
  readonly format: Format;
  readonly notation: Notation;
  /** Segments are kept with their message. */
  readonly keeps: boolean;
}

const [UNH, UNT] = [keyOf('UNH'), keyOf('UNT')];

/** The bytes of a tag in one number where an element follows; 0 else. */
function tagKey({ current: { bytes, scan }, last }: Usual, start: number): number {
  if (start + 4 > last || scan.classes[bytes[start + 3] as number] !== ELEMENT) return 0;
  return keyAt(bytes, start);
}

/**
 * Reads a UNH that says nothing else than the one before but another reference, in ASCII.
 *
 * @returns that reference; empty when that is not sure
 */
export function usualReference(usual: Usual, { bytes: known }: MessageKind, start: number): string {
  const { current, last } = usual;
  const { bytes, scan } = current;
  const { classes } = scan;
  if (known === undefined || tagKey(usual, start) !== UNH) return '';
  let reference = '';
  let at = start + 4;
  for (; (bytes[at] as number) < 0x80 && (classes[bytes[at] as number] as number) >= DIGIT; at++) {
    if (reference.length === referenceLength) return '';
    reference += String.fromCharCode(bytes[at] as number);
  }
  const end = at + 1 + known.length;
  if (end > last || end - start > scan.longest) return '';
  if (classes[bytes[at] as number] !== ELEMENT || classes[bytes[end] as number] !== TERMINATOR) return '';
  return isSameKind(known, bytes, at + 1, scan) ? reference : '';
}

/**
 * Passes over segments of the message that conform, each in its place, up to the first of which that is not sure.
 *
 * @param most so many at most
 * @returns where that one starts
 */
export function passConforming(usual: Usual, message: OpenMessage, from: number, most: number): number {
  const { current, notation, keeps, last } = usual;
  const { bytes, scan } = current;
  const { grammar, order } = message.kind;
  const path = order && onlyPath(order);
  if (grammar === undefined || order === undefined || path === undefined) return from;
  const kept = (start: number, end: number, number: number) => {
    message.count++;
    keep(usual, message, start, end, grammar.segments[number] as SegmentGrammar);
  };
  const passage = { grammar, order, path, scan, bytes, last, notation, at: from };
  if (keeps) passOver(passage, most, kept);
  else message.count += passOver(passage, most);
  return passage.at;
}

/**
 * Reads the UNT of the message where it stands in its place, counts rightly and refers to UNH (ISO 9735-1 §7.3).
 *
 * @returns the offset of its terminator; -1 when that is not sure
 */
export function usualTrailerEnd(usual: Usual, message: OpenMessage, start: number): number {
  const { grammar, order } = message.kind;
  const path = order && onlyPath(order);
  if (grammar === undefined || order === undefined || path === undefined || tagKey(usual, start) !== UNT) return -1;
  const end = rightTrailerEnd(usual, message, start + 4);
  const number = grammar.trailer;
  if (end === -1 || !stepOn(order, path, number)) return -1;
  message.count++;
  if (usual.keeps) keep(usual, message, start, end, grammar.segments[number] as SegmentGrammar);
  return end;
}

/** Ten digits (0074). */
const countLength = 10;

function rightTrailerEnd({ current, last }: Usual, { reference, count }: OpenMessage, from: number): number {
  // Of a message without one, UNT is told to have none as well.
  if (reference === '') return -1;
  const { bytes, scan } = current;
  const { classes } = scan;
  let counted = 0;
  let at = from;
  for (; classes[bytes[at] as number] === DIGIT; at++) counted = counted * 10 + (bytes[at] as number) - 0x30;
  if (counted !== count + 1 || at - from > countLength || classes[bytes[at] as number] !== ELEMENT) return -1;
  const end = at + 1 + reference.length;
  if (end > last || classes[bytes[end] as number] !== TERMINATOR) return -1;
  for (let index = 0; index < reference.length; index++) {
    const byte = bytes[++at] as number;
    if (byte !== reference.charCodeAt(index) || byte >= 0x80 || (classes[byte] as number) < DIGIT) return -1;
  }
  return end;
}

function keep({ current, format }: Usual, message: OpenMessage, start: number, end: number, { tag }: SegmentGrammar) {
  const place = { tag, offset: current.base + start, position: message.count };
  message.segments.push(makeSegment(current.bytes, start, end, place, format));
}
