import type { Headers } from '../mime/headers.ts';
import type { Value } from './database.ts';
import { StoreError } from './store-error.ts';
import type { Environment, Facts, InboundState, OutboundState, ReceivedMdn } from './store.ts';

/** A row of `messages`, columns as in the table. */
export interface MessageRow extends Row {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly environment: Environment;
  readonly at: string;
  readonly partner: string | null;
  readonly as2_from: string;
  readonly as2_to: string;
  readonly message_id: string;
  readonly subject: string | null;
  /** In: the address it came from. Out: the URL it goes to. */
  readonly remote: string;
  readonly headers: string;
  readonly raw: string;
  readonly payload: string | null;
  readonly content_type: string | null;
  readonly file_name: string | null;
  readonly facts: string;
  readonly signer: string | null;
  readonly mic: string | null;
  readonly mdn_mode: 'none' | 'sync' | 'async' | null;
  readonly mdn_signed: number | null;
  readonly answers: string | null;
  readonly state: InboundState | OutboundState;
  readonly disposition: string | null;
  readonly detail: string | null;
}

/** A row of `mdns`. */
export interface MdnRow extends Row {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly at: string;
  readonly partner: string | null;
  readonly subject_id: string | null;
  readonly message_id: string | null;
  readonly original_message_id: string | null;
  readonly mode: 'sync' | 'async';
  readonly url: string | null;
  readonly signed: number;
  readonly signer: string | null;
  readonly disposition: string | null;
  readonly mic: string | null;
  readonly text: string | null;
  readonly headers: string;
  readonly body: string;
  readonly state: ReceivedMdn['verdict'] | 'sent' | 'pending' | 'failed';
  readonly detail: string | null;
}

export type Signer = NonNullable<ReceivedMdn['signer']>;

type Row = Readonly<Record<string, Value>>;

/** The members that are not null. */
export function present<T extends object>(row: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as ReturnType<typeof present<T>>;
}

export function jsonOrNull(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function readHeaders(json: string): Headers {
  return readJson(json) as Headers;
}

export function readFacts(json: string): Facts {
  return readJson(json) as Facts;
}

export function readSigner(json: string | null): Signer | undefined {
  return json === null ? undefined : (readJson(json) as Signer);
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new StoreError('STORE_DAMAGED', 'A stored record is no JSON any more.', { cause });
  }
}
