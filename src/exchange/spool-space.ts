import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import { LARGEST_IN_MEMORY } from '../bytes/spool.ts';
import { SpoolFull } from './errors.ts';

/** What may lie in the spool at once. */
export interface SpoolSpace {
  /** Whether so many octets more fit in now. What is small needs no room: it stays in memory. */
  hasRoom(octets: number): boolean;
  /**
   * A body as it comes, on its way into a file of the spool.
   *
   * @param most it can have
   * @throws SpoolFull while it is read
   */
  through(body: AsyncIterable<Uint8Array>, file: string, most: number): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Looks at the files themselves: threads write there too, die, and are cleared up after. They are few, as only what is
 * large comes to have one.
 *
 * @param limit in octets
 */
export function createSpoolSpace(directory: string, limit: () => number): SpoolSpace {
  /** Of bodies that are coming in, by the names of their files: so much of them may be there by now. */
  const coming = new Map<string, number>();

  function taken(): number {
    const files = readdirSync(directory).filter((name) => !coming.has(name));
    const sizes = files.map((name) => statSync(path.join(directory, name), { throwIfNoEntry: false })?.size ?? 0);
    return [...sizes, ...coming.values()].reduce((sum, size) => sum + size, 0);
  }

  return {
    hasRoom: (octets) => octets <= LARGEST_IN_MEMORY || taken() + octets <= limit(),
    async *through(body, file, most) {
      const name = path.basename(file);
      let size = 0;
      let granted = LARGEST_IN_MEMORY;
      try {
        for await (const piece of body) {
          size += piece.length;
          if (size > granted) {
            granted = Math.max(size, Math.min(size + LARGEST_IN_MEMORY, most));
            coming.set(name, granted);
            if (taken() > limit()) throw new SpoolFull();
          }
          yield piece;
        }
      } finally {
        coming.delete(name);
      }
    },
  };
}

/** Removes what a server that crashed was receiving. Only for the one server of a store, at its start. */
export function clearReceived(directory: string): void {
  for (const name of readdirSync(directory))
    if (RECEIVED.test(name)) rmSync(path.join(directory, name), { force: true });
}

/** A body, or what was found in it: both begin with the id of the message. What others spool has one name. */
const RECEIVED = /^[\da-f-]{36}(?:-raw|[\da-f-]{36})$/;
