import { LONGEST_COMMIT_WAIT } from '../limits.ts';

/**
 * Runs all writes in one transaction and returns, in the same order, what each threw, or undefined where it held.
 * One that throws takes back its own changes only. Throws when the transaction itself failed: then none is stored.
 */
export type RunTogether = (writes: readonly (() => void)[]) => readonly unknown[];

/**
 * Group commit: writes that are ready at about the same time share one transaction, hence one fsync.
 *
 * A group runs in the check phase of the event loop (`setImmediate`), after all input that was ready has been handled,
 * unless more writes are expected than it has: then it waits for them, so that under load half of what is in hand
 * shares an fsync. A lone write waits for nothing. The returned function resolves when its write is on disk.
 *
 * @param expected how many writes will come within milliseconds, as far as anybody knows
 */
export function groupCommit(
  runTogether: RunTogether,
  expected: () => number = () => 0,
): <T>(write: () => T) => Promise<T> {
  let waiting: Waiting[] = [];
  let isChecked = false;
  let patience: NodeJS.Timeout | undefined;

  function check(): void {
    isChecked = false;
    if (waiting.length === 0) return; // their time was up meanwhile
    if (expected() > waiting.length) patience ??= setTimeout(commit, LONGEST_COMMIT_WAIT);
    else commit();
  }

  function commit(): void {
    clearTimeout(patience);
    patience = undefined;
    const group = waiting;
    waiting = [];
    let errors: readonly unknown[];
    try {
      errors = runTogether(group.map(({ run }) => run));
    } catch (error) {
      for (const { failed } of group) failed(error);
      return;
    }
    for (const [index, { done, failed }] of group.entries()) {
      const error = errors[index];
      if (error === undefined) done();
      else failed(error);
    }
  }

  return <T>(write: () => T) =>
    new Promise<T>((resolve, reject) => {
      let value: T;
      if (!isChecked) setImmediate(check);
      isChecked = true;
      waiting.push({
        run: () => {
          value = write();
        },
        done: () => resolve(value),
        failed: reject,
      });
    });
}

interface Waiting {
  readonly run: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}
