import type { Received, ReceivedInterchange, Request, Sent, Traffic } from '../../src/ecert/traffic.ts';

const MINUTE = 60_000;
export const minute = (count: number) => new Date(Date.UTC(2026, 10, 2, 9) + count * MINUTE);

export const request = (number: string, over: Partial<Request> & { in?: string; codes?: string[] } = {}): Request => {
  const { in: within = 's1', codes = [], ...rest } = over;
  return { kind: 'register', number, answer: { in: within, accepted: codes.length === 0, codes }, ...rest };
};

export const received = (id: string, at: number, requests: Request[], over: Partial<ReceivedInterchange> = {}): Received => ({
  ...{ id, at: minute(at), receipt: 'given', repeated: 0 },
  interchanges: [{ reference: `R-${id}`, type: 'SANCRT', syntaxErrors: [], requests, reports: [], ...over }],
}); // prettier-ignore

export const sent = (id: string, at: number, over: Partial<Sent> = {}): Sent => ({
  ...{ id, at: minute(at), reference: `S-${id}`, attempts: 1 },
  ...{ state: 'delivered', receiptAt: minute(at + 1), receiptAsked: true, ...over },
});

/** All that the application test asks for. */
export const complete: Traffic = {
  received: [
    received('r1', 0, [request('A'), request('B', { codes: ['E07'] })]),
    received('r2', 10, [request('B'), request('A', { kind: 'replace' }), request('B', { kind: 'cancel' })]),
    received('r3', 20, [request('Q1', { kind: 'query' })], { type: 'REQDOC' }),
  ],
  sent: [sent('s1', 1)],
  refused: [],
};
