import { Readable } from 'node:stream';

import { Agent, request } from 'undici';

import type { Post } from '../exchange/post.ts';

/** An MDN is a few KiB; a peer that answers with more than this is not answering with an MDN. */
const longestAnswer = 4 * 1024 * 1024;

/**
 * The real network: kept connections, no redirects, an answer of bounded size. undici adds Host and, unless the body is
 * chunked, Content-Length (RFC 4130 §5.3.1, §5.3.4), passes over 1xx (draft rfc4130bis §5.4), and sends nothing over TLS
 * to whom no authority vouches for (RFC 4130 §9.2).
 */
export function createPost(): { post: Post; close: () => Promise<void> } {
  const agent = new Agent({ connections: 16, pipelining: 1, keepAliveTimeout: 10_000, maxResponseSize: longestAnswer });
  const post: Post = async ({ url, headers, body, signal, chunked }) => {
    const response = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers: headers.flat(),
      body: chunked ? Readable.from([body]) : body,
      signal,
      // The signal bounds the whole attempt.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const answer = Buffer.from(await response.body.arrayBuffer());
    const fields = Object.entries(response.headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => [name, one ?? ''] as const),
    );
    return { status: response.statusCode, headers: fields, body: answer };
  };
  return { post, close: () => agent.close() };
}
