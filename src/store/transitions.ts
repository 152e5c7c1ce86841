import type { Database } from './database.ts';
import { ENDPOINT_CHAIN, type Ledger } from './ledger.ts';
import { type Transition, stateAfter } from './states.ts';
import type { Facts } from './store.ts';

export interface Change {
  readonly detail?: string | undefined;
  /** Of a message that we sent: what its MDN said. That of a received one stays. */
  readonly disposition?: string | undefined;
}

export interface Transitions {
  /** Within a write: gives a stored message a new state, with its ledger entry. */
  move(messageId: string, transition: Transition, change: Change, facts: Facts, now: Date): void;
  /** Within a write: says what happened to a message that keeps its state. */
  remark(messageId: string, kind: string, detail: string, facts: Facts, now: Date): void;
}

export function transitionsIn(db: Database, ledger: Ledger): Transitions {
  function append(
    kind: string,
    messageId: string,
    row: { partner: string | null } | undefined,
    facts: Facts,
    now: Date,
  ) {
    ledger.append({ chain: row?.partner ?? ENDPOINT_CHAIN, kind, subjectId: messageId, facts }, now);
  }

  return {
    move(messageId, transition, { detail, disposition }, facts, now) {
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
          disposition: disposition ?? null,
        });
      append(transition, messageId, row, { ...facts, detail }, now);
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
