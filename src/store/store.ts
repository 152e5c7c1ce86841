import type { Kept } from '../bytes/kept.ts';
import type { Acknowledgement, ContrlOutcome, SentInterchange } from './acknowledgement.ts';
import type { Source } from '../bytes/source.ts';
import type { Headers } from '../mime/headers.ts';
import type { CertificateFilter, CertificateOnFile, ClaimStore, UsageFilter } from './claim-record.ts';
import type { LedgerEntry, LedgerEvent, LedgerFilter, LedgerVerdict } from './ledger-entry.ts';
import type { MdnDetail, MdnFilter, MdnSummary } from './mdn-view.ts';
import type { NoticeStore } from './notice.ts';
import type { OnboardingStore } from './onboarding-step.ts';

/**
 * What the exchange needs of storage.
 *
 * Every function that writes is one transaction, with its ledger entries, and resolves only when the transaction is
 * on disk (fsync): what the caller says afterwards over the wire is true also after a crash at that instant.
 * Writes that are ready at the same moment share one transaction. Two calls never see half of one another.
 *
 * Bytes of any size come and go as `Kept` and `Source`. A file that a write brings is the store's from then on, moved
 * and not copied, or it stays where it is: whoever spooled it removes what is left, however the write ended.
 */
export interface Store extends ClaimStore, NoticeStore, OnboardingStore {
  /** Exists, for files that the store shall take over. What a crash leaves there is removed at a later start. */
  readonly spoolDirectory: string;

  // receiving
  /**
   * Seals a received message with its MDN, and, when accepted, its job; or finds that it was sealed before. A refused one
   * may come again. A payload that an accepted message of the partner held before is told in the facts, by
   * `payloadSeenBefore`.
   *
   * @param leaseUntil the job is claimed with the same write, which spares one of its own
   */
  sealInbound(
    message: InboundMessage,
    leaseUntil?: Date,
  ): Promise<{ kind: 'sealed'; job?: Job } | { kind: 'duplicate'; sealed: SealedMessage }>;
  /** Puts the stored asynchronous MDN of a message into the outbox once more; nothing when it is there still. */
  requeueMdn(messageId: string, now: Date): Promise<void>;

  /** Takes back every lease. Only for the one worker of a store, at its start: what a dead process held is due now. */
  releaseLeases(): Promise<void>;

  // the interchange job
  /**
   * Takes up to `limit` jobs that are due and not leased, oldest first, and leases each until `now + leaseMs`. One that was
   * tried before comes alone: it may be what ends the process, and others shall not be counted with it.
   */
  claimJobs(now: Date, leaseMs: number, limit: number): Promise<Job[]>;
  /**
   * Ends jobs, each with everything it brought about, in their order. Nothing of one is written unless it is `done`.
   * `conflict`: a certificate has another version now than expected, or an interchange is registered already, or one
   * before it is not done; the lease still holds.
   */
  completeJobs(jobs: readonly DoneJob[], now: Date): Promise<readonly ('done' | 'conflict' | 'lease-lost')[]>;
  /** Gives back jobs that were claimed and not begun: due at once, the attempt not counted. Those that ended are left. */
  returnJobs(jobs: readonly Job[]): Promise<void>;
  /** Puts a job off until `retryAt`, or for good when that is undefined (the message is then `stuck`). */
  failJob(job: Job, error: string, retryAt: Date | undefined, now: Date): Promise<void>;
  /** The last one under this reference, of those whose message came at `since` or later when that is given. */
  findInterchange(
    environment: Environment,
    sender: string,
    reference: string,
    since?: Date,
  ): Promise<InterchangeRecord | undefined>;
  /** The versions in force under these certificate numbers, whatever their state. */
  findCertificates(environment: Environment, numbers: readonly string[]): Promise<Map<string, CertificateOnFile>>;

  /** The versions in force with what is used of them, by number. */
  certificateUsage(filter: UsageFilter): Promise<CertificateOnFile[]>;

