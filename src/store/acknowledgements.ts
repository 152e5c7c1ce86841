import type { Database } from './database.ts';
import type { Acknowledgement, ContrlOutcome } from './acknowledgement.ts';
import type { MessageDetail, OutboundMessage, Store } from './store.ts';

export interface Acknowledgements extends Pick<Store, 'findSentInterchange'> {
  /** Within a write: the interchanges in a message that we send. Returns the rows, for its ledger entry. */
  insertSent(message: OutboundMessage): readonly SentRow[];
  /** Within a write: what CONTRL in a received message says. Returns the rows, for its ledger entry. */
  insert(messageId: string, acknowledgements: readonly Acknowledgement[]): readonly AcknowledgementRow[];
  /** Within a read: what was said of the interchanges in a message that we sent, in its order. */
  of(subjectId: string): MessageDetail['acknowledgements'];
}

export function acknowledgementsIn(db: Database): Acknowledgements {
  return {
    insertSent({ id, interchanges = [] }) {
      const rows = interchanges.map(({ sender, recipient, reference }) => ({
        ...{ message_id: id, sender, recipient, reference },
      }));
      for (const row of rows) db.insert('sent_interchanges', row);
      return rows;
    },
    insert(messageId, acknowledgements) {
      const rows = acknowledgements.map(({ subjectId, reference, outcome, detail }) => ({
        ...{ message_id: messageId, subject_id: subjectId, reference, outcome, detail: detail ?? null },
      }));
      for (const row of rows) db.insert('acknowledgements', row);
      return rows;
    },
    of: (subjectId) =>
      db
        .statement<AcknowledgementRow & { readonly at: string }>(
          `SELECT a.*, m.at FROM acknowledgements a JOIN messages m ON m.id = a.message_id
           WHERE a.subject_id = @subjectId ORDER BY a.position`,
        )
        .all({ subjectId })
        .map(({ message_id: messageId, at, reference, outcome, detail }) => ({
          ...{ messageId, at: new Date(at), reference, outcome, detail: detail ?? undefined },
        })),
    findSentInterchange: (partner, environment, { sender, recipient, reference }) =>
      db.read(
        () =>
          db
            .statement<{ message_id: string }>(
              `SELECT s.message_id FROM sent_interchanges s JOIN messages m ON m.id = s.message_id
               WHERE s.reference = @reference AND m.partner = @partner AND m.environment = @environment
               ORDER BY s.sender = @sender AND s.recipient = @recipient DESC, s.position DESC LIMIT 1`,
            )
            .get({ partner, environment, sender, recipient, reference })?.message_id,
      ),
  };
}

// A type, so that it may be a row: an interface has no index.
export type SentRow = {
  readonly message_id: string;
  readonly sender: string;
  readonly recipient: string;
  readonly reference: string;
};

export type AcknowledgementRow = {
  readonly message_id: string;
  readonly subject_id: string;
  readonly reference: string;
  readonly outcome: ContrlOutcome;
  readonly detail: string | null;
};

/**
 * SQL: what CONTRL says of the message in `messages` as a whole. Of each interchange the last word counts, a receipt only
 * where there is no other; of several interchanges the worst.
 */
export const CONTRL_OUTCOME = `(
  SELECT outcome FROM acknowledgements a
  WHERE a.subject_id = messages.id AND NOT EXISTS (
    SELECT 1 FROM acknowledgements later
    WHERE later.subject_id = a.subject_id AND later.reference = a.reference
      AND later.position > a.position AND later.outcome <> 'received')
  ORDER BY CASE outcome WHEN 'rejected' THEN 0 WHEN 'partly-rejected' THEN 1 WHEN 'acknowledged' THEN 2 ELSE 3 END
  LIMIT 1)`;
