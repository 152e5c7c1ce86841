import type { Headers } from '../mime/headers.ts';

export interface PostRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /** For the whole answer to begin, and between its parts. */
  readonly timeoutMs: number;
  /** Without Content-Length. */
  readonly chunked: boolean;
}

export interface PostResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * The network, as the exchange sees it: one HTTP POST, no redirect followed, rejecting when no whole answer came.
 */
export type Post = (request: PostRequest) => Promise<PostResponse>;
