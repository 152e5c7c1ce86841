import { setTimeout as pause } from 'node:timers/promises';

import { kept } from '../bytes/kept.ts';
import { fileSpool } from '../bytes/spool.ts';
import type { Partner } from '../config/home.ts';
import type { Scenario, ScenarioStep } from '../config/scenario.ts';
import type { Party } from '../edifact/interchange.ts';
import { writeInterchange, type WritableMessage } from '../edifact/writer.ts';
import type { MessageDetail } from '../store/store.ts';
import { releaseOf, syntaxFor } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { newControlReference } from './ids.ts';
import { makeMessage } from './send.ts';
import { answersTo, checksOf, receiptVerdict, type Answers, type Check } from './simulation-checks.ts';
import { messagesOf, type Numbers } from './simulation-draft.ts';
import type { Inbox } from './simulation-inbox.ts';

/** A participant that is played, and what it plays. */
export interface Player {
  readonly exchange: Exchange;
  readonly inbox: Inbox;
  /** The agency. */
  readonly partner: Partner;
  readonly sender: Party;
  readonly recipient: Party;
  readonly scenario: Scenario;
  readonly numbers: Numbers;
  /** How long to wait for the MDN, and then for the answers, in milliseconds. */
  readonly patience: number;
}

export interface StepResult {
  readonly step: string;
  readonly stage: ScenarioStep['stage'];
  readonly ok: boolean;
  /** False when the agency gave no sign: neither an MDN that holds, nor an answer. */
  readonly heard: boolean;
  /** Our id of the message that was sent. */
  readonly message: string;
  /** 0020 of the interchange in it. */
  readonly reference: string;
  readonly checks: readonly Check[];
  /** In milliseconds. */
  readonly took: number;
}

/** Sends the interchange of a step, and waits until everything that is expected has come, or the patience is over. */
export async function playStep(step: ScenarioStep, player: Player): Promise<StepResult> {
  const { exchange, partner, numbers, patience, inbox } = player;
  const begun = exchange.clock();
  const messages = messagesOf(step, player, releaseOf(partner), begun);
  const { id, reference } = await send(messages, player, begun);
  const receipted = await settled(id, exchange, patience);
  const isMine = () => answersTo(reference, inbox.arrived);
  const verdict = receiptVerdict(receipted);
  // Of what was not taken there is no answer to wait for.
  const isDue = step.mdn === 'processed' && verdict === 'processed';
  const answers = isDue ? await waited(isMine, (come) => isComplete(step, come), exchange, patience) : isMine();
  const unacknowledged = await acknowledgements(answers, exchange, patience);
  const checks = checksOf(step, numbers, receipted, answers, unacknowledged);
  const heard = verdict === 'processed' || verdict === 'error' || answers.messages.length > 0;
  return {
    ...{ step: step.name, stage: step.stage, ok: checks.every(({ ok }) => ok), heard, message: id, reference, checks },
    took: exchange.clock().getTime() - begun.getTime(),
  };
}

async function send(messages: readonly WritableMessage[], player: Player, now: Date) {
  const { exchange, partner, sender, recipient } = player;
  const home = exchange.home();
  const reference = newControlReference(now);
  const content = writeInterchange({
    ...{ syntax: syntaxFor(partner), sender, recipient, preparedAt: now, reference, messages },
    ...{ applicationReference: 'ECERT', acknowledgementRequest: 'acknowledgement' },
    testIndicator: home.endpoint.environment === 'test',
  });
  const { spool, clear } = fileSpool(exchange.store.spoolDirectory);
  try {
    const payload = { content: kept(content), contentType: partner.send.contentType, fileName: `${reference}.edi` };
    const message = await makeMessage({ payload }, partner, home, now, spool);
    await exchange.store.queueOutbound([message]);
    exchange.wake('outbox');
    return { id: message.id, reference };
  } finally {
    clear();
  }
}

/** The message as it is when its MDN has come, or when the patience is over. */
async function settled(id: string, exchange: Exchange, patience: number): Promise<MessageDetail | undefined> {
  const look = () => exchange.store.getMessage(id);
  const isSettled = (message: MessageDetail | undefined) =>
    ['delivered', 'refused', 'failed'].includes(message?.state ?? '');
  return waited(look, isSettled, exchange, patience);
}

/**
 * CONTRL, and a response to each certificate or query; or a CONTRL that says that none will come. Of what is not to come
 * nothing else can be known before the patience is over.
 */
function isComplete({ contrl, certificates, query }: ScenarioStep, come: Answers): boolean {
  const isAcknowledged = contrl === 'any' || come.contrl !== undefined;
  const { action, rejectedMessages = [] } = come.contrl ?? {};
  const asked = (query === undefined ? certificates : [query]).map((_, index) => String(index + 1));
  const isAnswered = (reference: string) => come.responses.has(reference) || rejectedMessages.includes(reference);
  return isAcknowledged && (action === 'rejected' || asked.every(isAnswered));
}

/** The ids of those of our CONTRL for the answers that did not get through. */
async function acknowledgements({ messages }: Answers, exchange: Exchange, patience: number): Promise<string[]> {
  const lost: string[] = [];
  for (const message of messages) {
    const detail = await exchange.store.getMessage(message);
    for (const id of detail?.answeredBy ?? []) {
      if ((await settled(id, exchange, patience))?.state !== 'delivered') lost.push(id);
    }
  }
  return lost;
}

async function waited<T>(
  look: () => T | Promise<T>,
  isEnough: (found: T) => boolean,
  { clock }: Exchange,
  patience: number,
): Promise<T> {
  const deadline = clock().getTime() + patience;
  for (;;) {
    const found = await look();
    if (isEnough(found) || clock().getTime() >= deadline) return found;
    await pause(20);
  }
}
