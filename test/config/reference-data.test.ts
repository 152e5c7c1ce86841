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

  const broken: readonly (readonly [file: string, from: string, to: string, told: RegExp])[] = [
    ['programmes', 'largestQuantity', 'largestQuantaty', /key: programmes\.BEEF\.largestQuantaty: is not known\. Did you mean "largestQuantity"\?/],
    ['programmes', 'on: processing-date', 'on: procesing-date', /key: programmes\.BEEF\.year\.on: "procesing-date" is not possible: use processing-date, issue-date/],
    ['programmes', 'year: {', 'required: [manufacturer]\n    year: {', /key: programmes\.BEEF\.required\[0\]: "manufacturer" is not possible: use manufacturer-id/],
    ['programmes', "'(?<year>[0-9])(?<country>[A-Z]{2})[0-9]{6}'", "'(?<year>[0-9]'", /key: programmes\.BEEF\.number: is no regular expression: .* What a certificate number looks like/],
    ['programmes', "hts: ['0201', '0202']", 'hts: [201]', /key: programmes\.BEEF\.hts\[0\]: is 201, where a text is expected/],
    ['programmes', 'units: [KGM]', 'units: [kg]', /key: programmes\.BEEF\.units\[0\]: "kg" is not a unit, 1 to 3 capitals/],
    ['programmes', 'countries: [AU, NZ, UY, AR]', 'countries: [AU, BR]', /key: programmes\.BEEF\.countries: BR not among the countries that take part \(countries\.yaml\)/],
    ['countries', '  AU:', '  Au:', /key: countries\.Au: is not an ISO 3166 code of two letters/],
    ['countries', "'+11:00'", "'11'", /key: countries\.AU\.utcOffset: "11" is not an offset from UTC, such as \+11:00/],
    ['errors', 'quantity-zero:', 'quantity-zeros:', /key: errors\.quantity-zeros: is not known\. Did you mean "quantity-zero"\?/],
    ['errors', 'quantity-zero: { code: E06', 'quantity-zero: { code: E05', /key: errors\.quantity-zero\.code: is E05, which quantity-missing has already/],
    ['errors', 'text: QUANTITY IS ZERO', 'text: Quantity is zero', /key: errors\.quantity-zero\.text: holds characters that UNOA has not\. Text in capitals/],
    ['errors', "section: '2'", 'section: 2', /key: section: is 2, where a text is expected\. The section of the message/],
    ['claims', 'element: importer', 'element: importr', /key: mismatches\.importer-differs\.element: "importr" is not possible: use number, country/],
    ['claims', 'entryForms:', 'entryForm:', /key: entryForm: is not known\. Did you mean "entryForms"\?/],
    ['conditions', "code: '12'", 'code: 12', /key: conditions\.cancelled\.code: is 12, where a text is expected\. Code in GIS \(7365\), in quotes/],
    ['onboarding', '[register, replace, cancel, query]', '[register, change]', /key: required\[1\]: "change" is not possible: use register/],
    ['onboarding', 'days: 30', 'days: 0', /key: watch\.days: must be 1 or more\. Days of production/],
  ]; // prettier-ignore
  for (const [name, from, to, told] of broken) {
    it(`${name}.yaml with \`${to}\` is told with file, line, key, and what to do`, async () => {
      const { directory, file } = copied();
      const text = readFileSync(file(`${name}.yaml`), 'utf8');
      assert.ok(text.includes(from));
      const changed = text.replace(from, () => to);
      writeFileSync(file(`${name}.yaml`), changed);
      const line = changed.slice(0, changed.indexOf(to)).split('\n').length;
      await assert.rejects(loadReference(directory), (error) => {
        assert.ok(error instanceof ConfigError);
        const texts = error.problems.map((each) => `key: ${each.key}: ${each.message}. ${each.remedy}`);
        const problem = error.problems[texts.findIndex((each) => told.test(each))];
        assert.ok(problem, texts.join('\n'));
        assert.deepEqual([problem.file, problem.line], [file(`${name}.yaml`), line]);
        return true;
      });
    });
  }

  it('are told all that is wrong at once, in every file', async () => {
    const { directory, file } = copied();
    for (const [name, from, to] of [['countries', '  AU:', '  Au:'], ['conditions', "code: '12'", 'code: 12']] as const)
      writeFileSync(file(`${name}.yaml`), readFileSync(file(`${name}.yaml`), 'utf8').replace(from, to));
    await assert.rejects(loadReference(directory), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems.map((each) => path.basename(each.file)), ['countries.yaml', 'conditions.yaml']);
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
