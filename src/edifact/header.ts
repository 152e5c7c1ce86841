import { characterSetNames, characterSetOf } from './character-set.ts';
import { UnreadableInterchange } from './errors.ts';
import { type NamingFault, namingFault, partyLengths, referenceLength, repeatableSet } from './identification.ts';
import {
  type AcknowledgementRequest,
  type Finding,
  type Interchange,
  type Party,
  type Segment,
  type Syntax,
  type Warning,
  valueOf,
} from './interchange.ts';
import { spotOf } from './segment.ts';

type HeaderFields = Pick<
  Interchange,
  | 'syntax'
  | 'sender'
  | 'recipient'
  | 'preparedAt'
  | 'reference'
  | 'applicationReference'
  | 'acknowledgementRequest'
  | 'testIndicator'
  | 'header'
>;

export interface Header {
  readonly fields: HeaderFields;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Warning[];
}

/** S001 of a UNB. */
export function syntaxOf(unb: Segment): Syntax {
  return { id: valueOf(unb, 1, 1), version: valueOf(unb, 1, 2) };
}

/**
 * Reads UNB.
 *
 * @throws UnreadableInterchange when 0020, S002 or S003 cannot be repeated in a CONTRL
 */
export function readHeader(unb: Segment): Header {
  const syntax = syntaxOf(unb);
  requireNaming(unb, syntax);
  const { date, findings, warnings } = preparationOf(unb, syntax);
  const test = valueOf(unb, 11);
  return {
    fields: {
      syntax,
      sender: partyOf(partyComponents(unb, 2, syntax)),
      recipient: partyOf(partyComponents(unb, 3, syntax)),
      preparedAt: date,
      reference: valueOf(unb, 5),
      applicationReference: applicationFault(unb, syntax) === undefined ? valueOf(unb, 7) || undefined : undefined,
      acknowledgementRequest: requests.get(valueOf(unb, 9)) ?? 'none',
      testIndicator: test !== '' && test !== '0',
      header: unb,
    },
    findings: [...syntaxFindings(unb, syntax), ...constituentFindings(unb, syntax), ...findings],
    warnings,
  };
}

/** 0031 */
const requests = new Map<string, AcknowledgementRequest>([
  ['1', 'acknowledgement'],
  ['2', 'receipt'],
]);

/** S002 (element 2) or S003 (element 3), as many components as the syntax has. */
export function partyComponents(unb: Segment, element: 2 | 3, syntax: Syntax): readonly string[] {
  return (unb.elements[element - 1] ?? []).slice(0, partyLengths(syntax).length);
}

/** S002 or S003. */
export function partyOf(components: readonly string[]): Party {
  const [id = '', qualifier, address, subAddress] = components;
  return {
    id,
    ...(qualifier ? { qualifier } : {}),
    ...(address ? { address } : {}),
    ...(subAddress ? { subAddress } : {}),
  };
}

function requireNaming(unb: Segment, syntax: Syntax): void {
  const set = repeatableSet(syntax.id);
  const parts = [
    { name: 'S002 (sender)', element: 2, lengths: partyLengths(syntax) },
    { name: 'S003 (recipient)', element: 3, lengths: partyLengths(syntax) },
    { name: '0020 (control reference)', element: 5, lengths: [referenceLength] },
  ];
  for (const { name, element, lengths } of parts) {
    const fault = namingFault(unb.elements[element - 1] ?? [], lengths, 1, set);
    if (fault === undefined) continue;
    const why = { '13': 'is missing', '21': 'holds characters that cannot be repeated', '39': 'is too long' };
    throw new UnreadableInterchange(`UNB: ${name} ${why[fault.code]}, so that no answer could name it`, unb.offset);
  }
}

function syntaxFindings(unb: Segment, syntax: Syntax): readonly Finding[] {
  const finding = (code: string, component: number, text: string, expected: string): Finding => ({
    ...{ level: 'UCI', code, tag: 'UNB', segment: 0, element: 2, component, ...spotOf(unb, 2, component) },
    ...{ text, expected },
  });
  if (!/^[1-4]$/.test(syntax.version)) {
    return [
      finding('2', 2, `Syntax version ${JSON.stringify(syntax.version)} is not supported; 1 to 4 are`, '0002: 1 to 4'),
    ];
  }
  if (characterSetOf(syntax.id) !== undefined) return [];
  const code = syntax.version === '4' ? '46' : '2'; // 46 is of syntax 4 alone
  const text = `Syntax identifier ${JSON.stringify(syntax.id)} is not supported`;
  return [finding(code, 1, text, `0001: ${characterSetNames.join(', ')}`)];
}

