import { referenceNames, referenceSchemas } from '../ecert/reference-schema.ts';
import { partnerSchema } from './partner-schema.ts';
import { configurationReference } from './reference.ts';
import { endpointSchema } from './schema.ts';
import { jsonSchemaOf } from './settings.ts';

/** The files that are made from the schema, by their path in the project. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['reference/schema/countersign.json', schemaFile('countersign.yaml', endpointSchema)],
    ['reference/schema/partner.json', schemaFile('partners/*.yaml', partnerSchema)],
    ...referenceNames.map(
      (name) =>
        [`reference/schema/ecert-${name}.json`, schemaFile(`ecert/${name}.yaml`, referenceSchemas[name])] as const,
    ),
    ['docs/configuration.md', configurationReference()],
  ]);
}

function schemaFile(title: string, schema: Parameters<typeof jsonSchemaOf>[0]): string {
  return `${JSON.stringify({ title, ...jsonSchemaOf(schema) }, null, 2)}\n`;
}
