import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { fileSource, sourceOf, type Pieces, type Source } from './source.ts';

/** Begins to keep bytes whose number nobody knows. */
export type Spool = () => Spooling;

export interface Spooling {
  write(piece: Buffer): void;
  /** Everything that was written. */
  end(): Source;
}

export function spooled(pieces: Pieces, spool: Spool): Source {
  const spooling = spool();
  for (const piece of pieces) spooling.write(piece);
  return spooling.end();
}

/** Keeps everything in memory. */
export const memorySpool: Spool = () => {
  const held: Buffer[] = [];
  return { write: (piece) => void held.push(piece), end: () => inMemory(held) };
};

/** From here on bytes go to a file. Below, a file costs more than the memory is worth. In octets. */
export const LARGEST_IN_MEMORY = 1024 * 1024;

/** A spool for the time of one message: its files are removed together, but for those that were taken over. */
export interface FileSpool {
  readonly spool: Spool;
  /** Removes what was spooled, but for these files. */
  readonly clear: (kept?: readonly (string | undefined)[]) => void;
}

/**
 * @param directory must exist, and be of the file system that the bytes shall stay on
 * @param prefix of the names of its files
 */
export function fileSpool(directory: string, largestInMemory = LARGEST_IN_MEMORY, prefix = ''): FileSpool {
  const begun: { readonly file: string; readonly close: () => void }[] = [];
  const spool: Spool = () => {
    const held: Buffer[] = [];
    let size = 0;
    let file: OpenFile | undefined;
    return {
      write(piece) {
        size += piece.length;
        if (file === undefined && size <= largestInMemory) return void held.push(piece);
        if (file === undefined) {
          file = createFile(path.join(directory, prefix + randomUUID()));
          begun.push(file);
          for (const one of held.splice(0)) file.write(one);
        }
        file.write(piece);
      },
      end() {
        if (file === undefined) return inMemory(held);
        file.close();
        return fileSource(file.file, size);
      },
    };
  };
  return {
    spool,
    clear(kept = []) {
      for (const { file, close } of begun.splice(0)) {
        close();
        if (!kept.includes(file)) rmSync(file, { force: true });
      }
    },
  };
}

interface OpenFile {
  readonly file: string;
  write(bytes: Buffer): void;
  close(): void;
}

function createFile(file: string): OpenFile {
  let handle: number | undefined = openSync(file, 'wx', 0o600);
  return {
    file,
    write(bytes) {
      if (handle === undefined) throw new Error(`${file} is closed`);
      for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    },
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}

function inMemory(held: readonly Buffer[]): Source {
  const [only] = held;
  return sourceOf(held.length === 1 && only !== undefined ? only : Buffer.concat(held));
}