/** Parties with more components than they have places (16), an application reference that is too long (39). */
function constituentFindings(unb: Segment, syntax: Syntax): readonly Finding[] {
  const base = { level: 'UCI', tag: 'UNB', segment: 0 } as const;
  const findings: Finding[] = [];
  for (const element of [2, 3] as const) {
    const count = unb.elements[element - 1]?.length ?? 0;
    if (count <= partyLengths(syntax).length) continue;
    const most = partyLengths(syntax).length;
    const text = `S00${element} has ${count} components; ${most} are its most`;
    const expected = `S00${element}: ${most} components`;
    findings.push({ ...base, code: '16', element: element + 1, ...spotOf(unb, element + 1), text, expected });
  }
  if (applicationFault(unb, syntax)?.code === '39') {
    findings.push({
      ...base,
      code: '39',
      element: 8,
      ...spotOf(unb, 8),
      text: '0026 (application reference) is too long',
      expected: `0026: an..${referenceLength}`,
    });
  }
  return findings;
}

/** Why an answer could not carry 0026 as it is. */
function applicationFault(unb: Segment, syntax: Syntax): NamingFault | undefined {
  return namingFault(unb.elements[6] ?? [], [referenceLength], 0, repeatableSet(syntax.id));
}

/** S004 of a UNB or UNG, and what is wrong with it. */
export function preparationOf(
  segment: Segment,
  syntax: Syntax,
): Pick<Header, 'findings' | 'warnings'> & { date: Date | undefined } {
  const [day, time] = [valueOf(segment, 4, 1), valueOf(segment, 4, 2)];
  const date = readPreparation(day, time);
  if (date !== undefined) return { date, findings: [], warnings: dateWarnings(segment, syntax) };
  const isGroup = segment.tag === 'UNG';
  // From syntax 4 on UNG may be without it.
  if (isGroup && syntax.version === '4' && day + time === '') return { date, findings: [], warnings: [] };
  const missing = day === '' || time === '';
  const isTime = day !== '' && (missing || readPreparation(day, '0000') !== undefined);
  const position = { element: 5, component: isTime ? 2 : 1 };
  const finding: Finding = {
    ...{ level: isGroup ? 'UCF' : 'UCI', code: missing ? '13' : '12', tag: segment.tag, segment: 0, ...position },
    ...spotOf(segment, position.element, position.component),
    text: missing ? 'Date or time of preparation is missing' : `S004 is no ${isTime ? 'time' : 'date'}`,
    expected: `S004: ${syntax.version === '4' ? 'CCYYMMDD' : 'YYMMDD'} and HHMM`,
  };
  return { date, findings: [finding], warnings: [] };
}

/** 0017 has six digits before syntax 4 and eight from it; either is understood in either. */
function dateWarnings(segment: Segment, syntax: Syntax): readonly Warning[] {
  const digits = valueOf(segment, 4, 1).length;
  const due = syntax.version === '4' ? 8 : 6;
  if (digits === due) return [];
  return [{ offset: spotOf(segment, 5, 1).offset, text: `The date of preparation has ${digits} digits, not ${due}` }];
}

/** 0017 and 0019. Two digits of a year are of 1970 to 2069. */
function readPreparation(date: string, time: string): Date | undefined {
  const day = /^(\d{2}|\d{4})(\d{2})(\d{2})$/.exec(date);
  const clock = /^([01]\d|2[0-3])([0-5]\d)$/.exec(time);
  if (day === null || clock === null) return undefined;
  const [, yearText = '', month = '', dayOfMonth = ''] = day;
  const short = yearText.length === 2;
  const year = short ? Number(yearText) + (Number(yearText) < 70 ? 2000 : 1900) : Number(yearText);
  const iso = `${String(year).padStart(4, '0')}-${month}-${dayOfMonth}T${clock[1] ?? ''}:${clock[2] ?? ''}:00.000Z`;
  const read = new Date(iso);
  // An impossible day either does not parse or comes back as another one.
  return !Number.isNaN(read.getTime()) && read.toISOString() === iso ? read : undefined;
}
