import { defaultDelimiters, type Delimiters } from './delimiters.ts';
import { readBody } from './body.ts';
import { UnreadableInterchange } from './errors.ts';
import { closeHead, type InterchangeHead, type OpenInterchange, readHead } from './head.ts';
import type { Interchange, Message, Warning } from './interchange.ts';
import { EDIFACT_STREAM_LIMITS } from '../limits.ts';
import { goOn, type Search, skipFiller, startSearch } from './resume.ts';
import type { ReadSettings } from './settings.ts';

/** What is read of a payload, in its order. */
export type PayloadEvent =
  | { readonly kind: 'opened'; readonly head: InterchangeHead }
  | { readonly kind: 'message'; readonly message: Message }
  /** Its messages were handed out before. */
  | { readonly kind: 'closed'; readonly interchange: Interchange }
  | { readonly kind: 'skipped'; readonly warning: Warning };

/**
 * Reads all interchanges of a payload, message by message, at constant memory where `headersOnly` is set. What cannot be
 * read is passed over, to where the next interchange may begin; at most `maxInterchanges` are tried.
 *
 * @param pieces the payload, cut anywhere; they must not change while their messages are in use
 * @throws UnreadableInterchange the first reason, when there is none that can be read
 */
export async function* readPayload(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  settings: ReadSettings = EDIFACT_STREAM_LIMITS,
): AsyncGenerator<PayloadEvent> {
  let events: PayloadEvent[] = [];
  const reader = payloadReader(settings, (event) => events.push(event));
  for await (const piece of pieces) {
    reader.push(piece);
    yield* events;
    events = [];
  }
  reader.end();
  yield* events;
}

/** Takes a payload piece by piece. */
export interface PayloadReader {
  push(piece: Buffer): void;
  /** @throws UnreadableInterchange when nothing could be read */
  end(): void;
}

/** `readPayload` for whoever has the pieces at hand. */
export function payloadReader(settings: ReadSettings, tell: (event: PayloadEvent) => void): PayloadReader {
  const state: State = {
    ...{ settings, tell, open: undefined, skip: undefined, tried: 0, read: 0, fault: undefined },
    delimiters: defaultDelimiters,
  };
  /** What was not read yet, and its offset in the payload. */
  let rest: Buffer = Buffer.alloc(0);
  let base = 0;
  let waiting: Buffer[] = [];
  let size = 0;
  return {
    push(piece) {
      // What breaks off is tried again when there is twice as much, so that small pieces cost no more than large ones.
      waiting.push(piece);
      size += piece.length;
      if (size < rest.length) return;
      let bytes = waiting.length === 1 ? piece : Buffer.concat(waiting);
      waiting = [];
      size = 0;
      // A segment that is cut is read from a copy of its parts; all others from where they lie.
      while (rest.length > 0 && bytes.length > 0) {
        const head = bytes.subarray(0, Math.max(bridge, rest.length));
        const joint = Buffer.concat([rest, head]);
        const at = run(state, joint, base, false);
        base += at;
        bytes = bytes.subarray(at < rest.length ? head.length : at - rest.length);
        rest = at < rest.length ? joint.subarray(at) : rest.subarray(0, 0);
      }
      if (bytes.length === 0) return;
      const at = run(state, bytes, base, false);
      base += at;
      rest = Buffer.from(bytes.subarray(at));
    },
    end() {
      run(state, Buffer.concat([rest, ...waiting]), base, true);
      if (state.fault !== undefined && state.read === 0) throw state.fault;
    },
  };
}

/** Octets that are copied behind a segment that is cut: most end within. */
const bridge = 4096;

interface State {
  readonly settings: ReadSettings;
  readonly tell: (event: PayloadEvent) => void;
  /** The interchange that is being read. */
  open: OpenInterchange | undefined;
  /** What is being passed over, instead; without a search, to the end. */
  skip: { readonly from: number; readonly why: string; readonly search: Search | undefined } | undefined;
  /** Of the interchange before. */
  delimiters: Delimiters;
  tried: number;
  read: number;
  fault: UnreadableInterchange | undefined;
}

/** Reads as far as it can. @returns how far */
function run(state: State, bytes: Buffer, base: number, last: boolean): number {
  for (let at = 0; ;) {
    if (state.skip !== undefined) {
      const { at: reached, found } = skipOn(state, bytes, at, base, last);
      if (!found) return reached;
      at = reached;
    } else if (state.open === undefined) {
      at = skipFiller(bytes, at);
      // A payload of nothing is no interchange either.
      if (at >= bytes.length && (!last || state.tried > 0)) return Math.min(at, bytes.length);
      const next = begin(state, bytes, at, base, last);
      if (next === undefined) return at;
      at = next;
    } else {
      const { open } = state;
      at = readBody(open.body, bytes, at, base, last);
      if (open.body.end === undefined) return at;
      at = open.body.end - base;
      state.open = undefined;
      state.tell({ kind: 'closed', interchange: closeHead(open, []) });
    }
  }
}

/** Tries to read UNB. @returns where to go on; undefined when more bytes may be needed for it */
function begin(state: State, bytes: Buffer, at: number, base: number, last: boolean): number | undefined {
  const { settings, tell } = state;
  if (state.tried >= settings.maxInterchanges) {
    state.skip = { from: base + at, why: 'There are too many interchanges', search: undefined };
    return at;
  }
  try {
    state.open = readHead(bytes, at, base, settings, (message) => tell({ kind: 'message', message }));
  } catch (error) {
    if (!(error instanceof UnreadableInterchange)) throw error;
    if (!last && bytes.length - at <= settings.maxSegmentLength + roomForAdvice) return undefined;
    state.fault ??= error;
    state.tried++;
    const { search, from } = startSearch(bytes, at, state.delimiters);
    state.skip = { from: base + at, why: error.message, search };
    return from;
  }
  state.tried++;
  state.read++;
  state.delimiters = state.open.head.delimiters;
  tell({ kind: 'opened', head: state.open.head });
  return state.open.next;
}

/** UNA with blanks behind it. */
const roomForAdvice = 64;

function skipOn(state: State, bytes: Buffer, at: number, base: number, last: boolean): { at: number; found: boolean } {
  const { search, from, why } = state.skip as NonNullable<State['skip']>;
  const reached = search === undefined ? { at: bytes.length, found: false } : goOn(search, bytes, at);
  if (!reached.found && !last) return reached;
  const end = base + (reached.found ? reached.at : bytes.length);
  state.skip = undefined;
  state.tell({
    kind: 'skipped',
    warning: { offset: from, text: `${end - from} bytes from byte ${from} on are not read: ${why}` },
  });
  return reached;
}
