import { kept } from '../bytes/kept.ts';
import { fileSpool } from '../bytes/spool.ts';
import { type Home, type Partner, participantsOf } from '../config/home.ts';
import { dayAt } from '../ecert/calendar.ts';
import { makeNotice } from '../ecert/report.ts';
import { writeInterchange } from '../edifact/writer.ts';
import { MOST_TOLD } from '../limits.ts';
import type { SentInterchange } from '../store/acknowledgement.ts';
import type { NoticeAddressee, UntoldUsage } from '../store/notice.ts';
import { releaseOf, syntaxFor } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { newControlReference } from './ids.ts';
import { nameOf } from './participant.ts';
import { makeMessage } from './send.ts';
import { type Standing, standings } from './standings.ts';
import { startWorker, type Worker } from './worker.ts';

const restMs = 5_000;

/** Tells participants what entries drew on their certificates, until it is stopped. */
export function startNotices(exchange: Exchange): Worker {
  return startWorker('notices', () => tellUsage(exchange), restMs, exchange.log);
}

/** Tells those whose partner's file asks for it what is due; says how many notices that were. */
export async function tellUsage(exchange: Exchange): Promise<number> {
  const home = exchange.home();
  let told = 0;
  for (const { partner, identity } of participantsOf(home)) {
    if (identity.usageNotices === undefined) continue;
    const { environment } = home.endpoint;
    const addressee = { environment, partner: partner.shortName, participant: nameOf(identity) };
    try {
      const usage = await exchange.store.untoldUsage(addressee, MOST_TOLD);
      if (usage === undefined || !isDue(identity.usageNotices, usage, exchange.clock())) continue;
      told += await tell(addressee, usage, partner, identity, home, exchange);
    } catch (error) {
      // It is tried again, and keeps nobody else from being told.
      exchange.log.error({ err: error, ...addressee }, 'Usage could not be told');
    }
  }
  return told;
}

/** A daily batch goes out when the day (UTC) of the first usage in it is over. */
function isDue(when: 'at-once' | 'daily', { since }: UntoldUsage, now: Date): boolean {
  return when === 'at-once' || dayAt(since, 0) < dayAt(now, 0);
}

type Identity = Partner['edifact']['identities'][number];

async function tell(
  addressee: NoticeAddressee,
  usage: UntoldUsage,
  partner: Partner,
  identity: Identity,
  home: Home,
  exchange: Exchange,
): Promise<number> {
  const { store, clock } = exchange;
  const now = clock();
  const { spool, clear } = fileSpool(store.spoolDirectory);
  try {
    const { content, sent } = await noticeFor(addressee, usage, partner, identity, home, exchange, now);
    const payload = { content: kept(content), contentType: partner.send.contentType, fileName: 'usage.edi' };
    const consignment = { payload, subject: 'CUSRES, usage', interchanges: [sent] };
    const message = await makeMessage(consignment, partner, home, now, spool);
    // On a conflict another process told it.
    const isDone = (await store.queueNotice(addressee, usage, message)) === 'done';
    if (isDone) exchange.wake('outbox');
    return isDone ? 1 : 0;
  } finally {
    clear();
  }
}

async function noticeFor(
  { environment, participant }: NoticeAddressee,
  { numbers }: UntoldUsage,
  partner: Partner,
  { id, qualifier }: Identity,
  home: Home,
  exchange: Exchange,
  now: Date,
): Promise<{ readonly content: Buffer; readonly sent: SentInterchange }> {
  const reference = exchange.reference();
  const register = { store: exchange.store, environment, reference, clock: () => now };
  const certificates: Standing[] = [];
  for await (const one of standings({ participant, numbers }, register)) certificates.push(one);
  const control = newControlReference(now);
  const syntax = syntaxFor(partner);
  const [sender] = home.endpoint.edifact.identities;
  if (sender === undefined) throw new TypeError('We have no EDIFACT identity'); // the schema demands one
  const context = { now, release: releaseOf(partner), characterSet: syntax.id, reference };
  const content = writeInterchange({
    ...{ syntax, sender, recipient: { id, qualifier }, preparedAt: now, reference: control },
    testIndicator: environment === 'test',
    messages: makeNotice(control, certificates, context),
  });
  return { content, sent: { sender: nameOf(sender), recipient: participant, reference: control } };
}
