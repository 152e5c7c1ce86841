import { characterSetOf } from './character-set.ts';
import { characterFindings } from './characters.ts';
import {
  type Delimiters,
  type Opening,
  defaultDelimiters,
  defaultDelimiters4,
  delimiterFault,
  openInterchange,
} from './delimiters.ts';
import { UnreadableInterchange } from './errors.ts';
import { readHeader, syntaxOf } from './header.ts';
import { repeatableSet } from './identification.ts';
import type { Interchange, Warning } from './interchange.ts';
import { EDIFACT_LIMITS } from '../limits.ts';
import type { ReadLimits } from './limits.ts';
import { readMessages } from './messages.ts';
import { nextOpening, skipFiller } from './resume.ts';
import { type Format, makeSegment, segmentEnd } from './tokenizer.ts';

/**
 * Reads the first interchange at or after `from`: every fault of its envelope and of its characters, not the first
 * alone. What the messages say is left to whoever knows their directory.
 *
 * @throws UnreadableInterchange
 */
export function readInterchange(bytes: Buffer, limits: ReadLimits = EDIFACT_LIMITS, from = 0): Interchange {
  const opening = openInterchange(bytes, from);
  // No further than a segment may go: many a UNB without end must not have all bytes searched for each.
  const within = bytes.subarray(0, opening.header + limits.maxSegmentLength + 1);
  const end = segmentEnd(within, opening.header, opening.delimiters);
  if (end === -1) throw new UnreadableInterchange('UNB has no end, or is too long', opening.header);

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

/** What a payload holds: its interchanges, and each stretch that is none, with the reason. */
export interface Payload {
  readonly interchanges: readonly Interchange[];
  readonly skipped: readonly Warning[];
}

/**
 * Reads all interchanges of a payload. What cannot be read is passed over, to where the next one may begin; at most
 * `maxInterchanges` are tried.
 *
 * @throws UnreadableInterchange the first reason, when there is none that can be read
 */
export function readInterchanges(bytes: Buffer, limits: ReadLimits = EDIFACT_LIMITS): Payload {
  const interchanges: Interchange[] = [];
  const skipped: Warning[] = [];
  let fault: UnreadableInterchange | undefined;
  let delimiters = defaultDelimiters;
  let at = skipFiller(bytes, 0);
  do {
    let end: number;
    try {
      const read = readInterchange(bytes, limits, at);
      interchanges.push(read);
      ({ delimiters, end } = read);
    } catch (error) {
      if (!(error instanceof UnreadableInterchange)) throw error;
      fault ??= error;
      end = nextOpening(bytes, at, delimiters);
      skipped.push(notRead(at, end, error.message));
    }
    at = skipFiller(bytes, end);
  } while (at < bytes.length && interchanges.length + skipped.length < limits.maxInterchanges);
  if (fault !== undefined && interchanges.length === 0) throw fault;
  if (at < bytes.length) skipped.push(notRead(at, bytes.length, 'There are too many interchanges'));
  return { interchanges, skipped };
}

function notRead(offset: number, end: number, why: string): Warning {
  return { offset, text: `${end - offset} bytes from byte ${offset} on are not read: ${why}` };
}

/** The fifth character of UNA separates repetitions from syntax 4 on, and is reserved before. */
function delimitersFor({ delimiters: read, advised, start }: Opening, version: string): Delimiters {
  const repetition = version === '4' ? (advised ? read.repetition : defaultDelimiters4.repetition) : ' ';
  const delimiters = { ...read, repetition };
  const fault = delimiterFault(delimiters);
  if (fault !== undefined) throw new UnreadableInterchange(`UNA: ${fault}`, start);
  return delimiters;
}
