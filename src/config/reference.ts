import { OVERRIDES } from './overrides.ts';
import { partnerSchema } from './partner-schema.ts';
import { endpointSchema } from './schema.ts';
import { jsonSchemaOf, settingsOf, type JsonSchema, type Setting } from './settings.ts';

/** `docs/configuration.md`: every key of every file, from the schema. */
export function configurationReference(): string {
  return [
    '<!-- Made from src/config by `npm run reference`. Change it there. -->',
    '# Configuration',
    'A home is a directory with `countersign.yaml`, `partners/*.yaml`, `keys/` and `data/`. `countersign init` makes one, `countersign config check` reads it and tells everything that is wrong with it, each with file, line, key and remedy. `partners/` must be there, if only empty. A running endpoint reads it all anew on SIGHUP: all of it, or, when anything is wrong, none.',
    [
      '- Durations are written `500ms`, `30s`, `5m`, `24h`, `7d`; sizes `512 KiB`, `100 MiB`, `1 GiB`.',
      '- A day such as `2027-12-31` is in UTC: its first instant in `validFrom`, its last one in `validTo`.',
      '- Paths are relative to the home.',
      '- Secrets are never in these files: each is in a file of its own or in an environment variable, and the key names which.',
      '- Tags and aliases of YAML are refused, and so are keys that are not listed here.',
      '- Editors check the files by the JSON Schemas in `reference/schema/`.',
    ].join('\n'),
    '## countersign.yaml',
    table(endpointSchema),
    '## partners/&lt;short-name&gt;.yaml',
    'One file for each partner. The name of the file is the short name of the partner in commands, tables and logs: small letters, digits and hyphens.',
    table(partnerSchema),
    '## Environment variables',
    'Each overrides one key of `countersign.yaml`. A variable that begins with `COUNTERSIGN_` and is none of these is warned of.',
    rows(
      ['Variable', 'Key'],
      OVERRIDES.map(({ variable, setting }) => [`\`${variable}\``, `\`${setting.path}\``]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

function table(schema: Parameters<typeof jsonSchemaOf>[0]): string {
  return rows(
    ['Key', 'Value', 'Default', 'Meaning'],
    settingsOf(jsonSchemaOf(schema)).map((setting) => [
      `\`${setting.path}\``,
      valueText(setting.schema),
      defaultText(setting),
      setting.schema.description ?? '',
    ]),
  );
}

function valueText(schema: JsonSchema): string {
  if (schema.type === 'array')
    return schema.items?.type === 'object' ? 'list' : `list of ${valueText(schema.items ?? {})}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'object') return '';
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'integer') return 'whole number';
  return schema.title ?? 'text';
}

function defaultText({ schema, required }: Setting): string {
  if (required) return '**required**';
  const { default: value } = schema;
  if (schema.type === 'object' || value === undefined) return '';
  if (!Array.isArray(value)) return value === '' ? 'empty' : code(JSON.stringify(value).replace(/^"|"$/g, ''));
  if (value.length === 0) return 'none';
  return value.length === schema.items?.enum?.length ? 'all' : code(value.join(', '));
}

const code = (text: string): string => `\`${text}\``;

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [head, head.map(() => '--'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
