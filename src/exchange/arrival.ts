import type { Headers } from '../mime/headers.ts';
import type { OutgoingMdn } from '../store/store.ts';

/** An HTTP POST as it comes. */
export interface Arrival {
  readonly headers: Headers;
  /** As it comes; to be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Content-Length, if any. */
  readonly announced: number | undefined;
  readonly remoteAddress: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Answers a POST. Rejects only when nothing was sealed and the sender had better try again (HTTP 500). */
export type Receive = (arrival: Arrival) => Promise<Reply>;

/** What a sender gets who is to have no MDN, or a later one. */
export const emptyReply: Reply = { status: 200, headers: [], body: Buffer.alloc(0) };

/** RFC 4130 §7.2, §7.6: 2xx also when the MDN tells of an error; an empty one when no MDN, or a later one, is due. */
export function replyWith(mdn: OutgoingMdn | undefined): Reply {
  if (mdn?.mode !== 'sync') return emptyReply;
  return { status: 200, headers: mdn.headers, body: mdn.body };
}

export function plainText(status: number, text: string): Reply {
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: Buffer.from(text) };
}
