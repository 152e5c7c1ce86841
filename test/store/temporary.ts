import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Directories that are removed when the suite ends. To be called in a `describe`. */
export function temporaryDirectories(): { make: () => string } {
  const made: string[] = [];
  after(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return {
    make() {
      const directory = mkdtempSync(path.join(tmpdir(), 'countersign-store-'));
      made.push(directory);
      return directory;
    },
  };
}
