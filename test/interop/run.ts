import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { kept, keptSource } from '../../src/bytes/kept.ts';
import { gather, gathered } from '../../src/bytes/source.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import type { UnwrapFacts } from '../../src/as2/unwrap.ts';
import type { MessageDetail, OutboundMessage, Store } from '../../src/store/store.ts';
import { post } from '../support/peer.ts';
import { until } from '../support/until.ts';
import { receiptOf, type Case } from './case.ts';
import {
  asTheCaseSays,
  receiptCameAsAsked,
  sameMic,
  samePayload,
  samePayloadBytes,
  signedAsAsked,
  peersWords,
  ourWords,
  unless,
} from './checks.ts';
import type { Ours } from './ours.ts';
import { payloadOf } from './payload.ts';
import type { RunKeys } from './keys.ts';
import type { Account, RunningPeer } from './peer.ts';
import { sentOtherwise } from './sent.ts';

/** Where a case runs. */
export interface Scene {
  readonly ours: Ours;
  readonly peer: RunningPeer;
  readonly keys: RunKeys;
  /** For what is to be sent. */
  readonly folder: string;
}

/** What came out of a case. */
export interface Found {
  readonly problems: readonly string[];
  readonly micCompared: boolean;
}

interface Run extends Scene {
  /** MICs that the peer told, and that were compared with ours. */
  readonly compared: string[];
}

/** Runs a case and tells what was not as it should be, in the words of both sides. */
export async function runCase(each: Case, scene: Scene): Promise<Found> {
  const compared: string[] = [];
  const run = each.direction === 'to-peer' ? toPeer : fromPeer;
  const problems = await run(each, { ...scene, compared }).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  return { problems, micCompared: compared.length > 0 };
}

async function toPeer(each: Case, { ours, peer, keys, compared }: Run): Promise<string[]> {
  const payload = payloadOf(each);
  const fileName = each.fileName === 'none' ? undefined : each.fileName;
  const message = await ours.send(each, { ...payload, content: kept(payload.content), fileName });
  const { store, url } = ours.of(each);
  const sent = await settled(() => store.getMessage(message.id), ['delivered', 'refused', 'failed']);
  const otherwise = await sentOtherwise(each, message, keys, url);
  if (otherwise.length > 0) return otherwise;
  const refusal = each.event && refusalsOfThePeer[each.event];
  if (refusal !== undefined)
    return unless(sent.state !== 'delivered' && refusal.test(ourWords(sent)), `no such refusal; we: ${ourWords(sent)}`);
  if (sent.state !== 'delivered') return [`we: ${ourWords(sent)}`];
  const account = await until(
    'the peer to know the message',
    () => peer.received(each.number, message.messageId),
    20_000,
  );
  const problems = await takenByThePeer(each, sent, account, compared);
  return each.event !== 'duplicate' || problems.length > 0
    ? problems
    : sentTwice(message, async () =>
        takenByThePeer(each, sent, await peer.received(each.number, message.messageId), compared),
      );
}

/** What the peer says to a message with a fault; one that it knows no sender of it need not answer with an MDN. */
const refusalsOfThePeer: Partial<Record<NonNullable<Case['event']>, RegExp>> = {
  'wrong-key': /^refused; .*(?:error|fail)/,
  'unknown-signer': /^refused; .*(?:error|fail)/,
  expired: /^refused; .*(?:error|fail)/,
  unsigned: /^refused; .*(?:error|fail)/,
  'unknown-partner': /^refused; |HTTP [45]\d\d|MDN is not valid/,
};

async function takenByThePeer(
  each: Case,
  sent: MessageDetail,
  account: Account | undefined,
  compared: string[],
): Promise<string[]> {
  if (account === undefined) return ['the peer no longer knows the message'];
  // What it did not take, it has not kept either. Where no MDN is asked for, some say `processed` all the same.
  const { mode } = receiptOf(each);
  if (account.status !== 'processed' && !(mode === 'none' && account.status === 'none'))
    return [`the peer: ${peersWords(account)}`];
  const { fileName } = each;
  return [
    ...receiptCameAsAsked(each, sent),
    ...sameMic(each, sent.mic, account, compared),
    ...(await samePayload(payloadOf(each).content, account.payloadFile)),
    ...unless(account.stored === 1, `the peer stored it ${account.stored ?? 'we do not know how many'} times`),
    ...unless(fileName === 'none' || account.fileName === fileName, `file name there: ${account.fileName ?? 'none'}`),
  ];
}

/** The same bytes once more: the answer is for them, and what is there is still the one message. */
async function sentTwice({ url, headers, raw, messageId }: OutboundMessage, taken: () => Promise<string[]>) {
  const again = await post(url, headers, gather(keptSource(raw).pieces()));
  const mdn = again.body.length > 0 ? readMdn(again.headers, again.body) : undefined;
  return [
    ...unless(
      mdn?.report.originalMessageId === messageId,
      `a repeated message was answered with HTTP ${again.status} and no MDN for it`,
    ),
    ...(await taken()),
  ];
}

