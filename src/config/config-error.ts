import { CountersignError } from '../errors.ts';

/** One thing that is wrong, where it is, and what to do about it. */
export interface Problem {
  /** Relative to the home, or `environment`. */
  readonly file: string;
  /** First line is 1; undefined when the whole file is meant. */
  readonly line?: number | undefined;
  /** `as2.id`, `certificates[0].file`; empty when the whole file is meant. */
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
}

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends CountersignError {
  readonly code = 'CONFIG_INVALID';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options);
    this.problems = problems;
  }
}

/** `partners/acme.yaml:12: as2.url: is missing. Add …` */
export function formatProblem({ file, line, key, message, remedy }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}`;
  return `${where}: ${key === '' ? '' : `${key}: `}${message}. ${remedy}`.trimEnd();
}
