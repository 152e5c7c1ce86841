import { characterSetOf } from './character-set.ts';
import { type Delimiters, type Opening, defaultDelimiters4, delimiterFault, openInterchange } from './delimiters.ts';
import { type Body, openBody } from './body.ts';
import { checkElements } from './elements.ts';
import { UnreadableInterchange } from './errors.ts';
import { readHeader, syntaxOf } from './header.ts';
import { repeatableSet } from './identification.ts';
import type { Finding, Interchange, Message } from './interchange.ts';
import { scanSegment } from './scan.ts';
import { type Format, makeSegment, segmentEnd } from './segment.ts';
import type { ReadSettings } from './settings.ts';

/** What UNA and UNB tell. */
export type InterchangeHead = Omit<Interchange, 'messages' | 'messageCount' | 'groups' | 'findings' | 'end'>;

/** An interchange of which UNB is read. */
export interface OpenInterchange {
  readonly head: InterchangeHead;
  readonly findings: readonly Finding[];
  readonly body: Body;
  /** Behind UNB, in the bytes. */
  readonly next: number;
}

/**
 * Reads UNA and UNB at or after `from` (ISO 9735-1 §7.1, annex B).
 *
 * @param base offset of `bytes` in the payload
 * @param tell is told of each message that is read later
 * @throws UnreadableInterchange
 */
export function readHead(
  bytes: Buffer,
  from: number,
  base: number,
  settings: ReadSettings,
  tell: (message: Message) => void,
): OpenInterchange {
  const opening = openInterchange(bytes, from, base);
  const start = opening.header;
  // No further than a segment may go: many a UNB without end must not have all bytes searched for each.
  const end = segmentEnd(bytes.subarray(0, start + settings.maxSegmentLength + 1), start, opening.delimiters);
  if (end === -1) throw new UnreadableInterchange('UNB has no end, or is too long', base + start);
  const place = { tag: 'UNB', offset: base + start, position: 0 };

  // S001 is written in the letters that all sets share, so it can be read before the set is known.
  const basic = repeatableSet('UNOC');
  const syntax = syntaxOf(makeSegment(bytes, start, end, place, { ...opening, characterSet: basic }));
  const delimiters = delimitersFor(opening, syntax.version, base);
  const format: Format = { delimiters, characterSet: characterSetOf(syntax.id) ?? basic };
  const unb = makeSegment(bytes, start, end, place, format);
  const header = readHeader(unb);

  const notation = { version: syntax.version, decimal: decimalOf(opening, syntax.version) };
  const body = openBody({ syntax, reference: header.fields.reference, format, notation }, settings, tell);
  const { current, rules, checking } = body;
  Object.assign(current, { bytes, start, end, base, tag: 'UNB', position: 0 });
  scanSegment(current.scan, bytes, start, end + 1);
  checkElements(current, rules.get('UNB'), { segment: 'UCI', element: 'UCI' }, checking);
  const head = {
    delimiters,
    ...header.fields,
    warnings: [
      ...(opening.shortened ? [{ offset: base + opening.start, text: 'UNA is one character short' }] : []),
      ...header.warnings,
    ],
    offset: base + opening.start,
  };
  return { head, findings: header.findings, body, next: end + 1 };
}

/** All that is known when the last byte of an interchange is read. */
export function closeHead({ head, findings, body }: OpenInterchange, messages: readonly Message[]): Interchange {
  return {
    ...head,
    messages,
    messageCount: body.messages,
    ...(body.groups.length === 0 ? {} : { groups: body.groups }),
    findings: [...findings, ...body.findings],
    warnings: [...head.warnings, ...body.checking.warnings],
    end: body.end ?? head.offset,
  };
}

/** The fifth character of UNA separates repetitions from syntax 4 on, and is reserved before. */
function delimitersFor({ delimiters: read, advised, start }: Opening, version: string, base: number): Delimiters {
  const repetition = version === '4' ? (advised ? read.repetition : defaultDelimiters4.repetition) : ' ';
  const delimiters = { ...read, repetition };
  const fault = delimiterFault(delimiters);
  if (fault !== undefined) throw new UnreadableInterchange(`UNA: ${fault}`, base + start);
  return delimiters;
}

/**
 * Point and comma are both a decimal mark; before syntax 4 a UNA names the one that is used (ISO 9735 §10.1), and from it
 * on what UNA says of it is ignored (ISO 9735-1 annex B).
 */
function decimalOf({ delimiters: { decimal }, advised }: Opening, version: string): number {
  return advised && version !== '4' && (decimal === '.' || decimal === ',') ? decimal.charCodeAt(0) : 0;
}
