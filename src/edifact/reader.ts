import { characterSetOf } from './character-set.ts';
import { characterFindings } from './characters.ts';
import {
  type Delimiters,
  type Opening,
  defaultDelimiters4,
  delimiterFault,
  openInterchange,
  skipBlanks,
} from './delimiters.ts';
import { EdifactError, InterchangeTooLarge, UnreadableInterchange } from './errors.ts';
import { readHeader, syntaxOf } from './header.ts';
import { repeatableSet } from './identification.ts';
import type { Interchange } from './interchange.ts';
import { type ReadLimits, defaultReadLimits } from './limits.ts';
import { readMessages } from './messages.ts';
import { type Format, makeSegment, segmentEnd } from './tokenizer.ts';

/**
 * Reads the first interchange at or after `from`: every fault of its envelope and of its characters, not the first
 * alone. What the messages say is left to whoever knows their directory.
 *
 * @throws UnreadableInterchange, InterchangeTooLarge
 */
export function readInterchange(bytes: Buffer, limits: ReadLimits = defaultReadLimits, from = 0): Interchange {
  const opening = openInterchange(bytes, from);
  const end = segmentEnd(bytes, opening.header, opening.delimiters);
  if (end === -1) throw new UnreadableInterchange('UNB has no end', opening.header);
  if (end - opening.header > limits.maxSegmentLength) throw new InterchangeTooLarge('UNB is too long', opening.header);

  // S001 is written in the letters that all sets share, so it can be read before the set is known.
  const basic = repeatableSet('UNOC');
  const syntax = syntaxOf(makeSegment(bytes, opening.header, end, 0, { ...opening, characterSet: basic }));
  const delimiters = delimitersFor(opening, syntax.version);
  const format: Format = { delimiters, characterSet: characterSetOf(syntax.id) ?? basic };
  const unb = makeSegment(bytes, opening.header, end, 0, format);
  const header = readHeader(unb);
  const body = readMessages(bytes, end + 1, { syntax, reference: header.fields.reference, format }, limits);
  return {
    delimiters,
    ...header.fields,
    messages: body.messages,
    findings: [...header.findings, ...characterFindings(unb, format.characterSet, 'UCI'), ...body.findings],
    warnings: [
      ...(opening.shortened ? [{ offset: opening.start, text: 'UNA is one character short' }] : []),
      ...header.warnings,
    ],
    offset: opening.start,
    end: body.end,
  };
}

/**
 * Reads all interchanges of a payload. What stands behind the last of them and is none is told as its warning.
 *
 * @throws UnreadableInterchange, InterchangeTooLarge when the first cannot be read, or there are too many
 */
export function readInterchanges(bytes: Buffer, limits: ReadLimits = defaultReadLimits): readonly Interchange[] {
  const interchanges = [readInterchange(bytes, limits)];
  for (;;) {
    const last = interchanges.at(-1) as Interchange;
    const next = skipFiller(bytes, last.end);
    if (next >= bytes.length) return interchanges;
    if (interchanges.length >= limits.maxInterchanges) {
      throw new InterchangeTooLarge('There are too many interchanges', next);
    }
    try {
      interchanges.push(readInterchange(bytes, limits, next));
    } catch (error) {
      if (!(error instanceof EdifactError)) throw error;
      const text = `What stands behind the interchange is not read: ${error.message}`;
      interchanges[interchanges.length - 1] = { ...last, warnings: [...last.warnings, { offset: next, text }] };
      return interchanges;
    }
  }
}

/** Blanks, and what old systems fill a file's end with: NUL and SUB. */
function skipFiller(bytes: Buffer, from: number): number {
  let at = skipBlanks(bytes, from);
  while (bytes[at] === 0x00 || bytes[at] === 0x1a) at = skipBlanks(bytes, at + 1);
  return at;
}

/** The fifth character of UNA separates repetitions from syntax 4 on, and is reserved before. */
function delimitersFor({ delimiters: read, advised, start }: Opening, version: string): Delimiters {
  const repetition = version === '4' ? (advised ? read.repetition : defaultDelimiters4.repetition) : ' ';
  const delimiters = { ...read, repetition };
  const fault = delimiterFault(delimiters);
  if (fault !== undefined) throw new UnreadableInterchange(`UNA: ${fault}`, start);
  return delimiters;
}
