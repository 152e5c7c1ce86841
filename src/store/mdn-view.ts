import type { Headers } from '../mime/headers.ts';
import type { Page } from './store.ts';

export interface MdnFilter extends Page {
  readonly direction?: 'in' | 'out' | undefined;
  /** Received: the verdict. Sent: `sent` (with the response), `pending`, `delivered` or `failed`. */
  readonly state?: string | undefined;
}

export interface MdnSummary {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly at: Date;
  readonly partner: string | undefined;
  /** Our id of the message it is about. */
  readonly subjectId: string | undefined;
  readonly messageId: string | undefined;
  readonly originalMessageId: string | undefined;
  readonly mode: 'sync' | 'async';
  readonly signed: boolean;
  readonly disposition: string | undefined;
  readonly mic: string | undefined;
  readonly state: string;
  readonly detail: string | undefined;
}

export interface MdnDetail extends MdnSummary {
  readonly text: string | undefined;
  readonly signer: { readonly fingerprint: string; readonly subject: string } | undefined;
  readonly headers: Headers;
  readonly body: Buffer;
}