  // sending
  queueOutbound(messages: readonly OutboundMessage[]): Promise<void>;
  /**
   * Takes up to `limit` deliveries that are due and not leased, with their bytes; the attempt is counted here. Those for
   * the partners in `except` are left.
   */
  claimDeliveries(now: Date, leaseMs: number, limit: number, except?: readonly string[]): Promise<Delivery[]>;
  /**
   * Writes what became of an attempt. An answer that came meanwhile (an early asynchronous MDN) is not undone.
   * `lease-lost`: nothing is written; an MDN that came with the outcome is then for `recordMdn`.
   */
  settleDelivery(delivery: Delivery, outcome: DeliveryOutcome, now: Date): Promise<'done' | 'lease-lost'>;
  findOutbound(key: MessageKey): Promise<SentMessage | undefined>;
  /**
   * Our id of the message in which this interchange was sent to the partner; of the last one when there are several.
   * Parties tell only those apart: some partners spell them otherwise in CONTRL.
   */
  findSentInterchange(
    partner: string,
    environment: Environment,
    interchange: SentInterchange,
  ): Promise<string | undefined>;
  /**
   * Writes an MDN that came on its own connection, and what it means for the message. The first answer counts, also
   * when the message was given up before.
   */
  recordMdn(mdn: ReceivedMdn, now: Date): Promise<void>;
  /**
   * Sends a message again from its first attempt on: same Message-ID, same bytes. A received one whose job got stuck is
   * worked on again.
   */
  resend(id: string, now: Date): Promise<'queued' | 'not-found' | 'nothing-to-do'>;

  // looking
  listMessages(filter: MessageFilter): Promise<MessageSummary[]>;
  /** By our own id, or by AS2 Message-ID with or without angle brackets (the latest when several). */
  getMessage(id: string): Promise<MessageDetail | undefined>;
  /**
   * To be read while the store is open. Damage is told at once when it shows, else by whoever reads to the end: the
   * last piece is handed out only when all are as they were stored. @throws StoreError `STORE_DAMAGED`
   */
  getContent(id: string, what: 'raw' | 'payload'): Promise<Source | undefined>;
  listMdns(filter: MdnFilter): Promise<MdnSummary[]>;
  getMdn(id: string): Promise<MdnDetail | undefined>;
  listCertificates(filter: CertificateFilter): Promise<CertificateOnFile[]>;
  /** When the next job or delivery is due, if any is waiting. */
  nextDue(): Promise<Date | undefined>;

  // the ledger
  /**
   * Appends an event that is no consequence of another write: an oversized body, a duplicate, a reload. The
   * kinds of entries that follow from writes (`inbound.accepted`, …) are refused.
   */
  note(event: LedgerEvent, now: Date): Promise<void>;
  listLedger(filter: LedgerFilter): Promise<LedgerEntry[]>;
  /** Recomputes every chain; says where the first break is, if any. Compares stored bytes with recorded digests too. */
  verifyLedger(): Promise<LedgerVerdict>;

  close(): Promise<void>;
}

export type Environment = 'test' | 'production';

/** What makes a message the same message (RFC 4130 §9.3); Message-ID as received, without surrounding blanks. */
export interface MessageKey {
  readonly as2From: string;
  readonly as2To: string;
  readonly messageId: string;
}

/** JSON of a message's cryptographic and MIME facts, as `as2/unwrap` tells them; shown, never interpreted here. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Payload {
  readonly content: Kept;
  readonly contentType: string;
  readonly fileName?: string | undefined;
}

/** accepted → answered | unreadable | stuck; stuck → accepted by `resend`. A refused message stays refused. */
export type InboundState = 'accepted' | 'answered' | 'unreadable' | 'stuck' | 'refused';

