/** Runs a task when its share is free. */
export type Sharing = <T>(share: number, task: () => Promise<T>) => Promise<T>;

/**
 * Lets tasks run side by side as long as their shares make up no more than the whole, which is 1. The others wait; the
 * first that fits is next, so that many large ones do not hold up a small one.
 */
export function createSharing(): Sharing {
  const waiting = new Set<{ readonly share: number; readonly start: () => void }>();
  let running = 0;
  let taken = 0;

  const admit = () => {
    for (const next of waiting) {
      if (running > 0 && taken + next.share > 1) continue;
      waiting.delete(next);
      running += 1;
      taken += next.share;
      next.start();
    }
  };

  return async (share, task) => {
    await new Promise<void>((start) => {
      waiting.add({ share, start });
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
