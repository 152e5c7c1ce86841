import assert from 'node:assert/strict';
import type { ClaimRecord } from '../../../src/store/claim-record.ts';
import type { Store } from '../../../src/store/store.ts';
import { at, change, claim, completeJob, result, sealedJob } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeClaims(open: OpenTestStore): void {
  describe('claims', () => {
    /** A store with a certificate A1 of 100 kg and 50 l. */
    async function withCertificate() {
      const opened = await open();
      const items = [
        { hts: '020230', unit: 'KGM', certified: 60 },
        { hts: '020230', unit: 'KGM', certified: 40 },
        { hts: '040210', unit: 'LTR', certified: 50 },
      ];
      await register(opened.store, change('A1', 0, {}, items));
      return opened;
    }

    async function register(store: Store, ...changes: ReturnType<typeof change>[]) {
      return completeJob(store, await sealedJob(store), result({ certificates: changes }), at(1));
    }

    const usageOf = async (store: Store, number = 'A1') =>
      (await store.findCertificates('test', [number])).get(number)?.usage;

    it('draws on an item of a certificate, over all of its lines', async () => {
      const { store } = await withCertificate();
      assert.equal(await store.recordClaim(claim(1, { quantity: 70 })), 'done');
      assert.equal(await store.recordClaim(claim(2, { quantity: 30 })), 'done');
      assert.equal(await store.recordClaim(claim(3, { hts: '040210', unit: 'LTR', quantity: 50 })), 'done');
      assert.deepEqual(await usageOf(store), [
        { hts: '020230', unit: 'KGM', used: 100 },
        { hts: '040210', unit: 'LTR', used: 50 },
      ]);
      assert.deepEqual(await store.findClaim('test', 'ABC-1234567-8', 1), claim(1, { quantity: 70 }));
      assert.equal(await store.findClaim('production', 'ABC-1234567-8', 1), undefined);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('more than is certified is a conflict: nothing is written', async () => {
      const { store } = await withCertificate();
      await store.recordClaim(claim(1, { quantity: 99 }));
      const entries = await store.listLedger({});
      for (const over of [{ quantity: 2 }, { hts: '040210', unit: 'LTR', quantity: 51 }, { hts: '040210' }])
        assert.equal(await store.recordClaim(claim(2, over)), 'conflict');
      assert.deepEqual(await store.listLedger({}), entries);
      assert.equal(await store.recordClaim(claim(2, { quantity: 1 })), 'done');
    });

    it('an entry line or a certificate with another version is a conflict', async () => {
      const { store } = await withCertificate();
      const stale: Partial<ClaimRecord>[] = [
        { version: 2 },
        { certificateVersion: 2 },
        { number: 'A2' },
        { environment: 'production' },
      ];
      for (const over of stale) assert.equal(await store.recordClaim(claim(1, over)), 'conflict');
      assert.equal(await store.recordClaim(claim(1)), 'done');
      assert.equal(await store.recordClaim(claim(1)), 'conflict', 'there is a claim of this line');
    });

    it('a reversal gives back what was drawn, and the entry line may claim anew', async () => {
      const { store } = await withCertificate();
      const first = claim(1, { quantity: 100 });
      const reversal = claim(1, { kind: 'reversal', version: 2, quantity: 100, changedAt: at(20), reason: 'mistaken' });
      const second = claim(1, { version: 3, quantity: 60, changedAt: at(30) });
      for (const record of [first, reversal]) assert.equal(await store.recordClaim(record), 'done');
      assert.deepEqual(await usageOf(store), []);
      assert.equal(await store.recordClaim(second), 'done');
      assert.deepEqual(await store.listClaims({ number: 'A1' }), [second, reversal, first]);
      assert.deepEqual(await store.listClaims({ entry: 'other' }), []);
      const told = (await store.listLedger({ subjectId: 'A1', partner: 'van' })).map(({ kind }) => kind);
      assert.deepEqual(told, ['claim.recorded', 'claim.reversed', 'claim.recorded']);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('a reversal gives back no more than was drawn', async () => {
      const { store } = await withCertificate();
      await store.recordClaim(claim(1));
      const reversal = claim(1, { kind: 'reversal', version: 2, quantity: 11 });
      assert.equal(await store.recordClaim(reversal), 'conflict');
      assert.equal(await store.recordClaim({ ...reversal, quantity: 10 }), 'done');
    });

    it('nothing is drawn on a version that was replaced', async () => {
      const { store } = await withCertificate();
      await register(store, change('A1', 1, {}, [{ hts: '020230', unit: 'KGM', certified: 10 }]));
      assert.equal(await store.recordClaim(claim(1)), 'conflict');
      assert.equal(await store.recordClaim(claim(1, { certificateVersion: 2 })), 'done');
    });

    it('what is drawn in one environment, or in one unit, is not drawn in another', async () => {
      const { store } = await open();
      const kilos = (certified: number) => [{ hts: '020230', unit: 'KGM', certified }];
      const ofProduction = (version: number, certified: number) => {
        const { record } = change('A1', version, {}, kilos(certified));
        return change('A1', version, { record: { ...record, environment: 'production' } });
      };
      const litres = { hts: '020230', unit: 'LTR', certified: 50 };
      await register(store, ofProduction(0, 1), change('A1'), change('A1', 1, {}, [...kilos(60), litres]));
      const here = (entryLine: number, over: Partial<ClaimRecord>) =>
        claim(entryLine, { certificateVersion: 2, ...over });
      assert.equal(await store.recordClaim(here(1, { quantity: 60 })), 'done');
      assert.equal(await store.recordClaim(here(2, { unit: 'LTR', quantity: 51 })), 'conflict');
      assert.equal(await store.recordClaim(here(2, { unit: 'LTR', quantity: 50 })), 'done');
      assert.equal(await register(store, ofProduction(1, 5)), 'done', 'there it is not in use');
      const there = here(1, { environment: 'production', quantity: 5 });
      assert.equal(await store.recordClaim({ ...there, quantity: 6 }), 'conflict');
      assert.equal(await store.recordClaim(there), 'done');
      const used = [50, 60].map((quantity, n) => ({ hts: '020230', unit: ['LTR', 'KGM'][n], used: quantity }));
      const byUnit = (usage: Awaited<ReturnType<typeof usageOf>>) => [...(usage ?? [])].sort((a, b) => a.used - b.used);
      assert.deepEqual(byUnit(await usageOf(store)), used);
      const found = (await store.findCertificates('production', ['A1'])).get('A1');
      assert.deepEqual(found?.usage, [{ hts: '020230', unit: 'KGM', used: 5 }]);
      assert.equal((await store.certificateUsage({ environment: 'production', condition: 'matched' })).length, 1);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('what is used is neither replaced nor cancelled; what was given back may be', async () => {
      const { store } = await withCertificate();
      await store.recordClaim(claim(1));
      assert.equal(await register(store, change('A1', 1)), 'conflict');
      await store.recordClaim(claim(1, { kind: 'reversal', version: 2 }));
      assert.equal(await register(store, change('A1', 1)), 'done');
    });

    it('nothing is drawn on what is cancelled', async () => {
      const { store } = await withCertificate();
      const { record } = change('A1', 1, {}, [{ hts: '020230', unit: 'KGM', certified: 60 }]);
      await register(store, { kind: 'cancel', expectedVersion: 1, record: { ...record, state: 'cancelled' } });
      assert.equal(await store.recordClaim(claim(1, { certificateVersion: 2 })), 'conflict');
    });

    it('of many at the same moment, from two stores, as many hold as fit', async () => {
      const { store, another } = await withCertificate();
      const stores = [store, await another()];
      const claims = Array.from({ length: 60 }, (_, n) => stores[n % 2]!.recordClaim(claim(n + 1, { quantity: 7 })));
      const held = (await Promise.all(claims)).filter((outcome) => outcome === 'done');
      assert.equal(held.length, 14);
      assert.deepEqual(await usageOf(store), [{ hts: '020230', unit: 'KGM', used: 98 }]);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('tells what is used of certificates, by number and narrowed by what is asked for', async () => {
      const { store } = await withCertificate();
      await register(store, change('A2'), change('B1'));
      const { record } = change('B1', 1);
      await register(store, { kind: 'cancel', expectedVersion: 1, record: { ...record, state: 'cancelled' } });
      await store.recordClaim(claim(1));
      const numbers = async (filter: Partial<Parameters<Store['certificateUsage']>[0]>) =>
        (await store.certificateUsage({ environment: 'test', ...filter })).map(({ number }) => number).join(' ');
      assert.equal(await numbers({}), 'A1 A2 B1');
      assert.equal(await numbers({ limit: 1 }), 'A1');
      assert.equal(await numbers({ after: 'A1' }), 'A2 B1');
      assert.equal(await numbers({ numbers: ['B1', 'A1', 'C1'] }), 'A1 B1');
      assert.equal(await numbers({ condition: 'matched' }), 'A1');
      assert.equal(await numbers({ condition: 'unmatched' }), 'A2');
      assert.equal(await numbers({ condition: 'cancelled' }), 'B1');
      assert.equal(await numbers({ issuedFrom: '2026-01-31', issuedTo: '2026-01-31' }), 'A1 A2 B1');
      assert.equal(await numbers({ issuedFrom: '2026-02-01' }), '');
      assert.equal(
        await numbers({ country: 'NZ', programme: 'beef', partner: 'van', participant: 'NZMPI:ZZZ' }),
        'A1 A2 B1',
      );
      for (const other of [
        { environment: 'production' },
        { country: 'AU' },
        { programme: 'lamb' },
        { partner: 'bank' },
      ] as const)
        assert.equal(await numbers(other), '');
      const [used] = await store.certificateUsage({ environment: 'test' });
      assert.deepEqual(used?.usage, [{ hts: '020230', unit: 'KGM', used: 10 }]);
      assert.deepEqual(await store.listCertificates({ number: 'A1' }), [used]);
    });
  });
}
