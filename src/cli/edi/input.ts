import { mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { keep, keptSource } from '../../bytes/kept.ts';
import { fileSource, type Source } from '../../bytes/source.ts';
import { fileSpool } from '../../bytes/spool.ts';
import { CommandError, type Terminal, UsageError } from '../output.ts';

/** What a command looks into. */
export interface Input {
  /** As it was given; `-` for standard input. */
  readonly name: string;
  readonly source: Source;
}

/** Gives a command one file after the other. What comes by standard input, when large, lies in a file meanwhile. */
export async function eachInput(
  names: readonly string[],
  terminal: Terminal,
  look: (input: Input) => Promise<void>,
): Promise<void> {
  if (names.filter((name) => name === '-').length > 1) throw new UsageError('Standard input (-) can be read once.');
  for (const name of names) {
    if (name !== '-') {
      const found = await stat(name);
      if (!found.isFile()) throw new CommandError(`${name} is no file.`);
      await look({ name, source: fileSource(name, found.size) });
      continue;
    }
    const directory = mkdtempSync(path.join(tmpdir(), 'countersign-'));
    const { spool, clear } = fileSpool(directory);
    try {
      await look({ name, source: keptSource(await keep(terminal.stdin ?? [], spool)) });
    } finally {
      clear();
      rmSync(directory, { recursive: true, force: true });
    }
  }
}
