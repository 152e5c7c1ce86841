import type { Kept } from '../bytes/kept.ts';
import type { Job } from '../store/store.ts';
import type { Logger } from '../telemetry/log.ts';

export interface Worker {
  /** Looks for work now instead of at the next turn. */
  wake(): void;
  /** Takes no new work; resolves when the work in hand is done. */
  stop(): Promise<void>;
  /** When it takes jobs from whoever makes them. */
  readonly handing?: Handing;
}

/** Jobs that need not be looked for: claimed with the write that made them, and handed over in their order. */
export interface Handing {
  /** Until when one that is made now may be leased for the worker; undefined: it is to be found in its turn. */
  leaseUntil(): Date | undefined;
  /** What was leased so. */
  hand(job: Job, payload: Kept): void;
}

/**
 * Repeats a piece of work for as long as there is some, then rests until it is woken or until `restMs` have passed:
 * work may also fall due by the clock, or be brought by another process.
 *
 * @param work does what is due and says how many things that were; what it throws is logged and tried again later
 */
export function startWorker(
  name: string,
  work: (isStopping: () => boolean) => Promise<number>,
  restMs: number,
  log: Logger,
): Worker {
  const stop = new AbortController();
  let wakes = 0;
  let rise: (() => void) | undefined;

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      rise = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    while (!stop.signal.aborted) {
      const wakesBefore = wakes;
      const done = await work(() => stop.signal.aborted).catch((error: unknown) => {
        log.error({ err: error, worker: name }, 'A worker failed; it goes on');
        return 0;
      });
      // A wake that came while the work was looking must not be lost.
      if (done === 0 && wakes === wakesBefore) await rest();
    }
  };

  const ended = run();
  const wake = () => {
    wakes += 1;
    rise?.();
  };
  return {
    wake,
    async stop() {
      stop.abort();
      wake();
      await ended;
    },
  };
}
