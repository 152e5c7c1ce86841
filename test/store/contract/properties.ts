import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Delivery, InboundMessage, Job, MessageSummary, Store } from '../../../src/store/store.ts';
import {
  asyncMdn,
  at,
  change,
  completeJob,
  inbound,
  LEASE_MS,
  outbound,
  receivedMdn,
  refused,
  result,
} from '../fixtures.ts';
import type { OpenTestStore } from './open.ts';

/** From each state, the states that a single call may lead to; `resend` leads from any to `pending`. */
const ARROWS: Record<string, Record<string, readonly string[]>> = {
  in: { accepted: ['answered', 'unreadable', 'stuck'], answered: [], unreadable: [], stuck: [], refused: [] },
  out: {
    pending: ['awaiting-mdn', 'delivered', 'refused', 'failed'],
    'awaiting-mdn': ['delivered', 'refused', 'failed'],
    failed: ['delivered', 'refused'],
    delivered: [],
    refused: [],
  },
};

interface World {
  readonly store: Store;
  readonly received: InboundMessage[];
  readonly sent: string[];
  readonly jobs: Job[];
  readonly deliveries: Delivery[];
  now: number;
}

type Step = (world: World, pick: number) => Promise<unknown>;

const steps: Record<string, Step> = {
  async seal({ store, received, now }, pick) {
    const over = { messageId: `<${pick % 5}@van>`, receivedAt: at(now), ...(pick % 2 ? { mdn: asyncMdn() } : {}) };
    const message = pick % 3 ? inbound(over) : refused(over);
    const sealedBefore = received.some((other) => other.messageId === message.messageId && other.state === 'accepted');
    const { kind } = await store.sealInbound(message);
    assert.equal(kind, sealedBefore && message.state === 'accepted' ? 'duplicate' : 'sealed');
    if (kind === 'sealed') received.push(message);
  },
  async claimJobs({ store, jobs, now }, pick) {
    jobs.push(...(await store.claimJobs(at(now), LEASE_MS, 1 + (pick % 3))));
  },
  async completeJob({ store, jobs, sent, now }, pick) {
    const job = jobs[pick % jobs.length];
    if (!job) return;
    const number = `C${pick % 4}`;
    const version = (await store.findCertificates('test', [number])).get(number)?.version ?? 0;
    const answer = outbound({ answers: job.messageId, createdAt: at(now) });
    const expected = pick % 7 ? version : version + 1;
    const done = result({ certificates: [change(number, expected)], outbound: [answer] });
    const outcome = await completeJob(store, job, done, at(now));
    if (outcome === 'done') sent.push(answer.id);
  },
  async failJob({ store, jobs, now }, pick) {
    const job = jobs[pick % jobs.length];
    if (job) await store.failJob(job, 'failed', pick % 2 ? at(now + 10) : undefined, at(now));
  },
  async claimDeliveries({ store, deliveries, now }, pick) {
    deliveries.push(...(await store.claimDeliveries(at(now), LEASE_MS, 1 + (pick % 3))));
  },
  async settle({ store, deliveries, now }, pick) {
    const delivery = deliveries[pick % deliveries.length];
    if (!delivery) return;
    const outcomes = [
      { kind: 'delivered' },
      { kind: 'failed', detail: 'failed' },
      { kind: 'retry', at: at(now + 5), detail: 'retry' },
      { kind: 'refused', detail: 'refused' },
      { kind: 'awaiting-mdn', resendAt: at(now + 20) },
    ] as const;
    await store.settleDelivery(delivery, outcomes[pick % (delivery.subject.kind === 'mdn' ? 4 : 5)]!, at(now));
  },
  async recordMdn({ store, sent, now }, pick) {
    const verdict = (['delivered', 'refused', 'invalid'] as const)[pick % 3]!;
    const outboundId = sent[pick % sent.length];
    await store.recordMdn(receivedMdn(undefined, { outboundId, verdict: outboundId ? verdict : 'invalid' }), at(now));
  },
  async resend({ store, sent, now }, pick) {
    await store.resend(sent[pick % sent.length] ?? 'nobody', at(now));
  },
  async requeue({ store, received, now }, pick) {
    await store.requeueMdn(received[pick % received.length]?.id ?? 'nobody', at(now));
  },
  wait(world, pick) {
    world.now += pick % 90;
    return Promise.resolve();
  },
};

export function describeProperties(open: OpenTestStore): void {
  it('whatever is done in whatever order: states move along the arrows, one is sealed, the ledger is whole', async () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(1000));
    const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (sequence) => {
      const { store } = await open();
      const world: World = { store, received: [], sent: [], jobs: [], deliveries: [], now: 0 };
      let before = new Map<string, MessageSummary>();
      for (const [name, pick] of sequence) {
        await steps[name]!(world, pick);
        world.now += 1;
        const messages = await store.listMessages({ limit: 1000 });
        for (const { id, direction, state } of messages) {
          const last = before.get(id)?.state ?? state;
          const allowed =
            last === state || (name === 'resend' ? ['pending'] : ARROWS[direction]?.[last])?.includes(state);
          assert.ok(allowed, `${name}: ${last} → ${state}`);
        }
        before = new Map(messages.map((message) => [message.id, message]));
      }
      const sealed = [...before.values()].filter(({ direction, state }) => direction === 'in' && state !== 'refused');
      assert.equal(new Set(sealed.map(({ messageId }) => messageId)).size, sealed.length);
      assert.equal(before.size, world.received.length + world.sent.length, 'nothing is lost, nothing is made up');
      assert.equal((await store.verifyLedger()).kind, 'whole');
    });
    await fc.assert(property, { numRuns: 25 });
  });
}
