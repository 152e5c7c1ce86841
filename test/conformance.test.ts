import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '..');
const table = readFileSync(path.join(project, 'docs/conformance.md'), 'utf8');

/** Rows of the table: rule, level, source file, test file with the beginning of a test's title. */
const rows = table
  .split('\n')
  .filter((line) => /^\| (?:RFC|draft|ISO|AS2|eCERT)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

describe('docs/conformance.md', () => {
  it('has a row for each rule', () => {
    assert.ok(rows.length > 50, `only ${rows.length} rows were found`);
  });

  for (const [source = '', rule = '', level = '', file = '', test = ''] of rows) {
    it(`${source}: ${rule.slice(0, 80)}`, () => {
      assert.match(level, /^(MUST|SHOULD|MAY)( NOT)?$/);
      for (const name of namesIn(file)) assert.ok(existsSync(path.join(project, name)), `${name} is gone`);
      const tests = namesIn(test);
      assert.ok(tests.length > 0, 'no test is named');
      const texts = tests.map((name) => {
        assert.ok(existsSync(path.join(project, name)), `${name} is gone`);
        return readFileSync(path.join(project, name), 'utf8');
      });
      for (const [, title = ''] of test.matchAll(/“([^”]+)”/g)) {
        assert.ok(
          texts.some((text) => text.includes(title)),
          `no test is named ${title}`,
        );
      }
    });
  }
});

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([\w./-]+\.ts)`/g)].map((match) => match[1] ?? '');
}
