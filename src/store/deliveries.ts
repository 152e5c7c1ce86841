import { kept } from '../bytes/kept.ts';
import { sourceOf } from '../bytes/source.ts';
import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { ENDPOINT_CHAIN, type Ledger } from './ledger.ts';
import type { Mdns } from './mdns.ts';
import { sentMessage } from './outbound.ts';
import { type MessageRow, readHeaders } from './rows.ts';
import { StoreError } from './store-error.ts';
import type { Delivery, DeliveryOutcome, ReceivedMdn, Store } from './store.ts';
import type { Transitions } from './transitions.ts';
import type { Claim, Work, WorkKind } from './work.ts';

type DeliveryStore = Pick<Store, 'claimDeliveries' | 'settleDelivery' | 'recordMdn'>;

/** What goes out, and what comes back about it. */
export function deliveriesIn(
  db: Database,
  contents: Contents,
  ledger: Ledger,
  mdns: Mdns,
  transitions: Transitions,
  work: Work,
): DeliveryStore {
  const messageRow = (id: string) => db.statement<MessageRow>('SELECT * FROM messages WHERE id = @id').get({ id });

  async function load(claim: Claim): Promise<Delivery> {
    const { lease, attempts: attempt, message_id: id } = claim;
    if (claim.kind === 'message') {
      const message = found(await db.read(() => messageRow(id)), id);
      const { remote: url, partner } = message;
      const headers = readHeaders(message.headers);
      const body = await contents.read(message.raw);
      const subject = { kind: 'message', message: sentMessage(message) } as const;
      return { id, lease, attempt, url, headers, body, partner: partner ?? undefined, subject };
    }
    const row = found(await db.read(() => mdns.sentFor(id)), id);
    const { url, headers, body: bytes } = await mdns.outgoing(row);
    const body = sourceOf(bytes);
    const subject = { kind: 'mdn', mdnId: row.id, messageId: id } as const;
    return { id: row.id, lease, attempt, url: url ?? '', headers, body, partner: row.partner ?? undefined, subject };
  }

  function settleMessage({ id, attempt }: Attempt, outcome: DeliveryOutcome, now: Date): void {
    switch (outcome.kind) {
      case 'awaiting-mdn':
        return transitions.move(id, 'outbound.awaiting-mdn', {}, { attempt, resendAt: outcome.resendAt }, now);
      case 'retry':
        return transitions.remark(id, 'outbound.attempt-failed', outcome.detail, { attempt, retryAt: outcome.at }, now);
      case 'delivered':
      case 'refused':
      case 'failed': {
        const { mdn } = outcome;
        const change = { detail: outcome.detail ?? mdn?.detail, mdn };
        return transitions.move(id, `outbound.${outcome.kind}`, change, { attempt }, now);
      }
    }
  }

  function settleMdn({ id, attempt }: Attempt, outcome: DeliveryOutcome, now: Date): void {
    if (outcome.kind === 'awaiting-mdn') throw new StoreError('STORE_MISUSED', 'An MDN is not answered by another.');
    const mdn = found(mdns.sentFor(id), id);
    const { detail } = outcome;
    const state = outcome.kind === 'retry' ? 'pending' : outcome.kind === 'delivered' ? 'delivered' : 'failed';
    mdns.setState(mdn.id, state, detail);
    const kind = outcome.kind === 'retry' ? 'mdn.attempt-failed' : `mdn.${state}`;
    const facts = { mdn: mdn.id, attempt, retryAt: outcome.kind === 'retry' ? outcome.at : undefined, detail };
    ledger.append({ chain: mdn.partner ?? ENDPOINT_CHAIN, kind, subjectId: id, facts }, now);
  }

  async function settle(of: Attempt, outcome: DeliveryOutcome, now: Date): Promise<'done' | 'lease-lost'> {
    const mdn = 'mdn' in outcome ? outcome.mdn : undefined;
    const body = mdn && (await contents.prepare(kept(mdn.body)));
    return db.write(() => {
      const held = work.release(of.kind, of.id, of.lease, nextAttempt(outcome));
      if (held === 'lost') return 'lease-lost';
      if (mdn && body) mdns.insertReceived(mdn, body, now);
      if (held === 'ended') return 'done'; // the answer came another way meanwhile, and stays
      if (of.kind === 'mdn') settleMdn(of, outcome, now);
      else settleMessage(of, outcome, now);
      return 'done';
    });
  }

  /** The first answer counts; one to a message that we gave up counts as well. */
  function applyAnswer(mdn: ReceivedMdn, now: Date): void {
    if (mdn.outboundId === undefined || mdn.verdict === 'invalid') return;
    const state = messageRow(mdn.outboundId)?.state;
    if (state !== 'pending' && state !== 'awaiting-mdn' && state !== 'failed') return;
    work.end('message', mdn.outboundId);
    transitions.move(mdn.outboundId, `outbound.${mdn.verdict}`, { detail: mdn.detail, mdn }, {}, now);
  }

  return {
    async claimDeliveries(now, leaseMs, limit, except = []) {
      // Most often there is nothing, which a write would have to wait for.
      if ((await db.read(() => work.next('deliveries', now))) === undefined) return [];
      const claims = await db.write(() => work.claim('deliveries', now, leaseMs, { limit, except }));
      const deliveries: Delivery[] = [];
      for (const claim of claims) {
        try {
          deliveries.push(await load(claim));
        } catch (error) {
          // What is damaged is never sent, and must not hold up the others.
          if (!(error instanceof StoreError && error.code === 'STORE_DAMAGED')) throw error;
          await settle(attemptOf(claim), { kind: 'failed', detail: error.message }, now);
        }
      }
      return deliveries;
    },
    settleDelivery({ subject, lease, attempt }, outcome, now) {
      const id = subject.kind === 'message' ? subject.message.id : subject.messageId;
      return settle({ kind: subject.kind, id, lease, attempt }, outcome, now);
    },
    async recordMdn(mdn, now) {
      const body = await contents.prepare(kept(mdn.body));
      await db.write(() => {
        mdns.insertReceived(mdn, body, now);
        applyAnswer(mdn, now);
      });
    },
  };
}

interface Attempt {
  readonly kind: WorkKind;
  /** Of the message that goes out, or whose MDN does. */
  readonly id: string;
  readonly lease: string;
  readonly attempt: number;
}

function attemptOf({ kind, message_id: id, lease, attempts: attempt }: Claim): Attempt {
  return { kind, id, lease, attempt };
}

function nextAttempt(outcome: DeliveryOutcome): Date | undefined {
  if (outcome.kind === 'retry') return outcome.at;
  return outcome.kind === 'awaiting-mdn' ? outcome.resendAt : undefined;
}

function found<T>(row: T | undefined, id: string): T {
  if (row === undefined) throw new StoreError('STORE_DAMAGED', `What was to be sent for ${id} is missing.`);
  return row;
}
