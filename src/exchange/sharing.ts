/** Runs a task when its share is free. */
export type Sharing = <T>(share: number, task: () => Promise<T>) => Promise<T>;

/**
 * Lets tasks run side by side as long as their shares make up no more than the whole; the others wait in the order in
 * which they came. What is larger than the whole runs alone.
 */
export function createSharing(whole = 1): Sharing {
  const waiting: { readonly share: number; readonly start: () => void }[] = [];
  let running = 0;
  let taken = 0;

  const admit = () => {
    for (
      let next = waiting[0];
      next !== undefined && (running === 0 || taken + next.share <= whole);
      next = waiting[0]
    ) {
      waiting.shift();
      running += 1;
      taken += next.share;
      next.start();
    }
  };

  return async (share, task) => {
    await new Promise<void>((start) => {
      waiting.push({ share, start });
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
