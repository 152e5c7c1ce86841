import assert from 'node:assert/strict';
import type { Express } from 'express';
import express from 'express';
import { request } from 'undici';
import type { Home } from '../../src/config/home.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { apiOf } from '../../src/http/api.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { claimOf, openRegister, type TestRegister } from '../support/register.ts';

describe('the API', () => {
  const operators: { host: string; port: number; token: string | undefined } = {
    host: '127.0.0.1',
    port: 0,
    token: undefined,
  };
  let register: TestRegister;
  let listening: Listening;

  before(async () => {
    register = await openRegister();
    await register.send();
    listening = await serve();
  });
  async function serve(): Promise<Listening> {
    const partners = [{ shortName: 'canberra' }];
    const home = { endpoint: { operators, environment: 'test' }, partners } as unknown as Home;
    const { store, clock, reference } = register;
    const exchange = { store, clock, reference: () => reference, home: () => home, log: createLog('silent') };
    const app: Express = express().use('/api/v1', apiOf(exchange as unknown as Exchange));
    return listen(app, { host: '127.0.0.1', port: 0 }, () => undefined);
  }
  after(async () => {
    await listening.close();
    await register.store.close();
  });
  beforeEach(() => Object.assign(operators, { host: '127.0.0.1', token: undefined }));

  async function asked(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const answer = await request(`${listening.address}/api/v1${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    const json = JSON.parse(text) as Record<string, unknown>;
    return { status: answer.statusCode, headers: answer.headers, json };
  }

  it('takes a claim: 201 and where it is; the same again is 200', async () => {
    const claim = claimOf({ line: 1 });
    const first = await asked('POST', '/ecert/claims', claim);
    assert.equal(first.status, 201);
    const { release, repeated, remaining } = first.json;
    assert.deepEqual({ release, repeated, remaining }, { release: 'matched', repeated: false, remaining: 17_990 });
    assert.equal(first.headers['location'], '/api/v1/ecert/claims/ABC-1234567-8/1');
    const again = await asked('POST', '/ecert/claims', claim);
    assert.deepEqual([again.status, again.json['repeated']], [200, true]);
    assert.deepEqual(again.json['claim'], first.json['claim']);
    const found = await asked('GET', '/ecert/claims/ABC-1234567-8/1');
    assert.deepEqual(found.json, first.json['claim']);
    const listed = await asked('GET', '/ecert/claims?number=6AU000123&limit=1');
    assert.deepEqual(listed.json, { claims: [first.json['claim']] });
  });

  it('tells of a claim that does not match, with the element; that is no fault of the request', async () => {
    const { status, json } = await asked('POST', '/ecert/claims', claimOf({ line: 2, country: 'NZ' }));
    assert.equal(status, 200);
    assert.equal(json['release'], 'not-matched');
    assert.deepEqual(json['mismatches'], [
      { code: 'M03', element: 'country', text: 'The certificate is of another country of origin' },
    ]);
  });

  it('reverses a claim, once', async () => {
    await asked('POST', '/ecert/claims', claimOf({ line: 3 }));
    const path = '/ecert/claims/ABC-1234567-8/3/reversal';
    const first = await asked('POST', path, { reason: 'entry withdrawn' });
    assert.deepEqual([first.status, first.json['kind'], first.json['reason']], [200, 'reversal', 'entry withdrawn']);
    assert.deepEqual((await asked('POST', path, { reason: 'once more' })).json, first.json);
    const anew = await asked('POST', '/ecert/claims', { ...claimOf({ line: 3 }), version: 3 });
    assert.equal(anew.status, 201);
    assert.equal((await asked('POST', path, { reason: 'late', version: 1 })).status, 409);
  });

  it('tells how a certificate stands', async () => {
    const { status, json } = await asked('GET', '/ecert/certificates/6AU000123');
    assert.deepEqual([status, json['state'], json['condition']], [200, 'partly-used', 'matched']);
    assert.equal((await asked('GET', '/ecert/certificates/none')).status, 404);
  });

  it('gives statistics', async () => {
    const { json } = await asked('GET', '/ecert/statistics?by=country,period&issuedFrom=2026-10-01');
    const [row] = json['rows'] as Record<string, unknown>[];
    assert.deepEqual([row?.['country'], row?.['period'], row?.['certificates']], ['AU', '2026-10', 1]);
    assert.deepEqual((await asked('GET', '/ecert/statistics?issuedTo=2026-10-01')).json['rows'], []);
    // Certificates have a partner that was taken out of the configuration.
    assert.equal(((await asked('GET', '/ecert/statistics?partner=van')).json['rows'] as unknown[]).length, 1);
    assert.deepEqual((await asked('GET', '/ecert/statistics?partner=canberra')).json['rows'], []);
  });

  const faults: readonly [what: string, () => ReturnType<typeof asked>, status: number, code: string][] = [
    ['a member that is wrong', () => asked('POST', '/ecert/claims', claimOf({ quantity: 0.5 })), 400, 'REQUEST_MALFORMED'],
    ['no object', () => asked('POST', '/ecert/claims', '[]'), 400, 'REQUEST_MALFORMED'],
    ['no JSON', () => asked('POST', '/ecert/claims', '{'), 400, 'REQUEST_MALFORMED'],
    ['a body beyond the limit', () => asked('POST', '/ecert/claims', ' '.repeat(20_000)), 413, 'BODY_TOO_LARGE'],
    ['a path that cannot be decoded', () => asked('GET', '/ecert/certificates/%ff'), 400, 'REQUEST_MALFORMED'],
    ['an entry line that claims something else', () => asked('POST', '/ecert/claims', claimOf({ line: 1, quantity: 2 })), 409, 'ENTRY_LINE_TAKEN'],
    ['no such claim', () => asked('GET', '/ecert/claims/ABC-1234567-8/99'), 404, 'NO_SUCH_CLAIM'],
    ['a line that is none', () => asked('GET', '/ecert/claims/ABC-1234567-8/x'), 400, 'REQUEST_MALFORMED'],
    ['an unknown dimension', () => asked('GET', '/ecert/statistics?by=colour'), 400, 'REQUEST_MALFORMED'],
    ['a dimension twice', () => asked('GET', '/ecert/statistics?by=hts,hts'), 400, 'REQUEST_MALFORMED'],
    ['a country that nobody knows', () => asked('GET', '/ecert/statistics?country=AUS'), 400, 'REQUEST_MALFORMED'],
    ['an unknown parameter', () => asked('GET', '/ecert/statistics?colour=red'), 400, 'REQUEST_MALFORMED'],
    ['nothing that is there', () => asked('GET', '/ecert/nothing'), 404, 'NO_SUCH_RESOURCE'],
    ['a quantity beyond all numbers', () => asked('POST', '/ecert/claims', JSON.stringify(claimOf()).replace(':10,', ':1e400,')), 400, 'REQUEST_MALFORMED'],
    ['a reversal without a reason', () => asked('POST', '/ecert/claims/ABC-1234567-8/1/reversal', { reason: ' ' }), 400, 'REQUEST_MALFORMED'],
    ['a line with an exponent', () => asked('GET', '/ecert/claims/ABC-1234567-8/1e0'), 400, 'REQUEST_MALFORMED'],
    ['a character set that nobody knows', () => asked('POST', '/ecert/claims', '{}', { 'content-type': 'application/json; charset=x' }), 415, 'NOT_JSON'],
    ['a form, which a browser may send from anywhere', () => asked('POST', '/ecert/claims', 'a=b', { 'content-type': 'text/plain' }), 415, 'NOT_JSON'],
    ['a name of its own, which a page may give to this address', () => asked('GET', '/ecert/claims', undefined, { host: 'evil.test' }), 403, 'TOKEN_NOT_SET'],
  ]; // prettier-ignore
  for (const [what, ask, status, code] of faults) {
    it(`RFC 9457 §3: a problem: ${what}`, async () => {
      const answer = await ask();
      assert.deepEqual([answer.status, answer.json['status'], answer.json['code']], [status, status, code]);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.ok(String(answer.json['title']) !== '' && String(answer.json['detail']) !== '');
    });
  }

  it('names every member that is wrong', async () => {
    const { json } = await asked('POST', '/ecert/claims', { ...claimOf({ country: 'x' }), line: 'one' });
    const elements = (json['faults'] as { element: string }[]).map(({ element }) => element);
    assert.deepEqual(elements.sort(), ['country', 'line']);
  });

  it('says of each of them what is wrong, in words', async () => {
    const faultsOf = async (asking: ReturnType<typeof asked>) =>
      ((await asking).json['faults'] as { element: string; text: string }[]).map(({ element, text }) => `${element} ${text}`);
    const posted = (over: object) => faultsOf(asked('POST', '/ecert/claims', { ...claimOf(), ...over }));
    assert.deepEqual(await posted({ colour: 1, shape: 2 }), ['colour is not known', 'shape is not known']);
    assert.deepEqual(await posted({ quantity: undefined }), ['quantity is missing, or no whole number']);
    assert.deepEqual(await posted({ quantity: '10' }), ['quantity is missing, or no whole number']);
    assert.deepEqual(await posted({ quantity: 2 ** 60 }), ['quantity is too large']);
    assert.deepEqual(await posted({ number: 'X'.repeat(36) }), ['number is longer than 35 characters']);
    assert.deepEqual(await posted({ version: 0 }), ['version is below 1']);
    assert.deepEqual(await faultsOf(asked('GET', '/ecert/claims?limit=2&limit=3')), ['limit is missing, is no text, or is there twice']);
    assert.deepEqual(await faultsOf(asked('GET', '/ecert/claims?limit=1001')), ['limit is above 1000']);
    assert.deepEqual(await faultsOf(asked('GET', '/ecert/statistics?issuedFrom=2026-02-31')), ['issuedFrom is no day such as 2026-11-02']);
    assert.deepEqual(await faultsOf(asked('GET', '/ecert/statistics?by=hts,hts')), ['by names something twice']);
    assert.deepEqual(await faultsOf(asked('GET', '/ecert/statistics?partner=cambera&programme=beef&issuedFrom=2026-11-02&issuedTo=2026-11-01')), [
      'partner is "cambera", which nobody knows. Did you mean "canberra"?',
      'programme is "beef", which nobody knows. Did you mean "BEEF"?',
      'issuedTo is before the day from which on certificates are asked for',
    ]);
  }); // prettier-ignore

  for (const [method, path, allow] of [
    ['DELETE', '/ecert/claims', 'GET, HEAD, POST'],
    ['PUT', '/ecert/claims/ABC-1234567-8/1', 'GET, HEAD'],
    ['GET', '/ecert/claims/ABC-1234567-8/1/reversal', 'POST'],
    ['PATCH', '/ecert/statistics', 'GET, HEAD'],
  ] as const) {
    it(`RFC 9110 §15.5.6: ${method} ${path} is 405, and says what is there`, async () => {
      const { status, json, headers } = await asked(method, path);
      assert.deepEqual([status, json['code'], headers['allow']], [405, 'METHOD_NOT_ALLOWED', allow]);
    });
  }

  it('where there is a token too, what is posted is JSON', async () => {
    operators.token = 'a'.repeat(32);
    const headers = { authorization: `Bearer ${operators.token}`, 'content-type': 'text/plain' };
    const { status, json } = await asked('POST', '/ecert/claims', JSON.stringify(claimOf()), headers);
    assert.deepEqual([status, json['code']], [415, 'NOT_JSON']);
  });

  it('RFC 6750 §3: where there is a token, demands it', async () => {
    operators.token = 'a'.repeat(32);
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Basic ${operators.token}`,
      `Bearer ${operators.token}x`,
    ]) {
      const { status, headers } = await asked('GET', '/ecert/claims', undefined, { authorization });
      assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer']);
    }
    const { status } = await asked('GET', '/ecert/claims', undefined, { authorization: `Bearer ${operators.token}` });
    assert.equal(status, 200);
  });

  it('beyond this machine it answers nobody without a token', async () => {
    const former = listening;
    operators.host = '0.0.0.0';
    listening = await serve();
    try {
      assert.equal((await asked('GET', '/ecert/claims')).status, 403);
      // Read anew from the configuration, while the address that is listened at stays.
      operators.host = '127.0.0.1';
      assert.equal((await asked('GET', '/ecert/claims')).status, 403);
    } finally {
      await listening.close();
      listening = former;
    }
  });

  it('a fault of ours is 500, and says nothing of its cause', async () => {
    const whole = { ...register.store };
    Object.assign(register.store, { listClaims: () => Promise.reject(new Error('secret')) });
    const { status, json } = await asked('GET', '/ecert/claims');
    Object.assign(register.store, whole);
    assert.deepEqual([status, json['code']], [500, 'INTERNAL']);
    assert.doesNotMatch(JSON.stringify(json), /secret/);
  });
});
