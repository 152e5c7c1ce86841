import { Readable } from 'node:stream';

import { Agent, request } from 'undici';

import { PIECE, gather, type Source } from '../bytes/source.ts';
import type { Post, PostRequest } from '../exchange/post.ts';
import type { Headers } from '../mime/headers.ts';
import { CONNECT_TIME, LONGEST_MDN } from '../limits.ts';

/**
 * The real network: kept connections, no redirects, an answer of bounded size. undici adds Host (RFC 4130 §5.3.4),
 * passes over 1xx (draft rfc4130bis §5.4), and sends nothing over TLS to whom no authority vouches for (RFC 4130 §9.2).
 *
 * A large body is read as fast as the partner takes it; what of it is in memory does not depend on its size.
 */
export function createPost(): { post: Post; close: () => Promise<void> } {
  const options = { connections: 16, maxResponseSize: LONGEST_MDN, connect: { timeout: CONNECT_TIME } };
  const kept = new Agent({ ...options, pipelining: 1, keepAliveTimeout: 10_000 });
  const fresh = new Agent({ ...options, pipelining: 0 });
  const post: Post = async (message) => {
    // A connection is nothing beside a large body, and on its own that one is never sent twice.
    const alone = isLarge(message.body) || !message.keepAlive;
    const response = await sent(message, alone ? fresh : kept).catch((error: unknown) => {
      // RFC 9112 §9.3.1: a server may close a connection that it kept at the moment when we send on it, so it goes out at
      // once on a connection of its own. The partner may have taken it already: it is the same Message-ID, by which a
      // message that comes again is known (RFC 4130 §5.5).
      if (alone || !isClosed(error)) throw error;
      return sent(message, fresh);
    });
    const answer = Buffer.from(await response.body.arrayBuffer());
    const fields = Object.entries(response.headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => [name, one ?? ''] as const),
    );
    return { status: response.statusCode, headers: fields, body: answer };
  };
  return {
    post,
    async close() {
      await kept.close();
      await fresh.close();
    },
  };
}

/** Resolves when the head of the answer is there. */
function sent({ url, headers, body, signal, chunked }: PostRequest, dispatcher: Agent) {
  // RFC 4130 §5.3.1: Content-Length, unless the partner has its messages in chunks.
  const length: Headers = chunked ? [] : [['Content-Length', String(body.size)]];
  return request(url, {
    dispatcher,
    method: 'POST',
    headers: [...headers, ...length].flat(),
    body: chunked || isLarge(body) ? streamOf(body) : gather(body.pieces()),
    signal,
    // The signal bounds the whole attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

const isLarge = ({ size }: Source): boolean => size > PIECE;

/** Reads one piece ahead, and has nothing open before it is read or after it is destroyed. */
function streamOf(body: Source): Readable {
  return Readable.from(body.stream?.() ?? body.pieces(), { highWaterMark: 1 });
}

const closed = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const isClosed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && closed.has(String(error.code));
