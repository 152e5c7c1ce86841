import { constants, createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
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
 * Gives a command one file after the other. What comes through a pipe, when large, lies in a file meanwhile. A file that
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
    const bytes = name === '-' ? (terminal.stdin ?? []) : await bytesOf(name);
    if (typeof bytes === 'string') {
      unread.push({ file: name, error: bytes });
      note(terminal, printable(`${name}: cannot be read: ${bytes}`));
    } else if ('pieces' in bytes) await look({ name, source: bytes });
    else await lookIntoStream(name, bytes, look);
  }
  return unread;
}

type Stream = AsyncIterable<Buffer> | Iterable<Buffer>;

/** What is in a file, or comes out of what is none (`<(gunzip -c …)`); else why it cannot be read. */
async function bytesOf(name: string): Promise<Source | Stream | string> {
  try {
    await access(name, constants.R_OK);
    const found = await stat(name);
    if (found.isDirectory()) return 'it is a folder';
    return found.isFile() ? fileSource(name, found.size) : createReadStream(name);
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a command ends with when files were not read, or something is wrong with them. @throws CommandError */
export function endWith(wrong: string | undefined, unread: readonly Unread[]): void {
  const files = unread.length === 1 ? '1 file' : `${unread.length} files`;
  const parts = [...(wrong === undefined ? [] : [wrong]), ...(unread.length === 0 ? [] : [`${files} not read.`])];
  if (parts.length > 0) throw new CommandError(parts.join(' '));
}

async function lookIntoStream(name: string, stream: Stream, look: (input: Input) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-'));
  const { spool, clear } = fileSpool(directory);
  try {
    await look({ name, source: keptSource(await keep(stream, spool)) });
  } finally {
    clear();
    rmSync(directory, { recursive: true, force: true });
  }
}
