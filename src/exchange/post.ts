import type { Source } from '../bytes/source.ts';
import type { Headers } from '../mime/headers.ts';

export interface PostRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Source;
  /** Ends the attempt, wherever it is; its reason is what the rejection says. */
  readonly signal: AbortSignal;
  /** Without Content-Length. */
  readonly chunked: boolean;
  /** Whether a connection may be used that carried another message, and be kept for the next. */
  readonly keepAlive: boolean;
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
