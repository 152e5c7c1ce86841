import type { Home } from '../config/home.ts';
import type { EcertReference } from '../ecert/reference.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Examiner } from './examiner.ts';
import type { Post } from './post.ts';
import type { Handing } from './worker.ts';

/** What the use cases work with. Clock, chance and network are here so that a test can be each of them. */
export interface Exchange {
  /** The configuration of this moment; a reload replaces it as a whole, so a message takes it once and keeps it. */
  readonly home: () => Home;
  readonly reference: () => EcertReference;
  /** Of this configuration. */
  readonly examiner: () => Examiner;
  readonly store: Store;
  readonly post: Post;
  readonly clock: () => Date;
  /** From 0 to 1; spreads attempts in time. Nothing secret is made of it. */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Tells a worker that there may be something to do. */
  readonly wake: (worker: 'jobs' | 'outbox') => void;
  /** To the worker on jobs, when there is one that takes them so. */
  readonly handing: () => Handing | undefined;
}
