import { gathered } from '../bytes/source.ts';
import type { Contents, PreparedContent } from './contents.ts';
import type { Database } from './database.ts';
import { mdnRecord } from './evidence.ts';
import { ENDPOINT_CHAIN, type Ledger } from './ledger.ts';
import { matching } from './matching.ts';
import { type MdnRow, jsonOrNull, present, readHeaders, readSigner } from './rows.ts';
import type { Facts, InboundMessage, OutgoingMdn, ReceivedMdn, Store } from './store.ts';
import type { MdnSummary } from './mdn-view.ts';

export interface Mdns extends Pick<Store, 'listMdns' | 'getMdn'> {
  /** Within a write. Returns what the ledger entry of its message says of it. */
  insertSent(message: InboundMessage, mdn: OutgoingMdn, body: PreparedContent): Facts;
  /** Within a write, with its own ledger entry. */
  insertReceived(mdn: ReceivedMdn, body: PreparedContent, now: Date): void;
  /** Within a write or a read: the MDN that we made for a received message. */
  sentFor(messageId: string): MdnRow | undefined;
  /** Within a write. */
  setState(id: string, state: 'pending' | 'delivered' | 'failed', detail: string | undefined): void;
  /** With its bytes. */
  outgoing(row: MdnRow): Promise<OutgoingMdn>;
}

export function mdnsIn(db: Database, contents: Contents, ledger: Ledger): Mdns {
  const bytesOf = async (row: MdnRow) => gathered(await contents.read(row.body));

  return {
    insertSent(message, mdn, body) {
      contents.insert(body);
      const row: MdnRow = {
        id: mdn.id,
        direction: 'out',
        at: message.receivedAt.toISOString(),
        partner: message.partner ?? null,
        subject_id: message.id,
        message_id: mdn.messageId,
        original_message_id: message.messageId,
        mode: mdn.mode,
        url: mdn.url ?? null,
        signed: Number(mdn.signed),
        signer: null,
        disposition: mdn.disposition,
        mic: mdn.mic ?? null,
        text: mdn.text,
        headers: JSON.stringify(mdn.headers),
        body: body.sha256,
        state: mdn.mode === 'sync' ? 'sent' : 'pending',
        detail: null,
      };
      db.insert('mdns', row);
      return { id: mdn.id, mode: mdn.mode, body: row.body, record: mdnRecord(row) };
    },
    insertReceived(mdn, body, now) {
      contents.insert(body);
      const row: MdnRow = {
        id: mdn.id,
        direction: 'in',
        at: mdn.receivedAt.toISOString(),
        partner: mdn.partner ?? null,
        subject_id: mdn.outboundId ?? null,
        message_id: mdn.messageId ?? null,
        original_message_id: mdn.originalMessageId ?? null,
        mode: mdn.mode,
        url: null,
        signed: Number(mdn.signed),
        signer: jsonOrNull(mdn.signer),
        disposition: mdn.disposition ?? null,
        mic: mdn.mic ?? null,
        text: mdn.text ?? null,
        headers: JSON.stringify(mdn.headers),
        body: body.sha256,
        state: mdn.verdict,
        detail: mdn.detail ?? null,
      };
      db.insert('mdns', row);
      const { verdict, disposition, mic, originalMessageId, detail } = mdn;
      const said = { verdict, disposition, mic, originalMessageId, signer: mdn.signer?.fingerprint, detail };
      const facts = { ...said, mdn: { id: mdn.id, mode: mdn.mode, body: row.body, record: mdnRecord(row) } };
      const chain = mdn.partner ?? ENDPOINT_CHAIN;
      ledger.append({ chain, kind: 'mdn.received', subjectId: mdn.outboundId ?? mdn.id, facts }, now);
    },
    sentFor: (messageId) =>
      db.statement<MdnRow>("SELECT * FROM mdns WHERE subject_id = @messageId AND direction = 'out'").get({ messageId }),
    setState(id, state, detail) {
      db.statement('UPDATE mdns SET state = @state, detail = @detail WHERE id = @id').run({
        id,
        state,
        detail: detail ?? null,
      });
    },
    outgoing: async (row) => ({
      id: row.id,
      messageId: row.message_id ?? '',
      mode: row.mode,
      signed: row.signed === 1,
      disposition: row.disposition ?? '',
      text: row.text ?? '',
      headers: readHeaders(row.headers),
      body: await bytesOf(row),
      ...present({ url: row.url, mic: row.mic }),
    }),
    listMdns: (filter) =>
      db.read(() => {
        const { partner, direction, state } = filter;
        const { sql, values } = matching(filter, 'at', { partner, direction, state });
        return db.statement<MdnRow>(`SELECT * FROM mdns ${sql}`).all(values).map(mdnSummary);
      }),
    async getMdn(id) {
      const row = await db.read(() => db.statement<MdnRow>('SELECT * FROM mdns WHERE id = @id').get({ id }));
      if (row === undefined) return undefined;
      return {
        ...mdnSummary(row),
        text: row.text ?? undefined,
        signer: readSigner(row.signer),
        headers: readHeaders(row.headers),
        body: await bytesOf(row),
      };
    },
  };
}

export function mdnSummary(row: MdnRow): MdnSummary {
  return {
    id: row.id,
    direction: row.direction,
    at: new Date(row.at),
    partner: row.partner ?? undefined,
    subjectId: row.subject_id ?? undefined,
    messageId: row.message_id ?? undefined,
    originalMessageId: row.original_message_id ?? undefined,
    mode: row.mode,
    signed: row.signed === 1,
    disposition: row.disposition ?? undefined,
    mic: row.mic ?? undefined,
    state: row.state,
    detail: row.detail ?? undefined,
  };
}
