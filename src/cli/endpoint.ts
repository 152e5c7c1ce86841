import { startJobs } from '../exchange/jobs.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { startOutbox } from '../exchange/outbox.ts';
import { createReceive } from '../exchange/receive.ts';
import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import { as2Endpoint } from '../http/as2-endpoint.ts';
import { createPost } from '../http/client.ts';
import { operatorsApp } from '../http/operators.ts';
import { listen } from '../http/server.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { holdLock } from '../store/lock.ts';

export interface RunningEndpoint {
  /** Base addresses with the real ports. */
  readonly as2Address: string;
  readonly operatorsAddress: string;
  /** Takes the configuration anew: all of it, or, when anything in it is wrong, none. @throws ConfigError */
  reload(): Promise<void>;
  /** Takes no new work, ends what is in hand, closes everything. */
  stop(): Promise<void>;
}

/**
 * Brings an endpoint to life from its home: the one place where the rooms are put together.
 *
 * @throws ConfigError, StoreError, HomeInUse, or what listening met
 */
export async function startEndpoint(directory: string, env: NodeJS.ProcessEnv, log: Logger): Promise<RunningEndpoint> {
  let home = await loadHome(directory, env);
  const release = holdLock(home.endpoint.data);
  const store = await openSqliteStore({ directory: home.endpoint.data });
  await store.releaseLeases();
  const { post, close: closePost } = createPost();
  const metrics = createMetrics();
  let running = true;

  const exchange: Exchange = {
    home: () => home,
    reference: await loadReference(home.endpoint.reference),
    store,
    post,
    clock: () => new Date(),
    log,
    metrics,
    wake() {
      jobs.wake();
      outbox.wake();
    },
  };
  const jobs = startJobs(exchange);
  const outbox = startOutbox(exchange);

  const { listen: partners, operators } = home.endpoint;
  const as2 = as2Endpoint(partners.path, createReceive(exchange), log);
  const app = operatorsApp(store, metrics, () => running);
  const as2Server = await listen(as2, partners.host, partners.port);
  const operatorsServer = await listen(app, operators.host, operators.port);

  return {
    as2Address: as2Server.address + partners.path,
    operatorsAddress: operatorsServer.address,
    async reload() {
      home = await loadHome(directory, env);
      await store.note({ chain: 'endpoint', kind: 'configuration-loaded', facts: {} }, exchange.clock());
    },
    async stop() {
      running = false;
      await as2Server.close();
      await Promise.all([jobs.stop(), outbox.stop()]);
      await operatorsServer.close();
      await closePost();
      await store.close();
      release();
    },
  };
}
