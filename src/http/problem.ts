import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import { CountersignError } from '../errors.ts';
import type { Logger } from '../telemetry/log.ts';

/** Answers with a problem (RFC 9457). Its title is that of the status (§4.2.1); `code` says which fault it is. */
export function answerProblem(
  response: Response,
  status: number,
  code: string,
  detail: string,
  more: object = {},
): void {
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? '', status, code, detail, ...more };
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The last handler: what is the sender's fault is told in words, what is ours goes to the log. */
export function problemHandler(statuses: Readonly<Record<string, number>>, log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const status = error instanceof CountersignError ? statuses[error.code] : statusOfExpress(error);
    if (status === undefined || !(error instanceof Error)) {
      log.error({ err: error }, 'A request to the API could not be answered');
      return answerProblem(response, 500, 'INTERNAL', 'The request could not be answered; the log says why.');
    }
    const code = error instanceof CountersignError ? error.code : 'REQUEST_MALFORMED';
    const faults = 'faults' in error ? { faults: error.faults } : {};
    answerProblem(response, status, code, error.message, faults);
  };
}

/** What express itself says of a body or a path that it cannot read: 400, 413, 415. */
function statusOfExpress(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status < 500 ? status : undefined;
}
