import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Level, Syntax } from './interchange.ts';

/** What a code of 0085 is called in the code list; undefined when it is none. */
export function errorName(code: string): string | undefined {
  return errorCodes.get(code)?.name;
}

/** Whether CONTRL may tell this code at this level (ISO 9735-4 annex A, 0085). */
export function isTellable(code: string, level: Level, { version }: Pick<Syntax, 'version'>): boolean {
  const known = errorCodes.get(code);
  if (known === undefined || !(version === '4' ? known.v4 : known.v3)) return false;
  return (known.levels ?? levelsByDefinition.get(code) ?? []).includes(level);
}

/**
 * Levels of codes for which the table has none, by what the code list says that they mean. 19 and 38 are of numbers,
 * which stand where those that 37 is told of stand; 34 is of a segment; 31 of a group; 41 to 43 of the interchange's way
 * here; a dependency (48) is one of data elements in a segment, service segments included.
 */
const levelsByDefinition = new Map<string, readonly Level[]>([
  ['19', ['UCI', 'UCF', 'UCM', 'UCD']],
  ['31', ['UCF']],
  ['34', ['UCS']],
  ['38', ['UCI', 'UCF', 'UCM', 'UCD']],
  ['41', ['UCI']],
  ['42', ['UCI']],
  ['43', ['UCI']],
  ['48', ['UCI', 'UCF', 'UCM', 'UCS']],
]);

interface ErrorCode {
  readonly name: string;
  /** In syntax 1 to 3, and in 4. */
  readonly v3: boolean;
  readonly v4: boolean;
  readonly levels: readonly Level[] | null;
}

const file = path.resolve(import.meta.dirname, '../../reference/edifact/CONTRL-CODES.json');
const { errorCodes: listed } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly errorCodes: Readonly<Record<string, ErrorCode>>;
};
const errorCodes = new Map(Object.entries(listed));
