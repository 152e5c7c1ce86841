/**
 * How long to wait after a failed attempt: doubled each time, never above the longest pause, and spread by up to a
 * quarter so that partners who fail together are not asked together.
 *
 * @param attempt the one that failed, from 1
 * @param random from 0 to 1
 * @returns milliseconds
 */
export function pauseAfter(attempt: number, first: number, longest: number, random: number): number {
  const pause = Math.min(longest, first * 2 ** Math.min(attempt - 1, 30));
  return Math.round(pause * (1 - 0.25 * random));
}
