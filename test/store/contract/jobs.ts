import assert from 'node:assert/strict';
import type { Environment, InterchangeRecord } from '../../../src/store/store.ts';
import type { ContrlOutcome } from '../../../src/store/acknowledgement.ts';
import { at, change, completeJob, inbound, LEASE_MS, outbound, result, sealedJob, sentOf } from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

export function describeJobs(open: OpenTestStore): void {
  describe('the interchange job', () => {
    const interchange = (messageId: string, over: Partial<InterchangeRecord> = {}): InterchangeRecord => ({
      environment: 'test',
      sender: 'NZMPI:ZZZ',
      reference: '42',
      messageId,
      messageType: 'SANCRT',
      messages: 3,
      accepted: 2,
      rejected: 1,
      ...over,
    });

    it('takes jobs that are due, oldest first, up to the limit, and leases each', async () => {
      const { store } = await open();
      const messages = [3, 1, 2, 9].map((second) => inbound({ receivedAt: at(second) }));
      for (const message of messages) await store.sealInbound(message);
      const first = await store.claimJobs(at(5), LEASE_MS, 2);
      assert.deepEqual(
        first.map((job) => [job.messageId, job.attempts]),
        [
          [messages[1]?.id, 1],
          [messages[2]?.id, 1],
        ],
      );
      const second = await store.claimJobs(at(5), LEASE_MS, 10);
      assert.deepEqual(
        second.map((job) => job.messageId),
        [messages[0]?.id],
      );
      assert.deepEqual(await store.claimJobs(at(5), LEASE_MS, 10), []);
    });

    it('two workers never hold the same job', async () => {
      const { store, another } = await open();
      const other = await another();
      for (let n = 0; n < 10; n++) await store.sealInbound(inbound());
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, n) => (n % 2 ? store : other).claimJobs(at(0), LEASE_MS, 3)),
      );
      const ids = claims.flat().map((job) => job.messageId);
      assert.deepEqual([ids.length, new Set(ids).size], [10, 10]);
    });

    it('a lease that ran out is taken by another, and then the first can neither complete nor fail the job', async () => {
      const { store } = await open();
      const first = await sealedJob(store);
      assert.deepEqual(await store.claimJobs(at(59), LEASE_MS, 1), []);
      const [second] = await store.claimJobs(at(60), LEASE_MS, 1);
      assert.deepEqual([second?.messageId, second?.attempts], [first.messageId, 2]);
      assert.notEqual(second?.lease, first.lease);
      const late = result({ certificates: [change('A1')], outbound: [outbound()] });
      assert.equal(await completeJob(store, first, late, at(61)), 'lease-lost');
      await store.failJob(first, 'too late', undefined, at(61));
      assert.equal((await store.getMessage(first.messageId))?.state, 'accepted');
      assert.equal((await store.findCertificates('test', ['A1'])).size, 0);
      assert.deepEqual(await store.claimDeliveries(at(61), LEASE_MS, 10), []);
      assert.equal(await completeJob(store, second!, late, at(62)), 'done');
      assert.equal(await completeJob(store, second!, late, at(62)), 'lease-lost');
    });

    it('takes back every lease: what a dead worker held is due at once', async () => {
      const { store } = await open();
      const held = await sealedJob(store);
      await store.queueOutbound([outbound()]);
      await store.claimDeliveries(at(0), LEASE_MS, 10);
      await store.releaseLeases();
      assert.equal((await store.claimDeliveries(at(0), LEASE_MS, 10)).length, 1);
      const [again] = await store.claimJobs(at(0), LEASE_MS, 10);
      assert.deepEqual([again?.messageId, again?.attempts], [held.messageId, 2]);
      assert.equal(await completeJob(store, held, result(), at(1)), 'lease-lost');
    });

    it('a job that was tried before is handed out alone: it may be what ended the process', async () => {
      const { store } = await open();
      const tried = inbound({ receivedAt: at(1) });
      await store.sealInbound(tried);
      await store.claimJobs(at(1), LEASE_MS, 1);
      await store.releaseLeases();
      const others = [2, 0, 3].map((second) => inbound({ receivedAt: at(second) }));
      for (const message of others) await store.sealInbound(message);
      const claims: (readonly string[])[] = [];
      for (let turn = 0; turn < 4; turn++)
        claims.push((await store.claimJobs(at(5), LEASE_MS, 10)).map(({ messageId }) => messageId));
      const [second, oldest, third] = others.map(({ id }) => id);
      assert.deepEqual(claims, [[oldest, second, third], [tried.id], [], []]);
    });

    it('jobs that were not begun are given back as they were, and those that ended are left', async () => {
      const { store } = await open();
      const messages = [0, 1, 2].map((second) => inbound({ receivedAt: at(second) }));
      for (const message of messages) await store.sealInbound(message);
      const jobs = await store.claimJobs(at(5), LEASE_MS, 10);
      assert.equal(await completeJob(store, jobs[0]!, result(), at(6)), 'done');
      await store.returnJobs(jobs);
      const again = await store.claimJobs(at(6), LEASE_MS, 10);
      const left = messages.slice(1).map(({ id }) => [id, 1]);
      assert.deepEqual(
        again.map(({ messageId, attempts }) => [messageId, attempts]),
        left,
      );
    });

    it('ends jobs in one, each after those before it', async () => {
      const { store } = await open();
      const [one, two, three] = [await sealedJob(store), await sealedJob(store), await sealedJob(store)];
      const ended = await store.completeJobs(
        [
          { job: one, result: result({ certificates: [change('A1')] }) },
          { job: two, result: result({ certificates: [change('A1', 1)] }) },
          { job: three, result: result({ certificates: [change('A1', 2)] }) },
        ],
        at(1),
      );
      assert.deepEqual(ended, ['done', 'done', 'done']);
      assert.equal((await store.findCertificates('test', ['A1'])).get('A1')?.version, 3);
    });

    it('of jobs that end in one, those after a conflict are not written: they may rest on it', async () => {
      const { store } = await open();
      const [one, two, three] = [await sealedJob(store), await sealedJob(store), await sealedJob(store)];
      const ended = await store.completeJobs(
        [
          { job: one, result: result({ certificates: [change('A1')] }) },
          { job: two, result: result({ certificates: [change('B2'), change('A1', 7)] }) },
          { job: three, result: result() },
        ],
        at(1),
      );
      assert.deepEqual(ended, ['done', 'conflict', 'conflict']);
      const states = await Promise.all([one, two, three].map(({ messageId }) => store.getMessage(messageId)));
      assert.deepEqual(
        states.map((message) => message?.state),
        ['answered', 'accepted', 'accepted'],
      );
      assert.deepEqual([...(await store.findCertificates('test', ['A1', 'B2'])).keys()], ['A1']);
      assert.equal(await completeJob(store, three, result(), at(2)), 'done', 'the lease holds');
    });

    it('ends a job with its interchanges, certificates and answers in one', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      const answer = outbound({ answers: job.messageId, createdAt: at(2) });
      const interchanges = [interchange(job.messageId), interchange(job.messageId, { reference: '43' })];
      const done = result({ detail: '2 accepted', interchanges, certificates: [change('A1')], outbound: [answer] });
      assert.equal(await completeJob(store, job, done, at(2)), 'done');
      const detail = await store.getMessage(job.messageId);
      assert.deepEqual([detail?.state, detail?.detail, detail?.answeredBy], ['answered', '2 accepted', [answer.id]]);
      assert.deepEqual(await store.findInterchange('test', 'NZMPI:ZZZ', '43'), interchanges[1]);
      assert.equal(await store.findInterchange('production', 'NZMPI:ZZZ', '43'), undefined);
      assert.equal(await store.findInterchange('test', 'NZMPI:ZZZ', '44'), undefined);
      assert.deepEqual((await store.findCertificates('test', ['A1'])).get('A1'), {
        ...change('A1').record,
        usage: [],
      });
      const [delivery] = await store.claimDeliveries(at(2), LEASE_MS, 10);
      assert.deepEqual(delivery?.subject, { kind: 'message', message: sentOf(answer) });
      assert.deepEqual(await store.claimJobs(at(9999), LEASE_MS, 10), [], 'it is over');
    });

    it('an unreadable interchange ends the job as well', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      assert.equal(await completeJob(store, job, result({ state: 'unreadable', detail: 'no UNB' }), at(2)), 'done');
      const detail = await store.getMessage(job.messageId);
      assert.deepEqual([detail?.state, detail?.detail, detail?.nextAttemptAt], ['unreadable', 'no UNB', undefined]);
    });

    it('a certificate that has another version now is a conflict: nothing is written, and the lease holds', async () => {
      const { store } = await open();
      await completeJob(store, await sealedJob(store), result({ certificates: [change('A1')] }), at(1));
      const job = await sealedJob(store);
      const entries = await store.listLedger({});
      for (const stale of [change('A1', 0), change('A1', 2), change('new', 1)]) {
        const conflicting = result({
          interchanges: [interchange(job.messageId)],
          certificates: [change('B2'), stale],
          outbound: [outbound()],
        });
        assert.equal(await completeJob(store, job, conflicting, at(2)), 'conflict');
      }
      assert.equal((await store.findCertificates('test', ['B2', 'new'])).size, 0);
      assert.equal(await store.findInterchange('test', 'NZMPI:ZZZ', '42'), undefined);
      assert.deepEqual(await store.claimDeliveries(at(2), LEASE_MS, 10), []);
      assert.deepEqual(await store.listLedger({}), entries);
      assert.equal(await completeJob(store, job, result({ certificates: [change('A1', 1)] }), at(3)), 'done');
      assert.equal((await store.findCertificates('test', ['A1'])).get('A1')?.version, 2);
    });

    it('an interchange that was registered meanwhile is a conflict', async () => {
      const { store } = await open();
      const [one, two] = [await sealedJob(store), await sealedJob(store)];
      assert.equal(
        await completeJob(store, one, result({ interchanges: [interchange(one.messageId)] }), at(1)),
        'done',
      );
      const second = result({ interchanges: [interchange(two.messageId)], certificates: [change('A1')] });
      assert.equal(await completeJob(store, two, second, at(1)), 'conflict');
      assert.equal((await store.findInterchange('test', 'NZMPI:ZZZ', '42'))?.messageId, one.messageId);
    });

    it('a reference may be used again once it is old enough', async () => {
      const { store } = await open();
      const one = await sealedJob(store, inbound({ receivedAt: at(1) }));
      await completeJob(store, one, result({ interchanges: [interchange(one.messageId)] }), at(1));
      const two = await sealedJob(store, inbound({ receivedAt: at(100) }));
      assert.equal((await store.findInterchange('test', 'NZMPI:ZZZ', '42', at(1)))?.messageId, one.messageId);
      assert.equal(await store.findInterchange('test', 'NZMPI:ZZZ', '42', at(2)), undefined);
      const again = { interchanges: [interchange(two.messageId)] };
      assert.equal(await completeJob(store, two, result({ ...again, referencesSince: at(1) }), at(100)), 'conflict');
      assert.equal(await completeJob(store, two, result({ ...again, referencesSince: at(2) }), at(100)), 'done');
      assert.equal((await store.findInterchange('test', 'NZMPI:ZZZ', '42'))?.messageId, two.messageId);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('CONTRL finds what was sent by its reference, to that partner in that environment, the latest of several', async () => {
      const { store } = await open();
      const sent = { sender: 'US', recipient: 'NZ', reference: '7' };
      const messages = [
        outbound({ interchanges: [sent, { ...sent, reference: '8' }] }),
        outbound({ interchanges: [sent] }),
        outbound({ interchanges: [{ ...sent, recipient: 'AU' }] }),
        outbound({ partner: 'other', interchanges: [sent] }),
      ];
      for (const message of messages) await store.queueOutbound([message]);
      const find = (over: object, partner = 'van', environment: Environment = 'test') =>
        store.findSentInterchange(partner, environment, { ...sent, ...over });
      assert.equal(await find({}), messages[1]?.id);
      assert.equal(await find({ recipient: 'AU' }), messages[2]?.id);
      assert.equal(await find({ recipient: 'NZ:ZZZ', reference: '8' }), messages[0]?.id, 'spelt otherwise');
      assert.equal(await find({}, 'other'), messages[3]?.id);
      assert.equal(await find({}, 'van', 'production'), undefined);
      assert.equal(await find({ reference: '9' }), undefined);
    });

    it('what CONTRL says shows with the message: the last word of each interchange, the worst of several', async () => {
      const { store } = await open();
      const sent = { sender: 'US', recipient: 'NZ', reference: '7' };
      const message = outbound({ interchanges: [sent, { ...sent, reference: '8' }] });
      await store.queueOutbound([message]);
      const said = async (reference: string, outcome: ContrlOutcome, detail?: string) => {
        const job = await sealedJob(store);
        const acknowledgements = [{ subjectId: message.id, reference, outcome, detail }];
        await completeJob(store, job, result({ acknowledgements }), at(3));
        return (await store.getMessage(message.id))?.contrl;
      };
      assert.equal((await store.getMessage(message.id))?.contrl, undefined);
      assert.equal(await said('7', 'received'), 'received');
      assert.equal(await said('7', 'rejected', 'error 29'), 'rejected');
      assert.equal(await said('7', 'received'), 'rejected', 'a receipt is no second thought');
      assert.equal(await said('8', 'acknowledged'), 'rejected');
      assert.equal(await said('7', 'acknowledged'), 'acknowledged', 'sent again, and good now');
      const detail = await store.getMessage(message.id);
      assert.deepEqual(
        detail?.acknowledgements.map(({ reference, outcome, detail: why }) => [reference, outcome, why]),
        [
          ['7', 'received', undefined],
          ['7', 'rejected', 'error 29'],
          ['7', 'received', undefined],
          ['8', 'acknowledged', undefined],
          ['7', 'acknowledged', undefined],
        ],
      );
      assert.deepEqual(
        (await store.listMessages({ contrl: 'acknowledged' })).map(({ id }) => id),
        [message.id],
      );
      assert.deepEqual(await store.listMessages({ contrl: 'rejected' }), []);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('of two jobs that decide on the same version at the same moment, one is a conflict', async () => {
      const { store, another } = await open();
      const jobs = [await sealedJob(store), await sealedJob(store)];
      const stores = [store, await another()];
      const outcomes = await Promise.all(
        jobs.map((job, n) => completeJob(stores[n]!, job, result({ certificates: [change('A1')] }), at(1))),
      );
      assert.deepEqual(outcomes.sort(), ['conflict', 'done']);
    });

    it('one interchange may change a certificate more than once, in order', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      assert.equal(
        await completeJob(store, job, result({ certificates: [change('A1'), change('A1', 1)] }), at(1)),
        'done',
      );
      assert.equal((await store.findCertificates('test', ['A1'])).get('A1')?.version, 2);
      assert.equal((await store.listCertificates({})).length, 1);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('a version that does not follow on the expected one is an error of the program, not a conflict', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      const wrong = change('A1', 0, { record: { ...change('A1').record, version: 7 } });
      for (const certificates of [[wrong], [change('A1'), change('A1')], [change('A1'), change('A1', 2)]]) {
        await assert.rejects(completeJob(store, job, result({ certificates }), at(1)), { code: 'STORE_MISUSED' });
      }
      assert.equal((await store.findCertificates('test', ['A1'])).size, 0);
    });

    it('test and production never mix', async () => {
      const { store } = await open();
      const production = change('A1', 0, { record: { ...change('A1').record, environment: 'production' } });
      await completeJob(store, await sealedJob(store), result({ certificates: [change('A1'), production] }), at(1));
      await completeJob(store, await sealedJob(store), result({ certificates: [change('A1', 1)] }), at(1));
      assert.equal((await store.findCertificates('test', ['A1'])).get('A1')?.version, 2);
      assert.equal((await store.findCertificates('production', ['A1'])).get('A1')?.version, 1);
      assert.equal((await store.listCertificates({ environment: 'production' })).length, 1);
    });

    it('registers and finds 3000 certificates of one interchange', async () => {
      const { store } = await open();
      const numbers = Array.from({ length: 3000 }, (_, n) => `C${n}`);
      const job = await sealedJob(store);
      assert.equal(
        await completeJob(store, job, result({ certificates: numbers.map((n) => change(n)) }), at(1)),
        'done',
      );
      const found = await store.findCertificates('test', [...numbers, 'other', 'C1']);
      assert.deepEqual([...found.keys()].sort(), numbers.sort());
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('puts a job off until it is due again, with the reason', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      await store.failJob(job, 'the disk is full', at(100), at(1));
      const detail = await store.getMessage(job.messageId);
      assert.deepEqual([detail?.state, detail?.detail], ['accepted', 'the disk is full']);
      assert.deepEqual([detail?.attempts, detail?.nextAttemptAt], [1, at(100)]);
      assert.deepEqual(await store.claimJobs(at(99), LEASE_MS, 10), []);
      const [again] = await store.claimJobs(at(100), LEASE_MS, 10);
      assert.deepEqual([again?.messageId, again?.attempts], [job.messageId, 2]);
    });

    it('a stuck message is worked on again when it is resent, from the first attempt on', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      await store.failJob(job, 'partner gone', undefined, at(1));
      assert.equal(await store.resend(job.messageId, at(2)), 'queued');
      assert.equal((await store.getMessage(job.messageId))?.state, 'accepted');
      const [again] = await store.claimJobs(at(3), LEASE_MS, 10);
      assert.deepEqual([again?.messageId, again?.attempts], [job.messageId, 1]);
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });

    it('puts a job off for good: the message is stuck', async () => {
      const { store } = await open();
      const job = await sealedJob(store);
      await store.failJob(job, 'partner gone', undefined, at(1));
      const detail = await store.getMessage(job.messageId);
      assert.deepEqual([detail?.state, detail?.detail], ['stuck', 'partner gone']);
      assert.deepEqual(await store.claimJobs(at(9999), LEASE_MS, 10), []);
      const { messageId } = detail!;
      const outcome = await store.sealInbound(inbound({ messageId }));
      assert.equal(outcome.kind, 'duplicate', 'it was accepted all the same');
    });
  });
}
