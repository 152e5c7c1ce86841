import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders: string[] = [];
// A process that is ended beside this one may still be writing.
const remove = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
process.once('exit', () => folders.forEach(remove));

/** An empty folder for private keys and the like: gone when this process ends, however it does. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  folders.push(folder);
  return folder;
}
