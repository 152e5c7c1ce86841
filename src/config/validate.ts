import type { z } from 'zod';
import type { Problem } from './config-error.ts';
import { nearest } from './nearest.ts';
import { jsonSchemaOf, schemaAt, type JsonSchema } from './settings.ts';

/** Where the values of a file came from. */
export interface Source {
  locate(path: readonly PropertyKey[]): Pick<Problem, 'file' | 'line' | 'key'>;
}

/** A value that fits the schema, or everything that is wrong with it. */
export type Validated<T> =
  | { readonly value: T; readonly problems?: undefined }
  | { readonly value?: undefined; readonly problems: readonly Problem[] };

/** Checks the raw value of a file. A key with nothing behind it counts as left out. */
export function validate<S extends z.ZodType>(schema: S, raw: unknown, source: Source): Validated<z.output<S>> {
  const value = withoutNulls(raw) ?? {};
  const result = schema.safeParse(value, { error: expectedKind });
  if (result.success) return { value: result.data };
  const json = jsonSchemaOf(schema);
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, value, json, source)) };
}

/** `certificates[0].file` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown, json: JsonSchema, source: Source): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const at = schemaAt(json, issue.path);
    const known = at?.propertyNames?.enum ?? Object.keys(at?.properties ?? {});
    return issue.keys.map((key) => ({ ...source.locate([...issue.path, key]), ...unknownKey(key, known) }));
  }
  const found = valueAt(value, issue.path);
  const described = [issue.path, issue.path.slice(0, -1)].map((path) => schemaAt(json, path)?.description);
  const wanted = described.find((text) => text !== undefined) ?? '';
  const location = source.locate(issue.path);
  if (found === undefined) return [{ ...location, message: 'is missing', remedy: `Add it: ${wanted}` }];
  return [{ ...location, message: whatIsWrong(issue, found), remedy: wanted }];
}

const SECRET = /password|passphrase|secret|token/i;

function unknownKey(key: string, known: readonly string[]): Pick<Problem, 'message' | 'remedy'> {
  const meant = nearest(key, known);
  if (SECRET.test(key) && !known.includes(key)) {
    const instead = known.filter((name) => SECRET.test(name));
    const remedy = instead.length > 0 ? `Use ${instead.join(' or ')}` : 'Use a file or an environment variable';
    return { message: 'is not kept in YAML: it would be a secret in a file that people copy', remedy: `${remedy}.` };
  }
  const remedy = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${meant}"?`;
  return { message: 'is not known', remedy };
}

function whatIsWrong(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'invalid_type') return `is ${nameOf(found)}, where ${issue.message} is expected`;
  if (issue.code === 'invalid_value')
    return `${show(found)} is not possible: use ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_format') return `${show(found)} is not ${issue.message}`;
  if (issue.code === 'too_small' && issue.origin === 'array') return `needs at least ${issue.minimum} entry`;
  if (issue.code === 'too_small' && issue.origin === 'string') return 'is empty';
  if (issue.code === 'too_big' && issue.origin === 'string') return `is longer than ${issue.maximum} characters`;
  if (issue.code === 'invalid_key') return `is not ${issue.issues.map(({ message }) => message).join(', ')}`;
  if (issue.code === 'too_small') return `must be ${issue.minimum} or more`;
  if (issue.code === 'too_big') return `must be ${issue.maximum} or less`;
  return issue.message;
}

/** What a value of the wrong type should be, where the schema itself does not say it. */
function expectedKind(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' ? (KINDS[issue.expected] ?? issue.expected) : undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
};

function nameOf(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : value === null ? 'empty' : 'a map of keys';
  return typeof value === 'string' ? 'a text' : show(value);
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
    : String(value);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    value,
  );
}

function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNulls(item) ?? null);
  if (typeof value !== 'object') return value;
  const kept = Object.entries(value).map(([key, inner]) => [key, withoutNulls(inner)] as const);
  return Object.fromEntries(kept.filter(([, inner]) => inner !== undefined));
}
