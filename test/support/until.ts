import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until there is an answer: for what another connection or process brings about, and nothing here announces.
 *
 * @throws an error that names `what`, when there is none in time
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(5);
  }
  throw new Error(`Waited ${limitMs} ms in vain: ${what}`);
}
