import { Readable } from 'node:stream';
import type { RegisterNoun } from '../../src/cli/program.ts';
import { run } from '../../src/cli/program.ts';

export const now = new Date('2026-11-02T12:00:00Z');

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  readonly json: () => unknown;
}

/** Runs one command line as the program would, and keeps what it printed. */
export function runner(
  nouns: readonly RegisterNoun[],
  env: Readonly<Record<string, string>> = {},
  { tty = false, clock = (): Date => now }: { tty?: boolean; clock?: () => Date } = {},
) {
  return async (...args: (string | Buffer)[]): Promise<Outcome> => {
    const printed = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof printed) => ({
      write(text: string | Uint8Array) {
        printed[name] += Buffer.from(text).toString();
        return true;
      },
      once: () => undefined,
      isTTY: tty,
    });
    // A buffer among the arguments comes by standard input.
    const stdin = Readable.from(args.filter((arg) => typeof arg !== 'string'));
    const terminal = { stdin, stdout: stream('stdout'), stderr: stream('stderr'), env, now: clock };
    const status = await run(
      args.filter((arg) => typeof arg === 'string'),
      terminal,
      nouns,
    );
    return { status, ...printed, json: (): unknown => JSON.parse(printed.stdout) };
  };
}
