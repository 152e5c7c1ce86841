import express, { type Router } from 'express';
import type { Exchange } from '../exchange/exchange.ts';
import { apiGuard } from './api-guard.ts';
import { ecertApi } from './ecert-api.ts';
import { answerProblem, noSuch, problemHandler } from './problem.ts';

/** The API below `/api/v1`: JSON in, JSON out, faults as problems (RFC 9457). */
export function apiOf({ store, home, reference, clock, log }: Exchange): Router {
  const api = express.Router();
  // A changed address takes effect at the next start only; a changed token at once.
  const { host } = home().endpoint.operators;
  api.use(apiGuard(host, () => home().endpoint.operators.token));
  api.use(
    '/ecert',
    ecertApi(
      () => ({ store, clock, reference: reference(), environment: home().endpoint.environment }),
      () => home().partners.map(({ shortName }) => shortName),
    ),
  );
  api.use((request, response) => {
    answerProblem(response, 404, 'NO_SUCH_RESOURCE', noSuch(request));
  });
  api.use(problemHandler(statuses, log));
  return api;
}

/** Of the faults that are the sender's; all others are ours. */
const statuses = { REQUEST_MALFORMED: 400, NO_SUCH_CLAIM: 404, ENTRY_LINE_TAKEN: 409 };
