import type { Problem } from './config-error.ts';
import { nearest } from './nearest.ts';
import { jsonSchemaOf, settingsOf, type Setting } from './settings.ts';
import { endpointSchema } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'COUNTERSIGN_';

/** A setting of `countersign.yaml` that an environment variable may override. */
export interface Override {
  /** `COUNTERSIGN_LISTEN_PORT` */
  readonly variable: string;
  readonly setting: Setting;
}

/** All single values outside of lists. */
export const OVERRIDES: readonly Override[] = settingsOf(jsonSchemaOf(endpointSchema))
  .filter(({ path, schema }) => !path.includes('[]') && schema.type !== 'object' && schema.type !== 'array')
  .map((setting) => ({ variable: PREFIX + snake(setting.path), setting }));

/** The raw value of `countersign.yaml` with the overrides of the environment put in. */
export function withOverrides(value: unknown, env: Environment): unknown {
  return overridesIn(env).reduce((whole, { variable, setting }) => {
    const text = env[variable] ?? '';
    const numeric = setting.schema.type === 'integer' && /^\d+$/.test(text);
    return put(whole, setting.path.split('.'), numeric ? Number(text) : text);
  }, value);
}

/** The variable that overrides the setting at a path, if one does. */
export function overrideAt(path: readonly PropertyKey[], env: Environment): string | undefined {
  return overridesIn(env).find(({ setting }) => setting.path === path.join('.'))?.variable;
}

/**
 * A variable that begins like ours and is none may be a misspelt one.
 * @param secrets names of variables that hold secrets by the configuration's own word
 */
export function strayVariables(env: Environment, secrets: ReadonlySet<string>): Problem[] {
  const known = OVERRIDES.map(({ variable }) => variable);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !secrets.has(name))
    .map((name) => {
      const meant = nearest(name, known);
      return {
        file: 'environment',
        key: name,
        message: 'overrides nothing',
        remedy:
          meant === undefined
            ? 'Remove it; `countersign config reference` lists those that do.'
            : `Did you mean ${meant}?`,
      };
    });
}

function overridesIn(env: Environment): Override[] {
  return OVERRIDES.filter(({ variable }) => env[variable] !== undefined && env[variable] !== '');
}

function put(whole: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  // What is no map is left as it stands, for the schema to complain of.
  if (whole !== undefined && whole !== null && (typeof whole !== 'object' || Array.isArray(whole))) return whole;
  const fields = new Map(Object.entries(whole ?? {}));
  fields.set(name, rest.length === 0 ? value : put(fields.get(name), rest, value));
  return Object.fromEntries(fields);
}

function snake(path: string): string {
  return path
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase();
}
