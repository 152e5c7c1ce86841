/** Runs a task when its share is free. */
export type Sharing = <T>(share: number, task: () => Promise<T>) => Promise<T>;

/** So many may overtake one that waits; then it is its turn, whatever else comes. */
const overtaking = 64;

/**
 * Lets tasks run side by side as long as their shares make up no more than the whole, which is 1. The others wait; the
 * first that fits is next, so that many large ones do not hold up a small one, within bounds.
 */
export function createSharing(): Sharing {
  const waiting = new Set<{ readonly share: number; readonly start: () => void; overtaken: number }>();
  let running = 0;
  let taken = 0;

  const admit = () => {
    for (const next of waiting) {
      if (running > 0 && taken + next.share > 1) {
        next.overtaken += 1;
        if (next.overtaken > overtaking) return;
        continue;
      }
      waiting.delete(next);
      running += 1;
      taken += next.share;
      next.start();
    }
  };

  return async (share, task) => {
    await new Promise<void>((start) => {
      waiting.add({ share, start, overtaken: 0 });
      admit();
    });
    try {
      return await task();
    } finally {
      running -= 1;
      // Begins anew when it can: fractions do not add up exactly.
      taken = running === 0 ? 0 : taken - share;
      admit();
    }
  };
}
