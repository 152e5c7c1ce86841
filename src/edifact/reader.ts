import { EDIFACT_LIMITS } from '../limits.ts';
import { readBody } from './body.ts';
import { closeHead, readHead } from './head.ts';
import type { Interchange, Message, Warning } from './interchange.ts';
import { payloadReader } from './payload.ts';
import type { ReadSettings } from './settings.ts';

/**
 * Reads the first interchange, with every fault of its envelope, and, with directories, of its messages: not the first
 * alone.
 *
 * @throws UnreadableInterchange
 */
export function readInterchange(bytes: Buffer, settings: ReadSettings = EDIFACT_LIMITS): Interchange {
  const messages: Message[] = [];
  const open = readHead(bytes, 0, 0, settings, (message) => messages.push(message));
  readBody(open.body, bytes, open.next, 0, true);
  return closeHead(open, messages);
}

/** What a payload holds: its interchanges, and each stretch that is none, with the reason. */
export interface Payload {
  readonly interchanges: readonly Interchange[];
  readonly skipped: readonly Warning[];
}

/**
 * Reads all interchanges of a payload, as `readPayload` does, and keeps their messages.
 *
 * @throws UnreadableInterchange the first reason, when there is none that can be read
 */
export function readInterchanges(bytes: Buffer, settings: ReadSettings = EDIFACT_LIMITS): Payload {
  const interchanges: Interchange[] = [];
  const skipped: Warning[] = [];
  let messages: Message[] = [];
  const reader = payloadReader(settings, (event) => {
    if (event.kind === 'message') messages.push(event.message);
    else if (event.kind === 'skipped') skipped.push(event.warning);
    else if (event.kind === 'closed') {
      interchanges.push({ ...event.interchange, messages });
      messages = [];
    }
  });
  reader.push(bytes);
  reader.end();
  return { interchanges, skipped };
}
