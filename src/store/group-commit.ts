/**
 * Runs all writes in one transaction and returns, in the same order, what each threw, or undefined where it held.
 * One that throws takes back its own changes only. Throws when the transaction itself failed: then none is stored.
 */
export type RunTogether = (writes: readonly (() => void)[]) => readonly unknown[];

/**
 * Group commit: writes that are queued in the same turn of the event loop share one transaction, hence one fsync.
 *
 * The group runs in the check phase of that turn (`setImmediate`), after all input that was ready has been handled; a
 * lone write waits no longer than that. The returned function resolves when its write is on disk.
 */
export function groupCommit(runTogether: RunTogether): <T>(write: () => T) => Promise<T> {
  let waiting: Waiting[] = [];

  function commit(): void {
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
      if (waiting.length === 0) setImmediate(commit);
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
