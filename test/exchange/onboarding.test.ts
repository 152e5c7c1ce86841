import assert from 'node:assert/strict';

import type { Partner } from '../../src/config/home.ts';
import { loadReference } from '../../src/config/reference-data.ts';
import { progressOf, type Office } from '../../src/exchange/onboarding.ts';
import type { OnboardingStep } from '../../src/store/onboarding-step.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/temporary.ts';

const hour = (count: number) => new Date(Date.UTC(2026, 10, 2, count));
const participant = {
  partner: { shortName: 'au-van' } as Partner,
  ...{ name: 'AUDAFF:ZZZ', countries: ['AU'], admitted: false },
};

describe('test and production in two homes', () => {
  let [test, production]: Store[] = [];
  const decide = async (store: Store, sequence: number, step: OnboardingStep['step'], at: Date) =>
    assert.equal(
      await store.recordStep({
        ...{ partner: 'au-van', participant: participant.name, sequence, step, at },
        ...{ effective: at, by: 'Jane Doe', evidence: {} },
      }),
      'done',
    );
  const signedOff = async () => {
    assert.ok(test !== undefined && production !== undefined);
    const reference = await loadReference();
    const office: Office = { store: production, testStore: test, environment: 'production', reference, now: hour(9) };
    const { checklist } = await progressOf(participant, office);
    return checklist.find(({ item }) => item === 'signed-off')?.done;
  };

  before(async () => {
    test = await openSqliteStore({ directory: temporaryFolder('onboarding-test') });
    production = await openSqliteStore({ directory: temporaryFolder('onboarding-production') });
  });
  after(async () => {
    await test?.close();
    await production?.close();
  });

  it('the sign-off of the test home counts in the production home, until the participant is put back there', async () => {
    assert.ok(test !== undefined && production !== undefined);
    await decide(test, 1, 'application-test', hour(1));
    assert.equal(await signedOff(), false);
    await decide(test, 2, 'signed-off', hour(2));
    assert.equal(await signedOff(), true);
    await decide(production, 1, 'production', hour(3));
    assert.equal(await signedOff(), true);
    await decide(production, 2, 'application-test', hour(4));
    assert.equal(await signedOff(), false);
    await decide(test, 3, 'application-test', hour(5));
    await decide(test, 4, 'signed-off', hour(6));
    assert.equal(await signedOff(), true);
  });
});
