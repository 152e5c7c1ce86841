import { mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { keep, keptSource } from '../../bytes/kept.ts';
import { fileSource, type Source } from '../../bytes/source.ts';
import { fileSpool } from '../../bytes/spool.ts';
import { CommandError, note, printable, type Terminal, UsageError } from '../output.ts';

/** What a command looks into. */
export interface Input {
  /** As it was given; `-` for standard input. */
  readonly name: string;
  readonly source: Source;
}

/** What could not be looked into, and why. */
export interface Unread {
  readonly file: string;
  readonly error: string;
}

/**
 * Gives a command one file after the other. What comes by standard input, when large, lies in a file meanwhile. One that
 * cannot be read is told, and is not the end of the others.
 */
export async function eachInput(
  names: readonly string[],
  terminal: Terminal,
  look: (input: Input) => Promise<void>,
): Promise<readonly Unread[]> {
  if (names.filter((name) => name === '-').length > 1) throw new UsageError('Standard input (-) can be read once.');
  const unread: Unread[] = [];
  for (const name of names) {
    try {
      if (name === '-') await lookIntoInput(terminal, look);
      else await lookIntoFile(name, look);
    } catch (error) {
      const { syscall, message } = error as NodeJS.ErrnoException;
      if (!(error instanceof Error) || !['stat', 'open', 'read'].includes(syscall ?? '')) throw error;
      unread.push({ file: name, error: message });
      note(terminal, printable(`${name}: cannot be read: ${message}`));
    }
  }
  return unread;
}

/** What a command ends with when files were not read, or something is wrong with them. @throws CommandError */
export function endWith(wrong: string | undefined, unread: readonly Unread[]): void {
  const files = unread.length === 1 ? '1 file' : `${unread.length} files`;
  const parts = [...(wrong === undefined ? [] : [wrong]), ...(unread.length === 0 ? [] : [`${files} not read.`])];
  if (parts.length > 0) throw new CommandError(parts.join(' '));
}

async function lookIntoFile(name: string, look: (input: Input) => Promise<void>): Promise<void> {
  const found = await stat(name);
  if (!found.isFile()) throw Object.assign(new Error('it is no file'), { syscall: 'stat' });
  await look({ name, source: fileSource(name, found.size) });
}

async function lookIntoInput({ stdin }: Terminal, look: (input: Input) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-'));
  const { spool, clear } = fileSpool(directory);
  try {
    await look({ name: '-', source: keptSource(await keep(stdin ?? [], spool)) });
  } finally {
    clear();
    rmSync(directory, { recursive: true, force: true });
  }
}
