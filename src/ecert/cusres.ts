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
  const set = characterSetOf(context.characterSet) ?? levelA;
  const number = printable(request.number?.value ?? '', set);
  const rejected = decision.kind === 'reject';
  return {
    identifier: cusres(context.release),
    segments: [
      ['BGM', '961', number, '11', rejected ? 'RE' : 'AP'],
      ['DTM', ['9', minute(context.now), '203']],
      ['GIS', rejected ? '33' : '32'],
      ['RFF', ['ACW', printable(context.interchangeReference, set)]],
      ['RFF', ['AGO', printable(request.messageReference, set)]],
      ...(rejected ? errorSegments(decision.errors, number, request.lines.length, context.reference) : []),
    ],
  };
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
  return Array.from(text.slice(0, 35), (character) => (set.lacks(character) === -1 ? character : '.')).join('');
}

/** CCYYMMDDHHMM (format 203), in UTC. */
function minute(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 12);
}
