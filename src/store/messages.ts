import { type Acknowledgements, CONTRL_OUTCOME } from './acknowledgements.ts';
import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { matching } from './matching.ts';
import { mdnSummary } from './mdns.ts';
import { type MdnRow, type MessageRow, readFacts, readHeaders, readSigner } from './rows.ts';
import type { MessageDetail, MessageSummary, Store } from './store.ts';
import type { ContrlOutcome } from './acknowledgement.ts';

type MessageStore = Pick<Store, 'listMessages' | 'getMessage' | 'getContent' | 'nextDue'>;

type SizedRow = MessageRow & { readonly size: number; readonly contrl: ContrlOutcome | null };

const SIZED = `(SELECT messages.*, contents.size, ${CONTRL_OUTCOME} AS contrl
  FROM messages JOIN contents ON contents.sha256 = messages.raw)`;

/** Looking at messages, whichever way they went. */
export function messagesIn(db: Database, contents: Contents, acknowledgements: Acknowledgements): MessageStore {
  function find(id: string): SizedRow | undefined {
    return db.statement<SizedRow>(`SELECT * FROM ${SIZED} WHERE id = @id`).get({ id }) ?? latest(id);
  }

  function latest(messageId: string): SizedRow | undefined {
    const bare = messageId.replace(/^<(.*)>$/, '$1');
    return db
      .statement<SizedRow>(
        `SELECT * FROM ${SIZED} WHERE message_id IN (@bare, @bracketed) ORDER BY at DESC, position DESC LIMIT 1`,
      )
      .get({ bare, bracketed: `<${bare}>` });
  }

  function detail(row: SizedRow): MessageDetail {
    const { id } = row;
    const answers = db
      .statement<{ id: string }>('SELECT id FROM messages WHERE answers = @id ORDER BY position')
      .all({ id });
    const mdns = db.statement<MdnRow>('SELECT * FROM mdns WHERE subject_id = @id ORDER BY position').all({ id });
    const work = db
      .statement<{ attempts: number; due: string | null }>(
        "SELECT attempts, due FROM work WHERE message_id = @id AND kind <> 'mdn'",
      )
      .get({ id });
    return {
      ...summary(row),
      headers: readHeaders(row.headers),
      facts: readFacts(row.facts),
      signer: readSigner(row.signer),
      mic: row.mic ?? undefined,
      detail: row.detail ?? undefined,
      remote: row.remote,
      contentType: row.content_type ?? undefined,
      rawSha256: row.raw,
      payloadSha256: row.payload ?? undefined,
      answers: row.answers ?? undefined,
      answeredBy: answers.map((answer) => answer.id),
      attempts: work?.attempts ?? 0,
      nextAttemptAt: work?.due ? new Date(work.due) : undefined,
      mdns: mdns.map(mdnSummary),
      acknowledgements: acknowledgements.of(id),
    };
  }

  return {
    listMessages: (filter) =>
      db.read(() => {
        const { partner, direction, state, contrl } = filter;
        const { sql, values } = matching(filter, 'at', { partner, direction, state, contrl });
        return db.statement<SizedRow>(`SELECT * FROM ${SIZED} ${sql}`).all(values).map(summary);
      }),
    getMessage: (id) =>
      db.read(() => {
        const row = find(id);
        return row && detail(row);
      }),
    async getContent(id, what) {
      const row = await db.read(() => find(id));
      const digest = row?.[what];
      return digest ? contents.read(digest) : undefined;
    },
    nextDue: () =>
      db.read(() => {
        const row = db
          .statement<{ next: string | null }>(
            `SELECT MIN(CASE WHEN leased_until > due THEN leased_until ELSE due END) AS next
             FROM work WHERE due IS NOT NULL`,
          )
          .get({});
        return row?.next ? new Date(row.next) : undefined;
      }),
  };
}

function summary(row: SizedRow): MessageSummary {
  return {
    id: row.id,
    direction: row.direction,
    at: new Date(row.at),
    environment: row.environment,
    partner: row.partner ?? undefined,
    as2From: row.as2_from,
    as2To: row.as2_to,
    messageId: row.message_id,
    subject: row.subject ?? undefined,
    state: row.state,
    disposition: row.disposition ?? undefined,
    contrl: row.contrl ?? undefined,
    size: row.size,
    fileName: row.file_name ?? undefined,
  };
}