export interface InboundMessage extends MessageKey {
  /** Our own id, made from nothing the partner sent. */
  readonly id: string;
  readonly environment: Environment;
  readonly receivedAt: Date;
  /** The partner's short name; undefined when AS2-From and AS2-To name none. */
  readonly partner: string | undefined;
  readonly remoteAddress: string;
  readonly subject?: string | undefined;
  readonly headers: Headers;
  /** The HTTP body as received. */
  readonly raw: Kept;
  readonly state: 'accepted' | 'refused';
  readonly payload?: Payload | undefined;
  readonly facts: Facts;
  readonly signer?: { readonly fingerprint: string; readonly subject: string } | undefined;
  /** `base64, sha-256`, as in the MDN. */
  readonly mic?: string | undefined;
  readonly disposition: string;
  /** For the operator only. */
  readonly detail?: string | undefined;
  readonly mdn?: OutgoingMdn | undefined;
}

/** An MDN that we send; kept byte for byte so that a duplicate gets the same one. */
export interface OutgoingMdn {
  readonly id: string;
  readonly messageId: string;
  readonly mode: 'sync' | 'async';
  /** Where an asynchronous one goes. */
  readonly url?: string | undefined;
  readonly signed: boolean;
  readonly disposition: string;
  readonly mic?: string | undefined;
  readonly text: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface SealedMessage {
  readonly id: string;
  readonly mdn: OutgoingMdn | undefined;
}

export interface Job {
  readonly messageId: string;
  readonly partner: string | undefined;
  /** From 1; counted when the job is claimed. */
  readonly attempts: number;
  /** Guards against a worker whose lease ran out. */
  readonly lease: string;
}

export interface DoneJob {
  readonly job: Job;
  readonly result: JobResult;
}

export interface JobResult {
  readonly state: 'answered' | 'unreadable';
  readonly detail?: string | undefined;
  readonly interchanges: readonly InterchangeRecord[];
  /** Interchanges under the same references that came before then are no conflict; all are when it is left out. */
  readonly referencesSince?: Date | undefined;
  /** What CONTRL in the message says of what we sent. */
  readonly acknowledgements?: readonly Acknowledgement[] | undefined;
  readonly certificates: readonly CertificateChange[];
  readonly outbound: readonly OutboundMessage[];
}

export interface InterchangeRecord {
  readonly environment: Environment;
  /** EDIFACT identity, `id:qualifier`. */
  readonly sender: string;
  readonly reference: string;
  readonly messageId: string;
  /** For example `SANCRT`. */
  readonly messageType: string;
  readonly messages: number;
  readonly accepted: number;
  readonly rejected: number;
}

export interface CertificateRecord {
  readonly environment: Environment;
  readonly number: string;
  readonly state: string;
  readonly country: string;
  readonly programme: string;
  readonly partner: string;
  /** EDIFACT identity of the participant, `id:qualifier`. */
  readonly participant: string;
  /** Counts the changes; the first is 1. */
  readonly version: number;
  readonly changedAt: Date;
  /** The certificate as `ecert/certificate` has it. */
  readonly certificate: Facts;
}

export interface CertificateChange {
  readonly kind: 'register' | 'replace' | 'cancel';
  /**
   * The version that the decision was made on; 0 when there was none. Another one there now is a conflict, and so is an
   * entry that draws on it.
   */
  readonly expectedVersion: number;
  readonly record: CertificateRecord;
}

/** pending → awaiting-mdn → delivered | refused | failed. A late MDN moves on from failed; `resend` starts again. */
export type OutboundState = 'pending' | 'awaiting-mdn' | 'delivered' | 'refused' | 'failed';

export interface OutboundMessage extends MessageKey {
  readonly id: string;
  readonly environment: Environment;
  readonly createdAt: Date;
  readonly partner: string;
  readonly url: string;
  readonly subject?: string | undefined;
  readonly headers: Headers;
  /** The HTTP body; the same for every attempt. */
  readonly raw: Kept;
  readonly payload: Payload;
  readonly facts: Facts;
  readonly mic?: string | undefined;
  readonly mdnMode: 'none' | 'sync' | 'async';
  readonly mdnSigned: boolean;
  /** The received message that this one answers. */
  readonly answers?: string | undefined;
  /** Those in the payload, so that CONTRL for them finds the message. */
  readonly interchanges?: readonly SentInterchange[] | undefined;
}

/** What the answers to a message are judged by. */
export type SentMessage = Pick<OutboundMessage, 'id' | 'partner' | 'messageId' | 'mic' | 'mdnMode' | 'mdnSigned'>;

export interface Delivery {
  readonly id: string;
  readonly lease: string;
  /** From 1. */
  readonly attempt: number;
  readonly url: string;
  readonly headers: Headers;
  /** As `getContent` gives it. */
  readonly body: Source;
  readonly partner: string | undefined;
  /** Of an MDN, `messageId` is our id of the message that it answers. */
  readonly subject: { kind: 'message'; message: SentMessage } | { kind: 'mdn'; mdnId: string; messageId: string };
}

export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly mdn?: ReceivedMdn | undefined; readonly detail?: string | undefined }
  /** The partner has it and owes an MDN; without one by `resendAt` the same bytes go out again. */
  | { readonly kind: 'awaiting-mdn'; readonly resendAt: Date }
  | { readonly kind: 'retry'; readonly at: Date; readonly detail: string }
  | { readonly kind: 'refused'; readonly mdn?: ReceivedMdn | undefined; readonly detail: string }
  | { readonly kind: 'failed'; readonly mdn?: ReceivedMdn | undefined; readonly detail: string };

