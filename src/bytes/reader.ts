import type { Pieces } from './source.ts';

/**
 * Reads bytes from the first to the last, once, with a look ahead. What lies in one piece is handed out as a slice of
 * it; only what lies across pieces is copied.
 */
export class Reader {
  readonly #pieces: Iterator<Buffer>;
  /** What was pulled and not yet read; none of them is empty. */
  readonly #ahead: Buffer[] = [];
  #offset = 0;

  constructor(pieces: Pieces) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** How much was read. */
  get offset(): number {
    return this.#offset;
  }

  /** What is at hand, without reading it: at least one byte; undefined at the end. */
  peekPiece(): Buffer | undefined {
    return this.#ahead[0] ?? (this.#pull() ? this.#ahead[0] : undefined);
  }

  /** The next `count` bytes, or what is left of them, without reading them. */
  peek(count: number): Buffer {
    return this.peekAtLeast(count).subarray(0, count);
  }

  /** The same with what happens to lie behind them. */
  peekAtLeast(count: number): Buffer {
    const first = this.peekPiece();
    if (first === undefined || first.length >= count) return first ?? EMPTY;
    let length = this.#ahead.reduce((sum, piece) => sum + piece.length, 0);
    while (length < count && this.#pull()) length += this.#ahead.at(-1)?.length ?? 0;
    return this.#ahead.length === 1 ? first : Buffer.concat(this.#ahead, Math.min(count, length));
  }

  /** The same, read. */
  take(count: number): Buffer {
    const first = this.peekPiece();
    if (first !== undefined && first.length >= count) return this.#read(count) ?? EMPTY;
    const taken = this.peek(count);
    this.skip(taken.length);
    return taken;
  }

  /** Reads `count` bytes that are known to be there, or what is left of them. */
  skip(count: number): void {
    for (let left = count; left > 0;) {
      const piece = this.#read(left);
      if (piece === undefined) return;
      left -= piece.length;
    }
  }

  /** The next `count` bytes, or what is left of them, piece by piece. Each is read when it is asked for. */
  *upTo(count: number): Generator<Buffer, void, undefined> {
    for (let left = count; left > 0;) {
      const piece = this.#read(left);
      if (piece === undefined) return;
      left -= piece.length;
      yield piece;
    }
  }

  /** Whatever is left. */
  rest(): Generator<Buffer, void, undefined> {
    return this.upTo(Infinity);
  }

  /** What is at hand, up to `most` bytes of it. */
  #read(most: number): Buffer | undefined {
    const whole = this.peekPiece();
    if (whole === undefined) return undefined;
    const piece = whole.length <= most ? whole : whole.subarray(0, most);
    if (piece === whole) this.#ahead.shift();
    else this.#ahead[0] = whole.subarray(most);
    this.#offset += piece.length;
    return piece;
  }

  #pull(): boolean {
    for (;;) {
      const next = this.#pieces.next();
      if (next.done === true) return false;
      if (next.value.length === 0) continue;
      this.#ahead.push(next.value);
      return true;
    }
  }
}

const EMPTY = Buffer.alloc(0);
