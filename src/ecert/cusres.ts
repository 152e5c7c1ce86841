import { type CharacterSet, characterSetOf } from '../edifact/character-set.ts';
import type { MessageIdentifier } from '../edifact/interchange.ts';
import type { WritableMessage, WritableSegment } from '../edifact/writer.ts';
import type { Decision, RuleError } from './certificate.ts';
import { ruleError } from './judgement.ts';
import type { EcertReference } from './reference.ts';
import type { CertificateRequest } from './sancrt.ts';

export interface AnswerContext {
  readonly now: Date;
  /** UN/EDIFACT directory: `96B`, `97B`… */
  readonly release: string;
  /** 0020 of the interchange that is answered. */
  readonly interchangeReference: string;
  /** 0001 of the interchange that the answer will travel in; what does not fit into it is shown as a full stop. */
  readonly characterSet: string;
  readonly reference: EcertReference;
}

/** The CUSRES that answers one SANCRT. Its segments are alike in all releases from D.96B. */
export function makeCusres(request: CertificateRequest, decision: Decision, context: AnswerContext): WritableMessage {
  const { messageReference, lines } = request;
  const about = { document: '961', number: request.number, messageReference };
  if (decision.kind !== 'reject') return acceptance(about, [], context);
  return rejection(about, decision.errors, lines.length, context);
}

/** Which message is answered, and by what kind of document (BGM 1001). */
export interface Answered {
  readonly document: string;
  /** BGM 1004 */
  readonly number: string | undefined;
  /** 0062; undefined when nothing was asked, and we tell it unbidden. */
  readonly messageReference: string | undefined;
}

/** @param segments what follows on the head */
export function acceptance(
  about: Answered,
  segments: readonly WritableSegment[],
  context: AnswerContext,
): WritableMessage {
  return { identifier: cusres(context.release), segments: [...head(about, 'AP', '32', context), ...segments] };
}

/** @param lines how many the certificate has */
export function rejection(
  about: Answered,
  errors: readonly RuleError[],
  lines: number,
  context: AnswerContext,
): WritableMessage {
  const set = characterSetOf(context.characterSet) ?? levelA;
  const listed = errorSegments(errors, printable(about.number ?? '', set), lines, context.reference);
  return { identifier: cusres(context.release), segments: [...head(about, 'RE', '33', context), ...listed] };
}

function head(
  { document, number = '', messageReference }: Answered,
  type: 'AP' | 'RE',
  indicator: string,
  { characterSet, now, interchangeReference }: AnswerContext,
): WritableSegment[] {
  const set = characterSetOf(characterSet) ?? levelA;
  return [
    // 1225: a response, or an original.
    ['BGM', document, printable(number, set), messageReference === undefined ? '9' : '11', type],
    ['DTM', ['9', minute(now), '203']],
    ['GIS', indicator],
    ...(messageReference === undefined ? [] : references(interchangeReference, messageReference, set)),
  ];
}

function references(interchange: string, message: string, set: CharacterSet): WritableSegment[] {
  return [
    ['RFF', ['ACW', printable(interchange, set)]],
    ['RFF', ['AGO', printable(message, set)]],
  ];
}

function cusres(release: string): MessageIdentifier {
  return { type: 'CUSRES', version: 'D', release, agency: 'UN' };
}

const levelA = characterSetOf('UNOA') as CharacterSet;

/** Group 4 of CUSRES is repeated at most 99 times. */
const maxErrors = 99;

function errorSegments(
  errors: readonly RuleError[],
  number: string,
  lines: number,
  reference: EcertReference,
): readonly WritableSegment[] {
  const listed =
    errors.length <= maxErrors ? errors : [...errors.slice(0, maxErrors - 1), ruleError(reference, 'more-errors')];
  return listed.flatMap(({ code, text, line }): WritableSegment[] => [
    // Which line is said only where there is a choice.
    ['ERP', [reference.errors.section, number, line === undefined || lines === 1 ? '' : String(line)]],
    ['ERC', code],
    ['FTX', 'AAO', '', '', inPieces(text)],
  ]);
}

/** C108 has five texts of 70 characters. */
function inPieces(text: string): readonly string[] {
  return Array.from({ length: 5 }, (_, index) => text.slice(index * 70, (index + 1) * 70));
}

/** An identifier of an..35 as it was sent, as far as it can be repeated. */
function printable(text: string, set: CharacterSet): string {
  const start = text.slice(0, 35);
  if (set.lacks(start) === -1) return start;
  return Array.from(start, (character) => (set.lacks(character) === -1 ? character : '.')).join('');
}

/** CCYYMMDDHHMM (format 203), in UTC. */
function minute(now: Date): string {
  const iso = now.toISOString();
  return iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16);
}
