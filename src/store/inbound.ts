import { kept } from '../bytes/kept.ts';
import type { Contents, PreparedContent } from './contents.ts';
import type { Database } from './database.ts';
import { messageRecord } from './evidence.ts';
import { ENDPOINT_CHAIN, type Ledger } from './ledger.ts';
import type { Mdns } from './mdns.ts';
import { type MessageRow, jsonOrNull } from './rows.ts';
import type { Facts, InboundMessage, Job, SealedMessage, Store } from './store.ts';
import type { Work } from './work.ts';

type InboundStore = Pick<Store, 'sealInbound' | 'requeueMdn'>;

/** Messages that we receive, up to their MDN. */
export function inboundIn(db: Database, contents: Contents, ledger: Ledger, mdns: Mdns, work: Work): InboundStore {
  /** The accepted message with the same key, if any. Refused ones are not found: they may come again. */
  function sealedBefore({ state, as2From, as2To, messageId }: InboundMessage): string | undefined {
    if (state === 'refused') return undefined;
    return db
      .statement<{ id: string }>(
        `SELECT id FROM messages
         WHERE as2_from = @as2From AND as2_to = @as2To AND message_id = @messageId
           AND direction = 'in' AND state <> 'refused'`,
      )
      .get({ as2From, as2To, messageId })?.id;
  }

  /** A payload under a new Message-ID may be meant; it is flagged, not refused. */
  function isPayloadSeen({ state, partner, payload }: InboundMessage): boolean {
    if (state !== 'accepted' || partner === undefined || payload === undefined) return false;
    const found = db
      .statement(
        `SELECT 1 FROM messages
         WHERE payload = @sha256 AND partner = @partner AND direction = 'in' AND state <> 'refused' LIMIT 1`,
      )
      .get({ partner, sha256: payload.content.sha256 });
    return found !== undefined;
  }

  async function sealed(id: string): Promise<SealedMessage> {
    const mdn = await db.read(() => mdns.sentFor(id));
    return { id, mdn: mdn && (await mdns.outgoing(mdn)) };
  }

  function insert(message: InboundMessage, { raw, payload, mdn }: Prepared): void {
    const isNew = payload !== undefined && contents.insert(payload);
    const facts = !isNew && isPayloadSeen(message) ? { ...message.facts, payloadSeenBefore: true } : message.facts;
    contents.insert(raw);
    const row = rowOf({ ...message, facts }, raw.sha256, payload?.sha256);
    db.insert('messages', row);
    const mdnFacts = message.mdn && mdn && mdns.insertSent(message, message.mdn, mdn);
    if (message.mdn?.mode === 'async') work.add('mdn', message.id, message.receivedAt);
    const chain = message.partner ?? ENDPOINT_CHAIN;
    const told = entryFacts(message, row, mdnFacts);
    ledger.append({ chain, kind: `inbound.${message.state}`, subjectId: message.id, facts: told }, message.receivedAt);
  }

  function addJob({ id, partner, receivedAt }: InboundMessage, leaseUntil: Date | undefined): Job | undefined {
    if (leaseUntil === undefined) {
      work.add('interchange', id, receivedAt);
      return undefined;
    }
    return { messageId: id, partner, ...work.addLeased('interchange', id, receivedAt, leaseUntil) };
  }

  return {
    async sealInbound(message, leaseUntil) {
      // What is large would be moved to where it is kept, for nothing.
      const known = 'file' in message.raw ? await db.read(() => sealedBefore(message)) : undefined;
      if (known !== undefined) return { kind: 'duplicate', sealed: await sealed(known) };
      const prepared = {
        raw: await contents.prepare(message.raw),
        payload: message.payload && (await contents.prepare(message.payload.content)),
        mdn: message.mdn && (await contents.prepare(kept(message.mdn.body))),
      };
      const { before, job } = await db.write(() => {
        const id = sealedBefore(message);
        if (id !== undefined) return { before: id };
        insert(message, prepared);
        return { job: message.state === 'accepted' ? addJob(message, leaseUntil) : undefined };
      });
      if (before !== undefined) return { kind: 'duplicate', sealed: await sealed(before) };
      return job === undefined ? { kind: 'sealed' } : { kind: 'sealed', job };
    },
    requeueMdn: (messageId, now) =>
      db.write(() => {
        const mdn = mdns.sentFor(messageId);
        if (mdn?.mode !== 'async' || work.isOpen('mdn', messageId)) return;
        work.restart('mdn', messageId, now);
        mdns.setState(mdn.id, 'pending', undefined);
        const chain = mdn.partner ?? ENDPOINT_CHAIN;
        ledger.append({ chain, kind: 'mdn.requeued', subjectId: messageId, facts: { mdn: mdn.id } }, now);
      }),
  };
}

interface Prepared {
  readonly raw: PreparedContent;
  readonly payload: PreparedContent | undefined;
  readonly mdn: PreparedContent | undefined;
}

function rowOf(message: InboundMessage, raw: string, payload: string | undefined): MessageRow {
  return {
    id: message.id,
    direction: 'in',
    environment: message.environment,
    at: message.receivedAt.toISOString(),
    partner: message.partner ?? null,
    as2_from: message.as2From,
    as2_to: message.as2To,
    message_id: message.messageId,
    subject: message.subject ?? null,
    remote: message.remoteAddress,
    headers: JSON.stringify(message.headers),
    raw,
    payload: payload ?? null,
    content_type: message.payload?.contentType ?? null,
    file_name: message.payload?.fileName ?? null,
    facts: JSON.stringify(message.facts),
    signer: jsonOrNull(message.signer),
    mic: message.mic ?? null,
    mdn_mode: null,
    mdn_signed: null,
    answers: null,
    state: message.state,
    disposition: message.disposition,
    detail: message.detail ?? null,
  };
}

function entryFacts(message: InboundMessage, row: MessageRow, mdn: Facts | undefined): Facts {
  const { environment, as2From, as2To, messageId, disposition, mic, detail } = message;
  const said = {
    environment,
    as2From,
    as2To,
    messageId,
    disposition,
    mic,
    detail,
    signer: message.signer?.fingerprint,
  };
  return { ...said, raw: row.raw, payload: row.payload ?? undefined, record: messageRecord(row), mdn };
}
