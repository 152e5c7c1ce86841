import assert from 'node:assert/strict';

import type { OnboardingStep } from '../../../src/store/onboarding-step.ts';
import { at } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export const step = (sequence: number, over: Partial<OnboardingStep> = {}): OnboardingStep => ({
  ...{ partner: 'van', participant: 'NZMPI:ZZZ', sequence, step: 'application-test', by: 'Jane Doe' },
  ...{ at: at(sequence), effective: at(sequence), evidence: { items: ['a'] } },
  ...over,
});

export function describeOnboarding(open: OpenTestStore): void {
  describe('the way into production', () => {
    it('keeps each step of a participant in its order, with an entry in the chain of its partner', async () => {
      const { store, reopened } = await open();
      const second = step(2, { step: 'production', effective: at(9999), note: 'as agreed' });
      assert.equal(await store.recordStep(step(1)), 'done');
      assert.equal(await store.recordStep(second), 'done');
      assert.equal(await store.recordStep(step(1, { participant: 'AUDAFF:ZZZ' })), 'done');
      const again = await reopened();
      assert.deepEqual(await again.stepsOf('van', 'NZMPI:ZZZ'), [step(1), second]);
      assert.deepEqual(await again.stepsOf('bank', 'NZMPI:ZZZ'), []);
      const entries = await again.listLedger({ partner: 'van', kind: 'onboarding.step' });
      assert.equal(entries.length, 3);
      assert.deepEqual(await again.verifyLedger(), { kind: 'whole', chains: 1, entries: 3 });
    });

    it('of two that decide at the same moment one is told that the other was first', async () => {
      const { store, another } = await open();
      const other = await another();
      const ended = await Promise.all([store.recordStep(step(1)), other.recordStep(step(1, { by: 'John Roe' }))]);
      assert.deepEqual(ended.toSorted(), ['conflict', 'done']);
      assert.equal(await store.recordStep(step(3)), 'conflict');
      assert.equal((await store.stepsOf('van', 'NZMPI:ZZZ')).length, 1);
    });

    it('is written by nothing else', async () => {
      const { store } = await open();
      const entry = { chain: 'van', kind: 'onboarding.step', facts: {} };
      await assert.rejects(store.note(entry, at(0)), { code: 'STORE_MISUSED' });
    });
  });
}
