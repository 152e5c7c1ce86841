import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { referenceSchemas } from '../../src/ecert/reference-schema.ts';
import { generatedFiles } from '../../src/config/generated.ts';
import { partnerSchema } from '../../src/config/partner-schema.ts';
import { PROJECT } from '../../src/config/scaffold.ts';
import { endpointSchema } from '../../src/config/schema.ts';
import { jsonSchemaOf, settingsOf } from '../../src/config/settings.ts';

describe('config: what is made from the schema', () => {
  for (const [file, text] of generatedFiles()) {
    it(`${file} is as the schema says; else run: npm run reference`, () => {
      assert.equal(readFileSync(path.join(PROJECT, file), 'utf8'), text);
    });
  }

  it('documents every key', () => {
    for (const schema of [endpointSchema, partnerSchema, ...Object.values(referenceSchemas)]) {
      for (const { path: key, schema: setting } of settingsOf(jsonSchemaOf(schema)))
        assert.match(setting.description ?? '', /\.$/, key);
    }
  });

  it('names every dangerous option of receiving by beginning it with allow', () => {
    for (const { path: key, schema } of settingsOf(jsonSchemaOf(partnerSchema))) {
      if (schema.description?.startsWith('Dangerous') === true) assert.match(key, /^receive\.allow/);
    }
  });
});
