import { Counter, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** Messages received, by partner and disposition. */
  readonly received: Counter<'partner' | 'disposition'>;
  /** Messages that could not be decrypted, by partner: many of them are somebody who tries. */
  readonly undecrypted: Counter<'partner'>;
  /** Attempts to send, by partner and outcome. */
  readonly attempts: Counter<'partner' | 'outcome'>;
  /** Commits of the store, each an fsync, and the writes that shared them. */
  readonly commits: Counter;
  readonly writes: Counter;
  /** Certificates answered, by decision. */
  readonly certificates: Counter<'decision'>;
  /** Queries (REQDOC) answered, by decision. */
  readonly queries: Counter<'decision'>;
  /** Interchanges that we sent and CONTRL came for, by what it said. */
  readonly acknowledgements: Counter<'partner' | 'outcome'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  return {
    registry,
    received: counter('countersign_messages_received_total', 'AS2 messages received', ['partner', 'disposition']),
    undecrypted: counter('countersign_decryption_failures_total', 'AS2 messages that could not be decrypted', [
      'partner',
    ]),
    attempts: counter('countersign_deliveries_total', 'Attempts to send a message or MDN', ['partner', 'outcome']),
    commits: counter('countersign_store_commits_total', 'Commits of the store, each an fsync', []),
    writes: counter('countersign_store_writes_total', 'Writes that shared the commits of the store', []),
    certificates: counter('countersign_certificates_total', 'Certificates answered', ['decision']),
    queries: counter('countersign_queries_total', 'Queries (REQDOC) answered', ['decision']),
    acknowledgements: counter('countersign_contrl_total', 'CONTRL received for what we sent', ['partner', 'outcome']),
  };
}
