import assert from 'node:assert/strict';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { DeliveryOutcome, Store } from '../../src/store/store.ts';
import {
  at,
  claimedDelivery,
  completeJob,
  inbound,
  LEASE_MS,
  outbound,
  receivedMdn,
  refused,
  result,
  sealedJob,
} from './fixtures.ts';
import { tamper } from './tamper.ts';
import { temporaryDirectories } from './temporary.ts';

const answer = receivedMdn(undefined, { disposition: 'processed', detail: 'it said so' });

/** By the state that a message gets into, and what its detail comes from. */
const lives: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  'in: accepted': (store) => store.sealInbound(inbound({ id: 'm', detail: 'with a doubt' })),
  'in: accepted, its job postponed': (store) => fail(store, at(9)),
  'in: refused': (store) => store.sealInbound(refused({ id: 'm', detail: 'not to be opened' })),
  'in: answered': (store) => complete(store, 'answered'),
  'in: unreadable': (store) => complete(store, 'unreadable'),
  'in: stuck': (store) => fail(store, undefined),
  'in: resumed': async (store) => {
    await fail(store, undefined);
    await store.resend('m', at(2));
  },
  'out: pending': (store) => store.queueOutbound([outbound({ id: 'm' })]),
  'out: pending, an attempt failed': (store) => settle(store, { kind: 'retry', at: at(9), detail: 'HTTP 503' }),
  'out: awaiting-mdn': (store) => settle(store, { kind: 'awaiting-mdn', resendAt: at(9) }),
  'out: awaiting-mdn, an attempt failed': async (store) => {
    await settle(store, { kind: 'awaiting-mdn', resendAt: at(9) });
    const [again] = await store.claimDeliveries(at(9), LEASE_MS, 9);
    await store.settleDelivery(again!, { kind: 'retry', at: at(19), detail: 'no \u0000 answer' }, at(10));
  },
  'out: delivered': (store) => settle(store, { kind: 'delivered', mdn: { ...answer, outboundId: 'm' } }),
  'out: delivered, without an MDN': (store) => settle(store, { kind: 'delivered' }),
  'out: refused': (store) => settle(store, { kind: 'refused', detail: 'no', mdn: { ...answer, outboundId: 'm' } }),
  'out: failed': (store) => settle(store, { kind: 'failed', detail: 'gave up' }),
  'out: delivered, by an asynchronous MDN': async (store) => {
    await settle(store, { kind: 'awaiting-mdn', resendAt: at(9) });
    await store.recordMdn({ ...answer, outboundId: 'm' }, at(3));
  },
  'out: sent again': async (store) => {
    await settle(store, { kind: 'delivered', mdn: { ...answer, outboundId: 'm' } });
    await store.resend('m', at(4));
  },
};

describe('tampering with what became of a message', () => {
  const directories = temporaryDirectories();

  for (const [state, live] of Object.entries(lives)) {
    it(`is found: disposition and detail, ${state}`, async () => {
      const directory = directories.make();
      const store = await openSqliteStore({ directory });
      await live(store);
      const { disposition, detail } = (await store.getMessage('m'))!;
      for (const [column, value] of Object.entries({ disposition, detail })) {
        for (const forged of ['x', ...(value === undefined ? [] : [undefined])]) {
          assert.equal((await store.verifyLedger()).kind, 'whole');
          tamper(directory, `UPDATE messages SET ${column} = ${sqlText(forged)}`);
          const verdict = await store.verifyLedger();
          assert.equal(verdict.kind, 'broken', column);
          assert.equal(`${verdict.chain} ${verdict.sequence}`, 'van 1');
          assert.match(verdict.reason, new RegExp(`its message (was changed|has a ${column} that the ledger)`));
          tamper(directory, `UPDATE messages SET ${column} = ${sqlText(value)}`);
        }
      }
      await store.close();
    });
  }

  it('is told as the changed entry that it comes of, if it comes of one', async () => {
    for (const facts of ['{', 'null', '{"detail":"HTTP 200"}']) {
      const directory = directories.make();
      const store = await openSqliteStore({ directory });
      await settle(store, { kind: 'retry', at: at(9), detail: 'HTTP 503' });
      tamper(directory, `UPDATE ledger SET facts = '${facts}' WHERE sequence = 2`);
      const reason = 'the entry was changed';
      assert.deepEqual(await store.verifyLedger(), { kind: 'broken', chain: 'van', sequence: 2, reason });
      await store.close();
    }
  });

  it('is not done by a note: remarks follow from writes alone', async () => {
    const store = await openSqliteStore({ directory: directories.make() });
    for (const kind of ['outbound.attempt-failed', 'interchange.postponed'])
      await assert.rejects(store.note({ chain: 'van', kind, facts: {} }, at(1)), { code: 'STORE_MISUSED' });
    await store.close();
  });
});

async function fail(store: Store, retryAt: Date | undefined): Promise<void> {
  await store.failJob(await sealedJob(store, inbound({ id: 'm' })), 'a fault', retryAt, at(1));
}

async function complete(store: Store, state: 'answered' | 'unreadable'): Promise<void> {
  await completeJob(store, await sealedJob(store, inbound({ id: 'm' })), result({ state, detail: 'was read' }), at(1));
}

async function settle(store: Store, outcome: DeliveryOutcome): Promise<void> {
  await store.settleDelivery(await claimedDelivery(store, outbound({ id: 'm' })), outcome, at(1));
}

/** As a literal of SQL, NUL and all. */
function sqlText(text: string | undefined): string {
  return text === undefined ? 'NULL' : `CAST(X'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}