/** An MDN that we received, with our judgement of it. */
export interface ReceivedMdn {
  readonly id: string;
  readonly receivedAt: Date;
  readonly partner: string | undefined;
  /** Our id of the message it answers; undefined when it answers none that we know. */
  readonly outboundId: string | undefined;
  readonly messageId: string | undefined;
  readonly originalMessageId: string | undefined;
  readonly mode: 'sync' | 'async';
  readonly signed: boolean;
  readonly signer?: { readonly fingerprint: string; readonly subject: string } | undefined;
  readonly disposition: string | undefined;
  readonly mic?: string | undefined;
  readonly text: string | undefined;
  /** `delivered` and `refused` end the message; `invalid` changes nothing but is kept. */
  readonly verdict: 'delivered' | 'refused' | 'invalid';
  readonly detail?: string | undefined;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Which of what there is, and how much. */
export interface Page {
  readonly partner?: string | undefined;
  /** From then on. */
  readonly since?: Date | undefined;
  /** Before then. */
  readonly until?: Date | undefined;
  /** Newest first; default 100. */
  readonly limit?: number | undefined;
}

export interface MessageFilter extends Page {
  readonly direction?: 'in' | 'out' | undefined;
  readonly state?: string | undefined;
  /** What the partner's CONTRL said. */
  readonly contrl?: ContrlOutcome | undefined;
}

export interface MessageSummary {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly at: Date;
  readonly environment: Environment;
  readonly partner: string | undefined;
  readonly as2From: string;
  readonly as2To: string;
  readonly messageId: string;
  readonly subject: string | undefined;
  readonly state: InboundState | OutboundState;
  readonly disposition: string | undefined;
  /** What the partner's CONTRL says of the interchanges in it; undefined when none came. */
  readonly contrl: ContrlOutcome | undefined;
  /** Of the HTTP body, in bytes. */
  readonly size: number;
  readonly fileName: string | undefined;
}

export interface MessageDetail extends MessageSummary {
  readonly headers: Headers;
  readonly facts: Facts;
  readonly signer: { readonly fingerprint: string; readonly subject: string } | undefined;
  readonly mic: string | undefined;
  readonly detail: string | undefined;
  readonly remote: string | undefined;
  readonly contentType: string | undefined;
  readonly rawSha256: string;
  readonly payloadSha256: string | undefined;
  readonly answers: string | undefined;
  /** Ids of the messages sent in answer to this one. */
  readonly answeredBy: readonly string[];
  readonly attempts: number;
  readonly nextAttemptAt: Date | undefined;
  readonly mdns: readonly MdnSummary[];
  /** Each CONTRL about it: our id of the message it came in, and when. */
  readonly acknowledgements: readonly (Omit<Acknowledgement, 'subjectId'> & {
    readonly messageId: string;
    readonly at: Date;
  })[];
}
