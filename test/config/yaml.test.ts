import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ConfigError } from '../../src/config/config-error.ts';
import { endpointSchema } from '../../src/config/schema.ts';
import { validate } from '../../src/config/validate.ts';
import { readYaml } from '../../src/config/yaml.ts';

const aliases = (levels: number): string =>
  Array.from({ length: levels }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`).join('\n');

describe('config/yaml', () => {
  it('tells the line of a key, or of what is above it', () => {
    const yaml = readYaml('f', '# comment\nas2:\n  id: X\nlist:\n  - a: 1\n  - a: 2\n');
    assert.equal(yaml.lineOf(['as2', 'id']), 3);
    assert.equal(yaml.lineOf(['as2', 'url']), 2);
    assert.equal(yaml.lineOf(['list', 1, 'a']), 6);
    assert.equal(yaml.lineOf(['nothing', 'there']), 2);
  });

  const hostile: Readonly<Record<string, string>> = {
    'an alias': 'a: &x [1]\nb: *x\n',
    'a bomb of aliases': aliases(30),
    'a merge key': 'a: &x {b: 1}\nc:\n  <<: *x\n',
    'a tag that makes something': 'a: !!js/function "function () {}"\n',
    'a key twice': 'a: 1\na: 2\n',
    'a list as key': '? [a]\n: 1\n',
    'a key in a key in a key': '? '.repeat(30_000),
    'two documents': 'a: 1\n---\nb: 2\n',
    'deep lists': '['.repeat(60_000),
    'deep maps': '{a: '.repeat(16_000),
    'deep sequences': '- '.repeat(30_000),
    'deep lists, closed': `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    'more than anybody writes': `a: "${'x'.repeat(70_000)}"`,
    'an unclosed quotation': 'a: "x',
    'tabs for indentation': 'a:\n\tb: 1\n',
    'many commas': `[${','.repeat(60_000)}`,
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      const started = Date.now();
      assert.throws(() => readYaml('f', text), ConfigError);
      assert.ok(Date.now() - started < 10_000);
    });
  }

  it('lets no key reach a prototype', () => {
    const { value } = readYaml('f', '__proto__:\n  polluted: true\nconstructor:\n  prototype: {}\n');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    const { problems } = validate(endpointSchema, value, { locate: (path) => ({ file: 'f', key: path.join('.') }) });
    assert.ok(problems?.some(({ key }) => key === '__proto__'));
  });

  it('throws nothing but ConfigError, whatever the text', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&x ',
      '*x',
      '!!t ',
      '? ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '%',
      '---',
      '\t',
      '\0',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          const { value } = readYaml('f', pieces.join(''));
          validate(endpointSchema, value, { locate: (path) => ({ file: 'f', key: path.join('.') }) });
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
