import type { Acknowledgements } from './acknowledgements.ts';
import type { Contents, PreparedContent } from './contents.ts';
import type { Database } from './database.ts';
import { messageRecord } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { type MessageRow, present } from './rows.ts';
import type { Facts, OutboundMessage, SentMessage, Store } from './store.ts';
import type { Transitions } from './transitions.ts';
import type { Work } from './work.ts';

export interface Outbound extends Pick<Store, 'queueOutbound' | 'findOutbound' | 'resend'> {
  /** Before the write. */
  prepare(messages: readonly OutboundMessage[]): Promise<PreparedMessage[]>;
  /** Within a write: stores messages and puts them into the outbox. `more` goes into the entry of each. */
  insert(messages: readonly PreparedMessage[], more?: Facts): void;
}

export interface PreparedMessage {
  readonly message: OutboundMessage;
  readonly raw: PreparedContent;
  readonly payload: PreparedContent;
}

/** Messages that we send, up to the outbox. */
export function outboundIn(
  db: Database,
  contents: Contents,
  ledger: Ledger,
  transitions: Transitions,
  work: Work,
  acknowledgements: Acknowledgements,
): Outbound {
  async function prepare(messages: readonly OutboundMessage[]): Promise<PreparedMessage[]> {
    const prepared: PreparedMessage[] = [];
    for (const message of messages) {
      const raw = await contents.prepare(message.raw);
      prepared.push({ message, raw, payload: await contents.prepare(message.payload.content) });
    }
    return prepared;
  }

  function insert(messages: readonly PreparedMessage[], more: Facts = {}): void {
    for (const { message, raw, payload } of messages) {
      contents.insert(raw);
      contents.insert(payload);
      const row = rowOf(message, raw.sha256, payload.sha256);
      db.insert('messages', row);
      work.add('message', message.id, message.createdAt);
      const { environment, as2From, as2To, messageId, url, mic, answers } = message;
      const said = { environment, as2From, as2To, messageId, url, mic, answers };
      const sent = acknowledgements.insertSent(message);
      const facts = {
        ...{ ...said, raw: row.raw, payload: row.payload, record: messageRecord(row) },
        ...{ sent: sent.length === 0 ? undefined : sent, ...more },
      };
      ledger.append(
        { chain: message.partner, kind: 'outbound.queued', subjectId: message.id, facts },
        message.createdAt,
      );
    }
  }

  return {
    prepare,
    insert,
    async queueOutbound(messages) {
      const prepared = await prepare(messages);
      await db.write(() => insert(prepared));
    },
    async findOutbound({ as2From, as2To, messageId }) {
      const row = await db.read(() =>
        db
          .statement<MessageRow>(
            `SELECT * FROM messages
             WHERE as2_from = @as2From AND as2_to = @as2To AND message_id = @messageId AND direction = 'out'`,
          )
          .get({ as2From, as2To, messageId }),
      );
      return row && sentMessage(row);
    },
    resend: (id, now) =>
      db.write(() => {
        const row = db
          .statement<Pick<MessageRow, 'direction' | 'state'>>('SELECT direction, state FROM messages WHERE id = @id')
          .get({ id });
        if (row === undefined) return 'not-found';
        if (row.direction === 'in' && row.state !== 'stuck') return 'nothing-to-do';
        const [kind, transition] =
          row.direction === 'in'
            ? (['interchange', 'interchange.resumed'] as const)
            : (['message', 'outbound.resend'] as const);
        work.restart(kind, id, now);
        transitions.move(id, transition, {}, { before: row.state }, now);
        return 'queued';
      }),
  };
}

export function sentMessage(row: MessageRow): SentMessage {
  return {
    id: row.id,
    partner: row.partner ?? '',
    messageId: row.message_id,
    mdnMode: row.mdn_mode ?? 'none',
    mdnSigned: row.mdn_signed === 1,
    ...present({ mic: row.mic }),
  };
}

function rowOf(message: OutboundMessage, raw: string, payload: string): MessageRow {
  return {
    id: message.id,
    direction: 'out',
    environment: message.environment,
    at: message.createdAt.toISOString(),
    partner: message.partner,
    as2_from: message.as2From,
    as2_to: message.as2To,
    message_id: message.messageId,
    subject: message.subject ?? null,
    remote: message.url,
    headers: JSON.stringify(message.headers),
    raw,
    payload,
    content_type: message.payload.contentType,
    file_name: message.payload.fileName ?? null,
    facts: JSON.stringify(message.facts),
    signer: null,
    mic: message.mic ?? null,
    mdn_mode: message.mdnMode,
    mdn_signed: Number(message.mdnSigned),
    answers: message.answers ?? null,
    state: 'pending',
    disposition: null,
    detail: null,
  };
}
