import type { Database } from './database.ts';
import { ENDPOINT_CHAIN, type Ledger } from './ledger.ts';
import { type Remark, type Transition, stateAfter } from './states.ts';
import type { Facts, ReceivedMdn } from './store.ts';

export interface Change {
  readonly detail?: string | undefined;
  /** Of a message that we sent: its MDN, whose disposition it takes over. A received one has its own, which stays. */
  readonly mdn?: Pick<ReceivedMdn, 'id' | 'disposition'> | undefined;
}

export interface Transitions {
  /** Within a write: gives a stored message a new state, with its ledger entry. */
  move(messageId: string, transition: Transition, change: Change, facts: Facts, now: Date): void;
  /** Within a write: says what happened to a message that keeps its state. */
  remark(messageId: string, kind: Remark, detail: string, facts: Facts, now: Date): void;
}

export function transitionsIn(db: Database, ledger: Ledger): Transitions {
  function append(
    kind: Transition | Remark,
    messageId: string,
    row: { partner: string | null } | undefined,
    facts: Facts,
    now: Date,
  ) {
    ledger.append({ chain: row?.partner ?? ENDPOINT_CHAIN, kind, subjectId: messageId, facts }, now);
  }

  return {
    move(messageId, transition, { detail, mdn }, facts, now) {
      const row = db
        .statement<{ partner: string | null }>(
          `UPDATE messages SET state = @state, detail = @detail,
             disposition = CASE direction WHEN 'in' THEN disposition ELSE @disposition END
           WHERE id = @messageId RETURNING partner`,
        )
        .get({
          messageId,
          state: stateAfter[transition],
          detail: detail ?? null,
          disposition: mdn?.disposition ?? null,
        });
      append(transition, messageId, row, { ...facts, mdn: mdn?.id, detail }, now);
    },
    remark(messageId, kind, detail, facts, now) {
      const row = db
        .statement<{ partner: string | null }>(
          'UPDATE messages SET detail = @detail WHERE id = @messageId RETURNING partner',
        )
        .get({ messageId, detail });
      append(kind, messageId, row, { ...facts, detail }, now);
    },
  };
}