/** What we say to a message with a fault, and why; the peer has to have understood that it was refused. */
const refusals: Partial<Record<NonNullable<Case['event']>, RegExp>> = {
  'wrong-key': /decryption-failed; (Inside the envelope: (Mime|Cms)Error|The padding is wrong)/,
  'unknown-signer': /(authentication|decryption)-failed; .*names no certificate that is pinned/,
  expired: /(authentication|decryption)-failed; .*names no certificate that is pinned/,
  // Below a header that does not begin with the media type nobody is told more.
  unsigned: /-security; .*demands that messages are signed|decryption-failed; .*has no signature/,
  'unknown-partner': /unknown-trading-relationship/,
};

async function fromPeer(each: Case, scene: Run): Promise<string[]> {
  const { ours, peer, folder, compared } = scene;
  const { content, contentType } = payloadOf(each);
  const file = path.join(folder, `case-${each.number}`, each.fileName === 'none' ? 'payload' : each.fileName);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  const account = await peer.send(each.number, file, contentType);
  const { store } = ours.of(each);
  const { messageId } = account;
  if (messageId === undefined) return [`the peer did not say which message it sent: ${peersWords(account)}`];
  const arrived = ['accepted', 'answered', 'unreadable', 'stuck', 'refused'];
  const got = await settled(() => store.getMessage(messageId), arrived, 5_000);
  const refusal = each.event && refusals[each.event];
  if (refusal !== undefined) {
    return [
      ...unless(got.state === 'refused' && refusal.test(ourWords(got)), `we: ${ourWords(got)}`),
      ...unless(account.status === 'failed', `the peer did not understand our refusal: ${peersWords(account)}`),
    ];
  }
  if (got.state === 'refused') return [`we: ${ourWords(got)}; the peer: ${peersWords(account)}`];
  if (account.status !== (receiptOf(each).mode === 'none' ? 'none' : 'processed'))
    return [`the peer: ${peersWords(account)}`];
  const problems = [
    ...sameMic(each, got.mic, account, compared),
    ...signedAsAsked(each, account),
    ...asTheCaseSays(each, got.facts as unknown as UnwrapFacts, got.headers),
    ...samePayloadBytes(content, await payloadIn(store, got.id)),
    ...unless(
      got.fileName === (each.fileName === 'none' ? undefined : each.fileName),
      `file name here: ${got.fileName ?? 'none'}`,
    ),
  ];
  if (problems.length > 0) return problems;
  if (each.event === 'duplicate') return sentAgain(each, scene, messageId, got);
  if (each.event === 'certificates') return answersTaken(each, scene, messageId);
  return [];
}

async function sentAgain(
  each: Case,
  { ours, peer }: Scene,
  messageId: string,
  first: MessageDetail,
): Promise<string[]> {
  if (peer.sendAgain === undefined) return ['the peer cannot be asked to send a message again'];
  const again = await peer.sendAgain(each.number, messageId);
  const { store } = ours.of(each);
  const kinds = (await store.listLedger({ subjectId: first.id })).map(({ kind }) => kind);
  const taken = (await store.listMessages({ partner: first.partner })).filter(
    (message) => message.messageId === messageId,
  );
  return [
    ...unless(again.status === 'processed', `the second time the peer says: ${peersWords(again)}`),
    ...unless(kinds.includes('duplicate-answered'), 'the repeated message was not noted as one'),
    ...unless(taken.length === 1, `the repeated message is there ${taken.length} times`),
  ];
}

/** CONTRL and CUSRES have to reach the peer and be receipted. */
async function answersTaken(each: Case, { ours, peer, compared }: Run, messageId: string): Promise<string[]> {
  const { store } = ours.of(each);
  const answered = await settled(() => store.getMessage(messageId), ['answered', 'unreadable', 'stuck']);
  const problems = unless(
    answered.answeredBy.length === 2,
    `we: ${ourWords(answered)}, ${answered.answeredBy.length} answers`,
  );
  for (const id of answered.answeredBy) {
    const answer = await settled(() => store.getMessage(id), ['delivered', 'refused', 'failed']);
    const account = await until(
      'the peer to know our answer',
      () => peer.received(each.number, answer.messageId),
      20_000,
    );
    problems.push(
      ...unless(answer.state === 'delivered', `our answer: ${ourWords(answer)}`),
      ...sameMic(each, answer.mic, account, compared),
      ...(await samePayload(await payloadIn(store, id), account.payloadFile)),
    );
  }
  return problems;
}

async function payloadIn(store: Store, id: string): Promise<Buffer> {
  const content = await store.getContent(id, 'payload');
  return content === undefined ? Buffer.alloc(0) : gathered(content);
}

function settled(ask: () => Promise<MessageDetail | undefined>, states: readonly string[], limit = 90_000) {
  return until(
    `a message is ${states.join(' or ')}`,
    async () => {
      const message = await ask();
      return message !== undefined && states.includes(message.state) ? message : undefined;
    },
    limit,
  );
}
