import assert from 'node:assert/strict';

import { checklistOf, missingBeforeSignOff } from '../../src/ecert/checklist.ts';
import { requestKinds, type Received, type Traffic } from '../../src/ecert/traffic.ts';
import { complete, minute, received, request, sent } from './traffic-samples.ts';

const signedOff = { step: 'signed-off', at: minute(30), effective: minute(30), by: 'Jane Doe' } as const;
const missing = (traffic: Traffic) =>
  checklistOf('application-test', traffic, requestKinds, signedOff).flatMap(({ item, done }) => (done ? [] : item));

const [first, second, third] = complete.received as [Received, Received, Received];
const withReceived = (...list: Received[]): Traffic => ({ ...complete, received: list });

describe('the checklist', () => {
  it('is done when the traffic shows everything, each with the message that does', () => {
    const items = checklistOf('application-test', complete, requestKinds, signedOff);
    assert.deepEqual(
      items.map(({ item, done, evidence }) => [item, done, evidence]),
      [
        ['receipt-given', true, 'r1'],
        ['receipt-got', true, 's1'],
        ['syntax', true, 'r1'],
        ['acceptance', true, 'r1'],
        ['correction', true, 'r2'],
        ['register-seen', true, 'r1'],
        ['replace-seen', true, 'r2'],
        ['cancel-seen', true, 'r2'],
        ['query-seen', true, 'r3'],
        ['signed-off', true, 'Jane Doe'],
      ],
    );
  });

  it('of the link test asks for a good MDN in each direction, and no more', () => {
    const items = (traffic: Traffic) => checklistOf('link-test', traffic, requestKinds, undefined);
    assert.ok(items(complete).every(({ done }) => done));
    assert.deepEqual(
      items({ received: [], sent: [], refused: [] }).map(({ item, done }) => [item, done]),
      [['receipt-given', false], ['receipt-got', false]],
    ); // prettier-ignore
  });

  const lacking: readonly (readonly [what: string, traffic: Traffic, items: readonly string[]])[] = [
    ['an MDN of ours that did not arrive', withReceived(...complete.received.map((one) => ({ ...one, receipt: 'failed' as const }))), ['receipt-given']],
    ['an answer without an MDN', { ...complete, sent: [sent('s1', 1, { state: 'waiting', receiptAt: undefined })] }, ['receipt-got', 'acceptance', 'correction']],
    ['an answer delivered where no MDN was asked for', { ...complete, sent: [sent('s1', 1, { receiptAt: undefined })] }, ['receipt-got', 'acceptance', 'correction']],
    ['an answer that the participant refuses by CONTRL', withReceived(...complete.received, received('r4', 40, [], { type: 'CONTRL', reports: [{ reference: 'S-s1', accepted: false }] })), ['acceptance', 'correction']],
    ['syntax errors in every interchange', withReceived(...complete.received.map((one) => ({ ...one, interchanges: one.interchanges.map((each) => ({ ...each, syntaxErrors: ['13'] })) }))), ['syntax']],
    ['no rejection', withReceived(received('r1', 0, [request('A')]), second, third), ['correction']],
    ['a rejection that was not corrected', withReceived(first, received('r2', 10, [request('C', { kind: 'replace' }), request('A', { kind: 'cancel' })]), third), ['correction']],
    ['a correction that came before the rejection was told', withReceived(first, received('r2', 1, [request('B'), request('A', { kind: 'replace' }), request('B', { kind: 'cancel' })]), third), ['correction']],
    ['a correction in the interchange that was rejected', withReceived(received('r1', 0, [request('A'), request('B', { codes: ['E07'] }), request('B')]), received('r2', 10, [request('A', { kind: 'replace' }), request('B', { kind: 'cancel' })]), third), ['correction']],
    ['an original that was rejected, and cancelled', withReceived(received('r1', 0, [request('A'), request('A', { codes: ['E04'] })]), received('r2', 10, [request('A', { kind: 'cancel' }), request('C', { kind: 'replace' })]), third), ['correction']],
    ['a correction under another number', withReceived(first, received('r2', 10, [request('C'), request('A', { kind: 'replace' }), request('A', { kind: 'cancel' })]), third), ['correction']],
    ['a rejection after the acceptance of the same number', withReceived(received('r1', 0, [request('B'), request('B', { codes: ['E04'] })]), received('r2', 10, [request('A', { kind: 'replace' }), request('A', { kind: 'cancel' })]), third), ['correction']],
    ['no replacement', withReceived(first, received('r2', 10, [request('B'), request('B', { kind: 'cancel' })]), third), ['replace-seen']],
    ['a cancellation that was rejected', withReceived(first, received('r2', 10, [request('B'), request('A', { kind: 'replace' }), request('B', { kind: 'cancel', codes: ['E28'] })]), third), ['cancel-seen']],
    ['no query', withReceived(first, second), ['query-seen']],
    ['nothing at all', { received: [], sent: [], refused: [] }, ['receipt-given', 'receipt-got', 'syntax', 'acceptance', 'correction', 'register-seen', 'replace-seen', 'cancel-seen', 'query-seen']],
  ]; // prettier-ignore
  for (const [what, traffic, items] of lacking) {
    it(`${what}: ${items.join(', ')} missing`, () => assert.deepEqual(missing(traffic), items));
  }

  it('without a sign-off that alone is missing, and it is what comes last', () => {
    const items = checklistOf('application-test', complete, requestKinds, undefined);
    assert.deepEqual(items.filter(({ done }) => !done).map(({ item }) => item), ['signed-off']); // prettier-ignore
    assert.deepEqual(missingBeforeSignOff(items), []);
  });
});
