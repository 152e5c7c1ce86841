import express, { type Express, type Router } from 'express';

import type { Store } from '../store/store.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerProblem, noSuch } from './problem.ts';

/** What operators and their machines look at; listens on the loopback address unless configured otherwise. */
export function operatorsApp(store: Store, metrics: Metrics, api: Router, ready: () => boolean): Express {
  const app = express();
  app.disable('x-powered-by');

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });

  app.get('/readyz', async (_request, response) => {
    if (!ready()) {
      response.status(503).json({ status: 'stopping' });
      return;
    }
    try {
      await store.nextDue();
      response.json({ status: 'ready' });
    } catch {
      response.status(503).json({ status: 'the store does not answer' });
    }
  });

  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  app.use('/api/v1', api);
  app.use((request, response) => answerProblem(response, 404, 'NO_SUCH_RESOURCE', noSuch(request)));

  return app;
}
