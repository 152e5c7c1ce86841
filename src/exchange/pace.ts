import { BodyTooSlow } from './errors.ts';

/** In milliseconds. */
export interface Pace {
  /** Between one piece and the next. */
  readonly silence: number;
  readonly whole: number;
}

/**
 * A body as it comes, as long as it does. Only the time that is waited for it counts, not what its reader takes.
 *
 * @throws BodyTooSlow; whoever brings the body has to end it then, as a piece of it is perhaps still being waited for
 */
export async function* paced(
  body: AsyncIterable<Uint8Array>,
  { silence, whole }: Pace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = body[Symbol.asyncIterator]();
  let left = whole;
  for (;;) {
    const begun = performance.now();
    const next = await within(pieces.next(), Math.min(silence, left));
    if (next.done === true) return;
    left -= performance.now() - begun;
    let isWanted = false;
    try {
      if (left <= 0) throw new BodyTooSlow();
      yield next.value;
      isWanted = true;
    } finally {
      if (!isWanted) await pieces.return?.();
    }
  }
}

function within<T>(promise: Promise<T>, time: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new BodyTooSlow()), time);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
