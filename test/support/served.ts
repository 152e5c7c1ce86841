import { pino, type Logger } from 'pino';

import { startEndpoint, type RunningEndpoint } from '../../src/cli/endpoint.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { MessageDetail, Store } from '../../src/store/store.ts';
import path from 'node:path';
import type { TestHome } from './home.ts';
import { until } from './until.ts';

/** A home that is served by this process, and its store as another process sees it. */
export interface Served {
  readonly home: TestHome;
  readonly url: string;
  readonly endpoint: RunningEndpoint;
  readonly store: Store;
  /** Waits until a message, by Message-ID or our id, is in one of these states. */
  reached(messageId: string, ...states: readonly string[]): Promise<MessageDetail>;
  stop(): Promise<void>;
}

const silent = pino({}, { write: () => undefined });

export async function serve(home: TestHome, log: Logger = silent): Promise<Served> {
  const endpoint = await startEndpoint(home.directory, {}, log);
  const store = await storeOf(home);
  return {
    home,
    url: endpoint.as2Address,
    endpoint,
    store,
    reached: (messageId, ...states) => reached(store, messageId, states),
    async stop() {
      await endpoint.stop();
      await store.close();
    },
  };
}

/** What a home has stored; for looking at, or for queueing as `countersign send` does. */
export function storeOf({ directory }: TestHome): Promise<Store> {
  return openSqliteStore({ directory: path.join(directory, 'data') });
}

export function reached(store: Store, messageId: string, states: readonly string[]): Promise<MessageDetail> {
  return until(`${messageId} is ${states.join(' or ')}`, async () => {
    const message = await store.getMessage(messageId);
    return message !== undefined && states.includes(message.state) ? message : undefined;
  });
}
