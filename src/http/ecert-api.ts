import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { conditions } from '../ecert/standing.ts';
import { dimensions } from '../ecert/statistics.ts';
import { makeClaim, readClaim, reverseClaim } from '../exchange/claims.ts';
import { NoSuchClaim, RequestMalformed } from '../exchange/claim-errors.ts';
import { slipsIn } from '../exchange/slips.ts';
import { type Register, findStanding, told } from '../exchange/standings.ts';
import { statistics } from '../exchange/statistics.ts';
import { LONGEST_API_BODY } from '../limits.ts';
import { answerProblem } from './problem.ts';

/**
 * What entries draw on certificates, and what certificates are on file, as JSON: below `/api/v1/ecert`.
 *
 * @param partners short names of those that there are
 */
export function ecertApi(register: () => Register, partners: () => readonly string[]): Router {
  const api = express.Router();
  api.use(express.json({ limit: LONGEST_API_BODY }));

  api.post('/claims', async (request, response) => {
    const { version, ...rest } = checked(z.looseObject({ version: entryVersion }), request.body);
    const now = register();
    const outcome = await makeClaim(readClaim(rest, now.reference), now, version);
    if (outcome.kind === 'not-matched') {
      response.json({ release: outcome.kind, mismatches: outcome.mismatches });
      return;
    }
    const { kind, repeated, remaining, record } = outcome;
    response.location(`${request.baseUrl}/claims/${encodeURIComponent(record.entry)}/${record.entryLine}`);
    response.status(repeated ? 200 : 201).json({ release: kind, repeated, remaining, claim: record });
  });

  api.get('/claims', async (request, response) => {
    const { store, environment } = register();
    const filter = checked(claimsQuery, request.query);
    response.json({ claims: await store.listClaims({ ...filter, environment }) });
  });

  api.get('/claims/:entry/:line', async (request, response) => {
    const { store, environment } = register();
    const line = checked(entryLine, request.params);
    const found = await store.findClaim(environment, line.entry, line.entryLine);
    if (found === undefined) throw new NoSuchClaim(line);
    response.json(found);
  });

  api.post('/claims/:entry/:line/reversal', async (request, response) => {
    const { reason, version } = checked(reversal, request.body);
    response.json(await reverseClaim(checked(entryLine, request.params), reason, register(), version));
  });

  api.get('/certificates/:number', async (request, response) => {
    const found = await findStanding(request.params.number, register());
    if (found !== undefined) response.json(told(found));
    else answerProblem(response, 404, 'NO_SUCH_CERTIFICATE', `No certificate ${request.params.number} is on file.`);
  });

  api.get('/statistics', async (request, response) => {
    const { by, ...filter } = checked(statisticsQuery, request.query);
    const now = register();
    const slips = await slipsIn(filter, partners(), now);
    if (slips.length > 0) throw new RequestMalformed(slips);
    response.json({ by, rows: await statistics(by, filter, now) });
  });

  for (const path of ['/claims/:entry/:line', '/certificates/:number', '/statistics']) api.all(path, only('GET, HEAD'));
  api.all('/claims', only('GET, HEAD, POST'));
  api.all('/claims/:entry/:line/reversal', only('POST'));

  return api;
}

/** What is there, and by which method it is not. */
function only(methods: string): RequestHandler {
  return (request, response) => {
    response.set('Allow', methods); // RFC 9110 §15.5.6
    const detail = `${request.method} does nothing here. There is ${methods}.`;
    answerProblem(response, 405, 'METHOD_NOT_ALLOWED', detail);
  };
}

const text = z.string('is missing, is no text, or is there twice');
const digits = text.regex(/^[0-9]{1,15}$/, 'is no whole number').transform(Number);
const entryVersion = z.int('is no whole number').min(1, 'is below 1').optional();

const claimsQuery = z.strictObject({
  number: text.optional(),
  entry: text.optional(),
  limit: digits.pipe(z.number().min(1, 'is below 1').max(1000, 'is above 1000')).optional(),
});

const entryLine = z.object({ entry: text, line: digits }).transform(({ entry, line }) => ({ entry, entryLine: line }));

const reversal = z.strictObject({ reason: text, version: entryVersion });

const day = z.iso.date('is no day such as 2026-11-02').optional();

const statisticsQuery = z.strictObject({
  /** `country,programme` */
  by: text
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(dimensions, `is none of ${dimensions.join(', ')}`)))
    .refine((names) => new Set(names).size === names.length, 'names something twice')
    .default(['country', 'programme']),
  country: text.optional(),
  programme: text.optional(),
  partner: text.optional(),
  condition: z.enum(conditions, `is none of ${conditions.join(', ')}`).optional(),
  issuedFrom: day,
  issuedTo: day,
});

/** @throws RequestMalformed with every member that is wrong */
function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RequestMalformed(result.error.issues);
}
