import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadReference } from '../../src/config/reference-data.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe("an operator's own lists", () => {
  const shipped = path.resolve(import.meta.dirname, '../../reference/ecert');

  function copied(): { readonly directory: string; readonly file: (name: string) => string } {
    const directory = temporaryFolder('reference');
    cpSync(shipped, path.join(directory, 'ecert'), { recursive: true });
    return { directory, file: (name) => path.join(directory, 'ecert', name) };
  }

  it('take the place of those that come with the product', async () => {
    const { directory, file } = copied();
    writeFileSync(file('claims.yaml'), readFileSync(file('claims.yaml'), 'utf8').replace('M07', 'X99'));
    assert.equal((await loadReference(directory)).mismatches.get('used-up')?.code, 'X99');
  });

  it('are told wrong with file, line and key', async () => {
    const { directory, file } = copied();
    const lines = readFileSync(file('programmes.yaml'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes("hts: ['0201'")) + 1;
    lines[line - 1] = "    hts: ['0201', 'beef']";
    writeFileSync(file('programmes.yaml'), lines.join('\n'));
    await assert.rejects(loadReference(directory), (error) => {
      assert.ok(error instanceof ConfigError);
      const [problem] = error.problems;
      assert.deepEqual([problem?.file, problem?.line, problem?.key], [file('programmes.yaml'), line, 'programmes.BEEF.hts[1]']);
      return true;
    });
  }); // prettier-ignore

  it('may lack what was added later, and nothing else', async () => {
    const { directory, file } = copied();
    for (const name of ['claims.yaml', 'conditions.yaml']) rmSync(file(name));
    assert.equal((await loadReference(directory)).conditions.get('matched')?.code, '10');
    rmSync(file('countries.yaml'));
    await assert.rejects(loadReference(directory), { code: 'CONFIG_INVALID', message: /countries.yaml: is not there/ });
  });

  it('that are no YAML are told so', async () => {
    const { directory, file } = copied();
    writeFileSync(file('errors.yaml'), 'errors: [');
    await assert.rejects(loadReference(directory), { code: 'CONFIG_INVALID', message: /errors.yaml:1: is not valid YAML/ });
  }); // prettier-ignore
});
