import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Message } from '../../src/edifact/interchange.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import type { Decision, Registration } from '../../src/ecert/certificate.ts';
import type { JudgementContext } from '../../src/ecert/judgement.ts';
import { type ReferenceFiles, parseReference } from '../../src/ecert/reference.ts';
import { judge } from '../../src/ecert/rules.ts';
import { readSancrt } from '../../src/ecert/sancrt.ts';

const text = (path: string) => readFileSync(new URL(`../../reference/${path}`, import.meta.url), 'utf8');

/** The files as they are shipped. */
export const referenceFiles: ReferenceFiles = {
  programmes: parse(text('ecert/programmes.yaml')),
  countries: parse(text('ecert/countries.yaml')),
  errors: parse(text('ecert/errors.yaml')),
  onboarding: parse(text('ecert/onboarding.yaml')),
  claims: parse(text('ecert/claims.yaml')),
  conditions: parse(text('ecert/conditions.yaml')),
  externalCodes: JSON.parse(text('edifact/external-codes.json')),
};

export const reference = parseReference(referenceFiles);

export const context: JudgementContext = {
  now: new Date('2026-11-02T09:31:00Z'),
  environment: 'production',
  testIndicator: false,
  sender: { id: 'AUDAFF', countries: ['AU'], stage: 'production' },
  reference,
};

/** The body of a certificate against which no rule has anything to say. */
export const body: readonly string[] = [
  'BGM+811+6AU000123+9',
  'DTM+182:20261030:102',
  'LOC+27+AU',
  'RFF+ABJ:BEEF',
  'PNA+IM+12-345678900',
  'PNA+MF+AUEXAMEA123SYD++++1:EXAMPLE MEATS',
  'LIN+1',
  'MEA+AAJ+AAI+KGM:18000',
  'PIA+5+020230:HS',
];

/** The same with segments exchanged: each key is the beginning of a segment; an empty text leaves it out. */
export function bodyWith(changes: Readonly<Record<string, string>>, from: readonly string[] = body): readonly string[] {
  return from.flatMap((segment) => {
    const key = Object.keys(changes).find((beginning) => segment.startsWith(beginning));
    return key === undefined ? [segment] : (changes[key] ?? '').split("'").filter((each) => each !== '');
  });
}

/** The only message of an interchange that holds this body. */
export function sancrt(segments: readonly string[], release = '97B'): Message {
  const unt = `UNT+${segments.length + 2}+1`;
  const message = [`UNH+1+SANCRT:D:${release}:UN`, ...segments, unt];
  const all = ['UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+AU0000000417', ...message, 'UNZ+1+AU0000000417'];
  const read = readInterchange(Buffer.from(`${all.join("'")}'`, 'latin1'));
  return read.messages[0] as Message;
}

export const requestOf = (segments: readonly string[], release?: string) => readSancrt(sancrt(segments, release));

export function decisionOn(
  segments: readonly string[],
  change: Partial<JudgementContext> = {},
  known?: Registration,
): Decision {
  return judge(requestOf(segments), known, { ...context, ...change });
}

/** The rules that a decision finds broken. */
export function rulesOf(decision: Decision): readonly string[] {
  return decision.kind === 'reject' ? decision.errors.map(({ rule }) => rule) : [];
}

export const registered: Registration = {
  number: '6AU000123',
  state: 'registered',
  programme: 'BEEF',
  country: 'AU',
  issueDate: '2026-10-30',
  importer: '12-345678900',
  manufacturer: { id: 'AUEXAMEA123SYD', name: 'EXAMPLE MEATS' },
  lines: [{ hts: '020230', unit: 'KGM', certified: 18000, used: 0 }],
  sender: 'AUDAFF',
  version: 1,
};
