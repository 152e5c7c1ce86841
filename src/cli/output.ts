import type { Pieces } from '../bytes/source.ts';
import { ConfigError, formatProblem } from '../config/config-error.ts';
import { CountersignError } from '../errors.ts';

/** The world of a command: where it prints, its environment and its clock. */
export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Left out where a command gets none. */
  readonly stdin?: AsyncIterable<Buffer> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

export interface OutputStream {
  /** False when it has more than it takes at a time. */
  write(text: string | Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
  readonly isTTY?: boolean | undefined;
}

/** A command used wrongly in a way that the parser of options cannot see; exit status 2. */
export class UsageError extends CountersignError {
  readonly code = 'CLI_USAGE';
}

/** A command that was understood and cannot be done; exit status 1. */
export class CommandError extends CountersignError {
  readonly code = 'CLI_REFUSED';
}

/** Prints a result on stdout: as JSON when asked to, else the text for people. */
export function printResult(terminal: Terminal, json: boolean, value: unknown, text: string): void {
  terminal.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text === '' ? '' : `${text}\n`);
}

/** Prints bytes of any number on stdout, which are read no faster than it takes them. */
export async function printBytes({ stdout }: Terminal, pieces: Pieces | AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of pieces) {
    if (!stdout.write(piece)) await new Promise<void>((resolve) => stdout.once('drain', resolve));
  }
}

/** Tells people something beside the result, on stderr. */
export function note(terminal: Terminal, text: string): void {
  terminal.stderr.write(`${text}\n`);
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Colours a text when the stream is a terminal and NO_COLOR is not set (https://no-color.org). */
export function paint(terminal: Terminal, stream: OutputStream, style: Style, text: string): string {
  const plain = stream.isTTY !== true || (terminal.env['NO_COLOR'] ?? '') !== '';
  return plain ? text : `\u001b[${CODES[style]}m${text}\u001b[0m`;
}

/** Columns under their heads, two blanks apart. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head.map((cell) => cell.toUpperCase()), ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Lines of CSV, heads first; a cell stands in quotes where it has to. Each ends with CR LF (RFC 4180 §2): the last LF is that of
 * `printResult`.
 */
export function csv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\r`).join('\n');
}

/** Names before values, one a line; what is undefined is left out. */
export function fields(entries: readonly (readonly [name: string, value: string | undefined])[]): string {
  const shown = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}

/** `2027-12-31` */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Text of others, such as a subject of a certificate, moves no cursor, and is read in the direction in which it is written. */
export function printable(text: string): string {
  return text.replace(/[\p{Control}\p{Bidi_Control}]/gu, '\ufffd');
}

/** Says what went wrong, on stderr, and gives the exit status: 2 for wrong use, else 1. */
export function reportError(terminal: Terminal, error: unknown): number {
  const label = paint(terminal, terminal.stderr, 'red', 'error:');
  if (error instanceof ConfigError) {
    for (const problem of error.problems) note(terminal, `${label} ${printable(formatProblem(problem))}`);
  } else if (error instanceof CountersignError || isSystemError(error)) {
    note(terminal, `${label} ${printable(error.message)}`);
  } else {
    // A fault of ours: whoever reports it needs to know where.
    note(terminal, `${label} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return error instanceof UsageError ? 2 : 1;
}

/** What the operating system refuses: a file, a port. Its message says which. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
