import assert from 'node:assert/strict';

import { watchReport } from '../../src/ecert/watch.ts';
import { complete, minute, received, request, sent } from './traffic-samples.ts';

const MINUTE = 60_000;
const report = (traffic = complete) => watchReport(traffic, minute(60), 15 * MINUTE);

describe('the watch', () => {
  it('counts messages, and what became of each request', () => {
    const { received: came, sent: went, interchanges, requests } = report();
    assert.deepEqual([came, went, interchanges], [3, 1, 3]);
    assert.deepEqual(requests, { accepted: 5, rejected: 1, unanswered: 0 });
  });

  it('counts errors by code, the most frequent first', () => {
    const { errors } = report({
      received: [
        received('r1', 0, [request('A', { codes: ['E07', 'E18'] }), request('B', { codes: ['E18'] })]),
        received('r2', 1, [request('C', { answer: undefined })], { syntaxErrors: ['26'] }),
      ],
      sent: [],
      refused: [],
    });
    assert.deepEqual(errors, [
      { of: 'request', code: 'E18', count: 2 },
      { of: 'request', code: 'E07', count: 1 },
      { of: 'syntax', code: '26', count: 1 },
    ]);
  });

  it('takes the time from the first rejection of a number to its acceptance', () => {
    const bad = (number: string) => request(number, { codes: ['E07'] });
    const { corrections } = report({
      received: [
        received('r1', 0, [bad('A'), bad('B'), bad('C'), bad('D')]),
        received('r2', 5, [request('A'), bad('B')]),
        received('r3', 20, [request('B')]),
        received('r4', 30, [request('C')]),
      ],
      sent: [],
      refused: [],
    });
    const expected = { corrected: 3, open: 1, median: 20 * MINUTE, longest: 30 * MINUTE };
    assert.deepEqual(corrections, expected);
    assert.deepEqual(report({ received: [], sent: [], refused: [] }).corrections, {
      ...{ corrected: 0, open: 0, median: undefined, longest: undefined },
    });
  });

  it('a cancellation corrects no certificate, and what came along with a rejection is no correction of it', () => {
    const bad = (number: string) => request(number, { codes: ['E07'] });
    const { corrections } = report({
      received: [
        received('r1', 0, [request('A'), bad('A'), bad('B'), request('B')]),
        received('r2', 5, [request('A', { kind: 'cancel' })]),
      ],
      sent: [],
      refused: [],
    });
    assert.deepEqual(corrections, { corrected: 0, open: 1, median: undefined, longest: undefined });
  });

  it('counts messages that were refused, with what the MDN said', () => {
    const { refused, errors } = report({ ...complete, refused: [{ id: 'x', reason: 'decryption-failed' }] });
    assert.equal(refused, 1);
    assert.deepEqual(errors.at(-1), { of: 'message', code: 'decryption-failed', count: 1 });
  });

  it('counts what was sent again: theirs, references used anew, and our attempts', () => {
    const { retransmissions } = report({
      received: [{ ...received('r1', 0, []), repeated: 2 }, received('r2', 1, [], { syntaxErrors: ['26'] })],
      sent: [sent('s1', 1, { attempts: 4 }), sent('s2', 1, { attempts: 0, state: 'waiting', receiptAt: undefined })],
      refused: [],
    });
    assert.deepEqual(retransmissions, { theirs: 2, reused: 1, ours: 3 });
  });

  it('counts MDNs that were late, that are overdue, and that refuse', () => {
    const { receipts } = report({
      received: [],
      sent: [
        sent('on time', 0, { receiptAt: minute(15) }),
        sent('late', 0, { receiptAt: minute(16) }),
        sent('overdue', 40, { state: 'waiting', receiptAt: undefined }),
        sent('not due yet', 50, { state: 'waiting', receiptAt: undefined }),
        sent('not asked for', 0, { receiptAt: undefined, receiptAsked: false }),
        sent('refused', 0, { state: 'refused' }),
      ],
      refused: [],
    });
    assert.deepEqual(receipts, { late: 1, missing: 1, refused: 1 });
  });
});
