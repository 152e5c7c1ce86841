import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { kept, keptSource } from '../../src/bytes/kept.ts';
import { gather, gathered } from '../../src/bytes/source.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import type { UnwrapFacts } from '../../src/as2/unwrap.ts';
import type { MessageDetail, Store } from '../../src/store/store.ts';
import { post } from '../support/peer.ts';
import { until } from '../support/until.ts';
import { isEncrypted, isSigned, receiptOf, type Case } from './case.ts';
import type { Ours } from './ours.ts';
import { payloadOf } from './payload.ts';
import type { Account, RunningPeer } from './peer.ts';

/** Where a case runs. */
export interface Scene {
  readonly ours: Ours;
  readonly peer: RunningPeer;
  /** For what is to be sent. */
  readonly folder: string;
}

/** Runs a case and tells what was not as it should be, in the words of both sides. */
export async function runCase(each: Case, scene: Scene): Promise<string[]> {
  try {
    return each.direction === 'to-peer' ? await toPeer(each, scene) : await fromPeer(each, scene);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function toPeer(each: Case, { ours, peer }: Scene): Promise<string[]> {
  const payload = payloadOf(each);
  const fileName = each.fileName === 'none' ? undefined : each.fileName;
  const message = await ours.send(each, { ...payload, content: kept(payload.content), fileName });
  const { store } = ours.of(each);
  const sent = await settled(() => store.getMessage(message.id), ['delivered', 'refused', 'failed']);
  if (each.event === 'duplicate') {
    const again = await post(message.url, message.headers, gather(keptSource(message.raw).pieces()));
    const mdn = again.body.length > 0 ? readMdn(again.headers, again.body) : undefined;
    return [
      ...unless(sent.state === 'delivered', `the first: ${told(sent)}`),
      ...unless(
        mdn?.report.originalMessageId === message.messageId,
        `a repeated message was answered with HTTP ${again.status} and no MDN for it`,
      ),
    ];
  }
  if (each.event === 'unknown-partner')
    return unless(sent.state !== 'delivered', 'the peer took it from an unknown partner');
  if (each.event !== undefined) {
    return [
      ...unless(sent.state === 'refused', `the peer should have refused it; we: ${told(sent)}`),
      ...unless(
        /error|failed|failure/.test(sent.disposition ?? ''),
        `no disposition that says why: ${sent.disposition ?? 'none'}`,
      ),
    ];
  }
  if (sent.state !== 'delivered') return [`we: ${told(sent)}`];
  const account = await until(
    'the peer to know the message',
    () => peer.received(each.number, message.messageId),
    20_000,
  );
  return [
    ...unless(account.status !== 'failed', `the peer: ${tells(account)}`),
    ...sameMic(each, message.mic, account),
    ...(await samePayload(payload.content, account.payloadFile)),
    ...unless(
      fileName === undefined || account.fileName === fileName,
      `file name there: ${account.fileName ?? 'none'}`,
    ),
  ];
}

/** What we say to a message with a fault, and the peer has to have understood. */
const refusals: Partial<Record<NonNullable<Case['event']>, RegExp>> = {
  'wrong-key': /decryption-failed/,
  'unknown-signer': /authentication-failed|decryption-failed/,
  expired: /authentication-failed|decryption-failed/,
  // Below a header that does not begin with the media type nobody is told more.
  unsigned: /insufficient-message-security|decryption-failed/,
  'unknown-partner': /authentication-failed|unknown-trading|unexpected|insufficient/,
};

async function fromPeer(each: Case, { ours, peer, folder }: Scene): Promise<string[]> {
  const { content, contentType } = payloadOf(each);
  const file = path.join(folder, `case-${each.number}`, each.fileName === 'none' ? 'payload' : each.fileName);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  const account = await peer.send(each.number, file, contentType);
  const { store } = ours.of(each);
  const { messageId } = account;
  if (messageId === undefined) return [`the peer did not say which message it sent: ${tells(account)}`];
  const arrived = ['accepted', 'answered', 'unreadable', 'stuck', 'refused'];
  const got = await settled(() => store.getMessage(messageId), arrived, 5_000);
  const refusal = each.event && refusals[each.event];
  if (refusal !== undefined) {
    return [
      ...unless(got.state === 'refused' && refusal.test(got.disposition ?? ''), `we: ${told(got)}`),
      ...unless(account.status === 'failed', `the peer did not understand our refusal: ${tells(account)}`),
    ];
  }
  if (got.state === 'refused') return [`we: ${told(got)}; the peer: ${tells(account)}`];
  const problems = [
    ...unless(
      account.status === (receiptOf(each).mode === 'none' ? 'none' : 'processed'),
      `the peer: ${tells(account)}`,
    ),
    ...sameMic(each, got.mic, account),
    ...signedAsAsked(each, account),
    ...asTheCaseSays(each, got),
    ...samePayloadBytes(content, await payloadIn(store, got.id)),
    ...unless(each.fileName === 'none' || got.fileName === each.fileName, `file name here: ${got.fileName ?? 'none'}`),
  ];
  if (problems.length > 0) return problems;
  if (each.event === 'duplicate') return sentAgain(each, { ours, peer, folder }, messageId, got);
  if (each.event === 'certificates') return answersTaken(each, { ours, peer, folder }, messageId);
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
  const now = await ours.of(each).store.getMessage(messageId);
  return [
    ...unless(again.status === 'processed', `the second time the peer says: ${tells(again)}`),
    ...unless(now?.id === first.id, 'the repeated message was taken as a new one'),
  ];
}

/** CONTRL and CUSRES have to reach the peer and be receipted. */
async function answersTaken(each: Case, { ours, peer }: Scene, messageId: string): Promise<string[]> {
  const { store } = ours.of(each);
  const answered = await settled(() => store.getMessage(messageId), ['answered', 'unreadable', 'stuck']);
  const problems = unless(
    answered.answeredBy.length === 2,
    `we: ${told(answered)}, ${answered.answeredBy.length} answers`,
  );
  for (const id of answered.answeredBy) {
    const answer = await settled(() => store.getMessage(id), ['delivered', 'refused', 'failed']);
    const account = await until(
      'the peer to know our answer',
      () => peer.received(each.number, answer.messageId),
      20_000,
    );
    problems.push(
      ...unless(answer.state === 'delivered', `our answer: ${told(answer)}`),
      ...sameMic(each, answer.mic, account),
      ...(await samePayload(await payloadIn(store, id), account.payloadFile)),
    );
  }
  return problems;
}

async function payloadIn(store: Store, id: string): Promise<Buffer> {
  const content = await store.getContent(id, 'payload');
  return content === undefined ? Buffer.alloc(0) : gathered(content);
}

const unless = (holds: boolean, problem: string): string[] => (holds ? [] : [problem]);
const told = ({ state, disposition, detail }: MessageDetail) => [state, disposition, detail].filter(Boolean).join('; ');
const tells = ({ status, disposition, told: said }: Account) =>
  [status, disposition, said].filter(Boolean).join('; ').slice(0, 700);

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

/** A peer whose log has no MIC has nothing to compare here; its MDN was compared when it was judged. */
function sameMic(each: Case, ours: string | undefined, { mic }: Account): string[] {
  if (mic === undefined || receiptOf(each).mode === 'none') return [];
  const value = (text: string | undefined) => text?.split(',')[0]?.trim();
  return unless(value(ours) === value(mic), `MIC here ${ours ?? 'none'}, there ${mic}`);
}

function signedAsAsked(each: Case, { mdnSigned }: Account): string[] {
  const { mode, signed } = receiptOf(each);
  return unless(mode === 'none' || mdnSigned === signed, `the peer got ${mdnSigned ? 'a signed' : 'an unsigned'} MDN`);
}

/** Whether the peer really did what the case is about. */
function asTheCaseSays(each: Case, got: MessageDetail): string[] {
  const { layers, envelope, signature } = got.facts as unknown as UnwrapFacts;
  const expected = each.layers === 'plain' ? [] : each.layers.split('-').reverse();
  const chunked = got.headers.some(([name, value]) => /^transfer-encoding$/i.test(name) && /chunked/i.test(value));
  const cipher = each.cipher.replace(' in EnvelopedData', '');
  return [
    ...unless(layers.join() === expected.join(), `layers ${layers.join(', ')}`),
    ...unless(
      !isSigned(each) || signature?.digest === each.digest.replace('-', ''),
      `digest ${signature?.digest ?? ''}`,
    ),
    ...unless(!isSigned(each) || signature?.scheme === each.scheme, `scheme ${signature?.scheme ?? ''}`),
    ...unless(!isEncrypted(each) || envelope?.cipher === cipher, `cipher ${envelope?.cipher ?? ''}`),
    ...unless(
      !isEncrypted(each) || envelope?.keyTransport === each.keyTransport,
      `key transport ${envelope?.keyTransport ?? ''}`,
    ),
    ...unless(
      cipher === each.cipher || envelope?.structure === 'enveloped-data',
      `structure ${envelope?.structure ?? ''}`,
    ),
    ...unless(chunked === (each.framing === 'chunked'), chunked ? 'chunked' : 'with a length'),
  ];
}

async function samePayload(sent: Buffer, file: string | undefined): Promise<string[]> {
  return file === undefined ? ['the peer kept no payload'] : samePayloadBytes(sent, await readFile(file));
}

function samePayloadBytes(sent: Buffer, got: Buffer): string[] {
  if (sent.equals(got)) return [];
  const at = sent.findIndex((byte, index) => byte !== got[index]);
  return [`payload of ${sent.length} bytes came as ${got.length}, unlike from byte ${at < 0 ? sent.length : at}`];
}
