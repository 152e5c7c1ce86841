import { createHash, randomUUID } from 'node:crypto';
import { kept } from '../../src/bytes/kept.ts';
import type { ClaimRecord } from '../../src/store/claim-record.ts';
import type {
  CertificateChange,
  Delivery,
  InboundMessage,
  Job,
  JobResult,
  OutboundMessage,
  OutgoingMdn,
  ReceivedMdn,
  SentMessage,
  Store,
} from '../../src/store/store.ts';

/** One job alone. */
export async function completeJob(store: Store, job: Job, result: JobResult, now: Date) {
  return (await store.completeJobs([{ job, result }], now))[0];
}

/** Seconds after a fixed instant. */
export function at(seconds: number): Date {
  return new Date(Date.UTC(2026, 0, 31, 12) + seconds * 1000);
}

export const LEASE_MS = 60_000;

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What the store tells of a message when it is sent, or answered. */
export function sentOf({ id, partner, messageId, mic, mdnMode, mdnSigned }: OutboundMessage): SentMessage {
  return { id, partner, messageId, mic, mdnMode, mdnSigned };
}

/** An accepted message with a synchronous MDN, all of its own. */
export function inbound(over: Partial<InboundMessage> = {}): InboundMessage {
  const id = over.id ?? `in-${randomUUID()}`;
  return {
    id,
    environment: 'test',
    receivedAt: at(0),
    partner: 'van',
    remoteAddress: '192.0.2.7',
    as2From: 'VAN',
    as2To: 'US',
    messageId: `<${id}@van>`,
    subject: 'SANCRT',
    headers: [
      ['AS2-From', 'VAN'],
      ['Subject', 'caf\u00e9 \u0000'],
      ['AS2-From', 'twice'],
    ],
    raw: kept(Buffer.from(`raw of ${id} \xff\x00`, 'latin1')),
    state: 'accepted',
    payload: { content: kept(Buffer.from(`payload of ${id}`)), contentType: 'application/edifact', fileName: 'a.edi' },
    facts: { cipher: 'aes256-cbc', layers: ['encrypted', 'signed'] },
    signer: { fingerprint: 'ab'.repeat(32), subject: 'CN=VAN' },
    mic: 'c2ln, sha-256',
    disposition: 'automatic-action/MDN-sent-automatically; processed',
    mdn: outgoingMdn(),
    ...over,
  };
}

export function refused(over: Partial<InboundMessage> = {}): InboundMessage {
  return inbound({ state: 'refused', payload: undefined, disposition: 'processed/error: decryption-failed', ...over });
}

export function outgoingMdn(over: Partial<OutgoingMdn> = {}): OutgoingMdn {
  const id = over.id ?? `mdn-${randomUUID()}`;
  return {
    id,
    messageId: `<${id}@us>`,
    mode: 'sync',
    signed: true,
    disposition: 'automatic-action/MDN-sent-automatically; processed',
    mic: 'c2ln, sha-256',
    text: 'The message was received.',
    headers: [['Content-Type', 'multipart/signed; boundary=x']],
    body: Buffer.from(`mdn ${id} \xfe\x00\x80`, 'latin1'),
    ...over,
  };
}

export function asyncMdn(over: Partial<OutgoingMdn> = {}): OutgoingMdn {
  return outgoingMdn({ mode: 'async', url: 'https://van.example/mdn', ...over });
}

export function outbound(over: Partial<OutboundMessage> = {}): OutboundMessage {
  const id = over.id ?? `out-${randomUUID()}`;
  return {
    id,
    environment: 'test',
    createdAt: at(0),
    partner: 'van',
    url: 'https://van.example/as2',
    as2From: 'US',
    as2To: 'VAN',
    messageId: `<${id}@us>`,
    subject: 'CUSRES',
    headers: [['AS2-From', 'US']],
    raw: kept(Buffer.from(`raw of ${id} \xff`, 'latin1')),
    payload: { content: kept(Buffer.from(`payload of ${id}`)), contentType: 'application/edifact', fileName: 'b.edi' },
    facts: { cipher: 'aes256-gcm' },
    mic: 'c2ln, sha-256',
    mdnMode: 'async',
    mdnSigned: true,
    ...over,
  };
}

export function receivedMdn(message: OutboundMessage | undefined, over: Partial<ReceivedMdn> = {}): ReceivedMdn {
  const id = over.id ?? `rcv-${randomUUID()}`;
  return {
    id,
    receivedAt: at(30),
    partner: 'van',
    outboundId: message?.id,
    messageId: `<${id}@van>`,
    originalMessageId: message?.messageId,
    mode: 'async',
    signed: true,
    signer: { fingerprint: 'cd'.repeat(32), subject: 'CN=VAN' },
    disposition: 'automatic-action/MDN-sent-automatically; processed',
    mic: 'c2ln, sha-256',
    text: 'Received.',
    verdict: 'delivered',
    headers: [['AS2-From', 'VAN']],
    body: Buffer.from(`mdn ${id}`),
    ...over,
  };
}

export function change(
  number: string,
  expectedVersion = 0,
  over: Partial<CertificateChange> = {},
  lines: readonly object[] = [],
): CertificateChange {
  return {
    kind: expectedVersion === 0 ? 'register' : 'replace',
    expectedVersion,
    record: {
      environment: 'test',
      number,
      state: 'registered',
      country: 'NZ',
      programme: 'beef',
      partner: 'van',
      participant: 'NZMPI:ZZZ',
      version: expectedVersion + 1,
      changedAt: at(5),
      certificate: { number, issueDate: '2026-01-31', consignee: 'ACME', lines },
    },
    ...over,
  };
}

/** Of 10 kg, by a line of an entry, on a certificate A1. */
export function claim(entryLine: number, over: Partial<ClaimRecord> = {}): ClaimRecord {
  return {
    environment: 'test',
    entry: 'ABC-1234567-8',
    entryLine,
    version: 1,
    kind: 'claim',
    number: 'A1',
    certificateVersion: 1,
    partner: 'van',
    hts: '020230',
    unit: 'KGM',
    quantity: 10,
    changedAt: at(10),
    claim: { hts: '0202305010' },
    ...over,
  };
}

export function result(over: Partial<JobResult> = {}): JobResult {
  return { state: 'answered', interchanges: [], certificates: [], outbound: [], ...over };
}

/** Seals a message and claims its job. */
export async function sealedJob(store: Store, message = inbound()): Promise<Job> {
  await store.sealInbound(message);
  const jobs = await store.claimJobs(message.receivedAt, LEASE_MS, 1000);
  return jobs.find((job) => job.messageId === message.id)!;
}

/** Queues a message and claims its delivery. */
export async function claimedDelivery(store: Store, message: OutboundMessage): Promise<Delivery> {
  await store.queueOutbound([message]);
  const deliveries = await store.claimDeliveries(message.createdAt, LEASE_MS, 1000);
  return deliveries.find((delivery) => delivery.id === message.id)!;
}
