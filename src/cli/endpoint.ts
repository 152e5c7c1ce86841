import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';

import { dangersOf } from '../config/dangers.ts';
import type { Home } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { loadReference } from '../config/reference-data.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { createExaminer, type Examiner } from '../exchange/examiner.ts';
import { startJobs } from '../exchange/jobs.ts';
import { startNotices } from '../exchange/notices.ts';
import { startOutbox } from '../exchange/outbox.ts';
import { createReceive } from '../exchange/receive.ts';
import { clearReceived } from '../exchange/spool-space.ts';
import type { Worker } from '../exchange/worker.ts';
import { as2Endpoint } from '../http/as2-endpoint.ts';
import { createPost } from '../http/client.ts';
import { apiOf } from '../http/api.ts';
import { operatorsApp } from '../http/operators.ts';
import { listen } from '../http/server.ts';
import { ENDPOINT_CHAIN } from '../store/ledger.ts';
import { holdLock } from '../store/lock.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';

export interface RunningEndpoint {
  /** Addresses with the real ports. */
  readonly as2Address: string;
  readonly operatorsAddress: string;
  /** Takes the configuration anew: all of it, or, when anything in it is wrong, none. @throws ConfigError */
  reload(): Promise<void>;
  /** Takes no new work, ends what is in hand, closes everything. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Brings an endpoint to life from its home: the one place where the rooms are put together.
 *
 * @param work what works on the payloads that come in
 * @throws ConfigError, ReferenceDataError, StoreError, HomeInUse, or what listening met
 */
export async function startEndpoint(
  directory: string,
  env: Environment,
  log: Logger,
  work: (exchange: Exchange) => Worker = startJobs,
): Promise<RunningEndpoint> {
  const open = await openExchange(directory, env, log, availableParallelism());
  const { exchange } = open;
  const { endpoint } = exchange.home();
  log.level = endpoint.log.level;
  /** What is open by now, to be closed when the rest cannot be opened: a port that listens would keep the process alive. */
  const opened: (() => unknown)[] = [() => open.close()];
  try {
    const letGo = holdLock(endpoint.data);
    opened.push(letGo);
    await exchange.store.releaseLeases();
    clearReceived(exchange.store.spoolDirectory);
    const receive = as2Endpoint(endpoint.listen.path, createReceive(exchange), log);
    const refused = (detail: string, remote: string | undefined) =>
      log.warn({ detail, remote }, 'A request was no HTTP as it is read here');
    const as2 = await listen(receive, endpoint.listen, refused);
    opened.unshift(() => as2.close());
    let ready = true;
    const operatorsPages = operatorsApp(exchange.store, exchange.metrics, apiOf(exchange), () => ready);
    const operators = await listen(operatorsPages, endpoint.operators, refused);
    const workers = open.startWorkers(work);
    return {
      as2Address: as2.address + endpoint.listen.path,
      operatorsAddress: operators.address,
      async reload() {
        await open.reload();
        const { log: logging, listen: listening } = exchange.home().endpoint;
        log.level = logging.level;
        if (listening.tls !== undefined) as2.present(listening.tls);
      },
      async stop() {
        ready = false;
        await as2.close();
        await workers.stop();
        await operators.close();
        await open.close();
        letGo();
      },
    };
  } catch (error) {
    for (const close of opened) await close();
    throw error;
  }
}

/** An exchange that listens to nobody: what a server and a single command have in common. */
export interface OpenExchange {
  readonly exchange: Exchange;
  readonly reload: () => Promise<void>;
  /** Begins to work through payloads and to send. */
  readonly startWorkers: (work: (exchange: Exchange) => Worker) => Pick<Worker, 'stop'>;
  readonly close: () => Promise<void>;
}

/** @param threads for cryptography, unless the configuration says how many; 0 for a single command, which receives nothing */
export async function openExchange(
  directory: string,
  env: Environment,
  log: Logger,
  threads = 0,
): Promise<OpenExchange> {
  const clock = () => new Date();
  const metrics = createMetrics();
  let home = await loadHome(directory, env, clock());
  tellDoubts(home, log);
  let reference = await loadReference(home.endpoint.reference);
  const store = await openSqliteStore({
    directory: home.endpoint.data,
    expected: () => examiner.inHand(),
    committed(writes) {
      metrics.commits.inc();
      metrics.writes.inc(writes);
    },
  });
  const network = createPost();
  const workers: { jobs?: Worker; outbox?: Worker; notices?: Worker } = {};
  let examiner = examinerOf(home, store.spoolDirectory, threads, log);
  const exchange: Exchange = {
    home: () => home,
    reference: () => reference,
    examiner: () => examiner,
    store,
    post: network.post,
    clock,
    random: Math.random,
    log,
    metrics,
    wake: (worker) => workers[worker]?.wake(),
    handing: () => workers.jobs?.handing,
  };
  return {
    exchange,
    async reload() {
      const next = await loadHome(directory, env, clock());
      const nextReference = await loadReference(next.endpoint.reference);
      await store.note({ chain: ENDPOINT_CHAIN, kind: 'configuration-loaded', facts: {} }, clock());
      const inUse = fixedIn(home);
      for (const [key, value] of Object.entries(fixedIn(next)))
        if (!isDeepStrictEqual(value, inUse[key]))
          log.warn({ key }, 'A changed setting takes effect at the next start only');
      home = next;
      reference = nextReference;
      const former = examiner;
      examiner = examinerOf(home, store.spoolDirectory, threads, log);
      await former.close();
      tellDoubts(home, log);
    },
    startWorkers(work) {
      workers.jobs = work(exchange);
      workers.outbox = startOutbox(exchange);
      workers.notices = startNotices(exchange);
      return {
        async stop() {
          await workers.notices?.stop();
          await workers.jobs?.stop();
          await workers.outbox?.stop();
        },
      };
    },
    async close() {
      await network.close();
      await examiner.close();
      await store.close();
    },
  };
}

function examinerOf(home: Home, spool: string, threads: number, log: Logger): Examiner {
  const { workers = threads, limits } = home.endpoint;
  return createExaminer(home, {
    // The configuration says how many, but not whether: a single command needs none.
    workers: threads === 0 ? 0 : workers,
    ...{ spool, log, waiting: limits.waiting, time: limits.examinationTime },
  });
}

/** What is in use from the start on. Of TLS it is that there is some; a new certificate does not wait. */
function fixedIn({ endpoint: { listen: listening, operators, data } }: Home): Readonly<Record<string, unknown>> {
  const { host, port } = operators;
  return { listen: { ...listening, tls: listening.tls !== undefined }, operators: { host, port }, data };
}

/** What an operator had better look at, each time the configuration is taken. */
function tellDoubts(home: Home, log: Logger): void {
  for (const warning of home.warnings) log.warn(warning, 'The configuration should be looked at');
  for (const danger of dangersOf(home)) log.warn(danger, 'A dangerous option is in force');
}
