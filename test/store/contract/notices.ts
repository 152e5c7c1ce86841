import assert from 'node:assert/strict';
import type { NoticeAddressee } from '../../../src/store/notice.ts';
import type { Store } from '../../../src/store/store.ts';
import { at, change, claim, completeJob, outbound, result, sealedJob } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeNotices(open: OpenTestStore): void {
  describe('notices', () => {
    const nz: NoticeAddressee = { environment: 'test', partner: 'van', participant: 'NZMPI:ZZZ' };
    const lines = [{ hts: '020230', unit: 'KGM', certified: 1000 }];

    async function withCertificates(...numbers: string[]): Promise<Store> {
      const { store } = await open();
      const certificates = numbers.map((number) => change(number, 0, {}, lines));
      await completeJob(store, await sealedJob(store), result({ certificates }), at(1));
      return store;
    }

    it('tell of as many claims as are asked for, the first ones, and then of those behind them', async () => {
      const store = await withCertificates('A1', 'A2', 'A3');
      for (const [line, number] of ['A3', 'A1', 'A3', 'A2'].entries())
        await store.recordClaim(claim(line + 1, { number, changedAt: at(10 + line) }));
      const told: unknown[] = [];
      for (;;) {
        const usage = await store.untoldUsage(nz, 2);
        if (usage === undefined) break;
        told.push([usage.numbers.toSorted(), usage.since]);
        assert.equal(await store.queueNotice(nz, usage, outbound()), 'done');
        assert.equal(await store.queueNotice(nz, usage, outbound()), 'conflict');
      }
      assert.deepEqual(told, [
        [['A1', 'A3'], at(10)],
        [['A2', 'A3'], at(12)],
      ]);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('a participant with another partner than before is told what it was not told yet, and nothing again', async () => {
      const store = await withCertificates('A1');
      await store.recordClaim(claim(1));
      const first = await store.untoldUsage(nz, 10);
      assert.ok(first);
      await store.queueNotice(nz, first, outbound());
      await store.recordClaim(claim(2));
      const moved = { ...nz, partner: 'bank' };
      const second = await store.untoldUsage(moved, 10);
      assert.deepEqual([second?.numbers, second?.after], [['A1'], first.through]);
      assert.ok(second);
      assert.equal(await store.queueNotice(moved, second, outbound()), 'done');
      assert.deepEqual([await store.untoldUsage(moved, 10), await store.untoldUsage(nz, 10)], [undefined, undefined]);
    });

    it('what comes after a look that found nothing is found', async () => {
      const store = await withCertificates('A1');
      const au = { ...nz, participant: 'AUDAFF:ZZZ' };
      await store.recordClaim(claim(1));
      assert.equal(await store.untoldUsage(au, 10), undefined);
      const { record } = change('A2', 0, {}, lines);
      const theirs = { ...change('A2', 0, {}, lines), record: { ...record, participant: au.participant } };
      await completeJob(store, await sealedJob(store), result({ certificates: [theirs] }), at(2));
      assert.equal(await store.untoldUsage(au, 10), undefined);
      await store.recordClaim(claim(2, { number: 'A2' }));
      assert.deepEqual((await store.untoldUsage(au, 10))?.numbers, ['A2']);
      assert.equal(await store.untoldUsage({ ...au, environment: 'production' }, 10), undefined);
    });
  });
}
