import { z } from 'zod';

/** The JSON Schema of what an operator writes, as far as it is used here. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  /** Of a map whose keys are not listed: what stands under each, and what a key looks like. */
  readonly additionalProperties?: JsonSchema | false;
  readonly propertyNames?: JsonSchema;
}

/** One key of a configuration file. */
export interface Setting {
  /** `listen.port`, `identities[].key` */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

/** Every key, in the order of the schema: an object before what is in it. */
export function settingsOf(schema: JsonSchema, prefix = ''): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix + name;
    const required = schema.required?.includes(name) ?? false;
    return [
      { path, schema: inner, required },
      ...settingsOf(inner, `${path}.`),
      ...(inner.additionalProperties ? settingsOf(inner.additionalProperties, `${path}.*.`) : []),
      ...(inner.items === undefined ? [] : settingsOf(inner.items, `${path}[].`)),
    ];
  });
}

/** The schema of what is at a path. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>(
    (at, step) =>
      typeof step === 'number'
        ? at?.items
        : (at?.properties?.[String(step)] ?? (at?.additionalProperties || undefined)),
    schema,
  );
}
