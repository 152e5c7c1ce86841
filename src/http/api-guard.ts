import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { isLoopback } from '../config/dangers.ts';
import { answerProblem } from './problem.ts';

/**
 * Lets in who may use the API: who has the token of the configuration (RFC 6750 §2.1), or, where there is none, who is on this
 * machine. A browser on it is not enough: a page of somebody else's cannot send JSON here without being asked (CORS), nor give
 * this address a name of its own (Host).
 *
 * @param host that is listened at
 * @param tokenNow of the configuration as it is now
 */
export function apiGuard(host: string, tokenNow: () => string | undefined): RequestHandler {
  return (request, response, next) => {
    const token = tokenNow();
    if (token !== undefined) {
      if (!isSame(/^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '', token)) {
        response.set('WWW-Authenticate', 'Bearer'); // RFC 6750 §3
        const detail = 'Send the token of operators.tokenFile as a bearer token.';
        return answerProblem(response, 401, 'TOKEN_MISSING', detail);
      }
    } else if (!isLoopback(host) || !isLoopback(request.hostname)) {
      return answerProblem(response, 403, 'TOKEN_NOT_SET', 'Beyond this machine the API needs operators.tokenFile.');
    }
    if (request.method === 'POST' && !request.is('application/json'))
      return answerProblem(response, 415, 'NOT_JSON', 'Send application/json.');
    next();
  };
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(one, other);
}
