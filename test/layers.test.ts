import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const source = path.resolve(import.meta.dirname, '../src');

/** Each room, with the rooms whose files it may import beside its own and the foundation. */
const above: Record<string, readonly string[]> = {
  telemetry: [],
  bytes: [],
  mime: ['bytes'],
  cms: ['bytes', 'mime'],
  pki: ['cms'],
  edifact: [],
  as2: ['bytes', 'mime', 'cms', 'pki'],
  ecert: ['edifact'],
  config: ['mime', 'cms', 'pki', 'edifact', 'as2', 'ecert'],
  store: ['bytes', 'mime'],
  exchange: ['telemetry', 'bytes', 'mime', 'cms', 'pki', 'edifact', 'as2', 'ecert', 'config', 'store'],
  http: ['telemetry', 'bytes', 'mime', 'ecert', 'config', 'store', 'exchange'],
  cli: ['telemetry', 'bytes', 'mime', 'cms', 'pki', 'edifact', 'as2', 'ecert', 'config', 'store', 'exchange', 'http'],
};

/** What all of them stand on, and what stands on nothing. */
const foundation = new Set(['errors.ts', 'limits.ts']);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(source, file), 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)[^;]*?from '(\.[^']+)'/gm),
    ...text.matchAll(/import\('(\.[^']+)'\)/g),
  ].map((match) => path.relative(source, path.resolve(source, path.dirname(file), match[1] ?? '')));
}

describe('the house', () => {
  it('has only the rooms that the plan knows', () => {
    const rooms = new Set(files.filter((file) => file.includes(path.sep)).map((file) => file.split(path.sep)[0]));
    for (const room of rooms) assert.ok(room !== undefined && room in above, `src/${room ?? ''} is in no layer`);
  });

  for (const file of files) {
    it(`src/${file} imports only from its own room and those above`, () => {
      const room = file.includes(path.sep) ? (file.split(path.sep)[0] ?? '') : '';
      for (const target of importsOf(file)) {
        const targetRoom = target.split(path.sep)[0] ?? '';
        const allowed = foundation.has(target) || targetRoom === room || (above[room] ?? []).includes(targetRoom);
        assert.ok(allowed, `src/${file} imports src/${target}`);
      }
    });
  }

  it('keeps every file short enough to be read at one sitting', () => {
    for (const file of files) {
      const lines = readFileSync(path.join(source, file), 'utf8').split('\n').length;
      assert.ok(lines <= 400, `src/${file} has ${lines} lines`);
    }
  });
});
