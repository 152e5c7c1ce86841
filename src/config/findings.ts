import type { Problem } from './config-error.ts';
import type { Endpoint, Partner } from './home.ts';
import type { Source } from './validate.ts';

/** What a reading of the configuration found; it goes on after a problem, so that all are told at once. */
export interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

export const noFindings = (): Findings => ({ problems: [], warnings: [] });

export type Path = readonly PropertyKey[];

/** A problem at a path of a file. */
export function problemAt(source: Source, path: Path, message: string, remedy: string): Problem {
  return { ...source.locate(path), message, remedy };
}

/** Everything that was read, with where it was read: what the checks across files look at. */
export interface Subject {
  readonly endpoint: Endpoint;
  readonly partners: readonly Partner[];
  readonly endpointSource: Source;
  readonly sourceOf: (partner: Partner) => Source;
  /** Of a key that cannot be loaded nothing more can be told, least of all that there is none. */
  readonly allIdentitiesLoaded: boolean;
  /** ISO 3166-1 alpha-2 */
  readonly countryCodes: ReadonlySet<string>;
  readonly now: Date;
  readonly findings: Findings;
}
