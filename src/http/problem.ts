import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { CountersignError } from '../errors.ts';
import { LONGEST_API_BODY } from '../limits.ts';
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

export function noSuch({ method, originalUrl }: Request): string {
  return `There is no ${method} ${originalUrl}.`;
}

/** The last handler: what is the sender's fault is told in words, what is ours goes to the log. */
export function problemHandler(statuses: Readonly<Record<string, number>>, log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const fault = error instanceof CountersignError ? ours(error, statuses) : ofExpress(error);
    if (fault === undefined) {
      log.error({ err: error }, 'A request to the API could not be answered');
      return answerProblem(response, 500, 'INTERNAL', 'The request could not be answered; the log says why.');
    }
    answerProblem(response, fault.status, fault.code, fault.detail, fault.more);
  };
}

interface Fault {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly more?: object;
}

function ours(error: CountersignError, statuses: Readonly<Record<string, number>>): Fault | undefined {
  const { code, message: detail } = error;
  const status = statuses[code];
  return status === undefined
    ? undefined
    : { status, code, detail, more: 'faults' in error ? { faults: error.faults } : {} };
}

/** What express says of a body or a path that it cannot read. */
function ofExpress(error: unknown): Fault | undefined {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return undefined;
  const { status, message } = error;
  if (status === 413) {
    return { status, code: 'BODY_TOO_LARGE', detail: `The body is longer than ${LONGEST_API_BODY} octets.` };
  }
  if (status === 415) {
    return { status, code: 'NOT_JSON', detail: `Send application/json in UTF-8: ${message}.` };
  }
  const isBody = 'type' in error && error.type === 'entity.parse.failed';
  const detail = isBody ? `The body is no JSON object: ${message}` : message;
  return status < 500 ? { status, code: 'REQUEST_MALFORMED', detail } : undefined;
}
