import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import * as limits from '../src/limits.ts';

const source = path.resolve(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'limits.ts')
  .map((name) => ({ name, text: readFileSync(path.join(source, name), 'utf8') }));

/** What looks like a limit and is none: facts of a format or of Node, and where something is kept or how much is shown. */
const facts = new Set(['LONGEST_COORDINATE', 'LONGEST_HEADER', 'MOST_VARIANTS']);
const choices = new Set(['LARGEST_IN_MEMORY', 'MAX_FAULTS']);

describe('the limits', () => {
  it('stand in one file, and nowhere else', () => {
    // Those of `ecert/` are the directories'.
    for (const { name, text } of files.filter((file) => !file.name.startsWith('ecert')))
      for (const [line, found = ''] of text.matchAll(
        /\bconst ((?:MAX_|LONGEST|longest|LARGEST|largest|MOST|most)\w+) = [\d(]/g,
      ))
        assert.ok(facts.has(found) || choices.has(found), `src/${name}: ${line} belongs into src/limits.ts`);
  });

  for (const name of Object.keys(limits)) {
    it(`${name} is held somewhere, and has its reason`, () => {
      const holders = files.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
      assert.ok(holders.length > 0, 'nobody holds it');
      const [, before = ''] =
        new RegExp(`([^]*)\nexport const ${name} = `).exec(readFileSync(path.join(source, 'limits.ts'), 'utf8')) ?? [];
      // Two that belong together have one reason.
      assert.match(before, /(?:\*\/|\nexport const [^\n]*;)$/);
    });
  }
});
