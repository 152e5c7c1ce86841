import { parseDisposition } from '../as2/disposition.ts';
import type { Received, Sent, Traffic } from '../ecert/traffic.ts';
import { header } from '../mime/headers.ts';
import type { Environment, MessageDetail, MessageSummary, Store } from '../store/store.ts';
import type { Participant } from './participant.ts';
import { nameOf } from './participant.ts';
import { answeredInterchange, answersIn, interchangesOf } from './traffic-payload.ts';

/** Which of the stored messages. */
export interface Period {
  readonly environment: Environment;
  /** From then on; undefined: from the first. */
  readonly since: Date | undefined;
  /** Before then. */
  readonly until: Date | undefined;
}

/** With everything that came of it, hence without a limit of its own. */
const all = Number.MAX_SAFE_INTEGER;

/**
 * What a participant and we exchanged, from the stored messages, their MDNs, and the CONTRL and CUSRES in them. Payloads are
 * read one at a time.
 */
export async function trafficOf(
  store: Store,
  { partner: { shortName: partner }, name }: Pick<Participant, 'partner' | 'name'>,
  { environment, since, until }: Period,
): Promise<Traffic> {
  const page = { partner, since, until, limit: all };
  const listed = (await store.listMessages(page)).filter((one) => one.environment === environment).reverse();
  const repeated = await repetitions(store, page);
  const received: Received[] = [];
  for (const message of listed.filter(({ direction, state }) => direction === 'in' && state !== 'refused')) {
    const one = await receivedFrom(store, message, name, repeated.get(message.id) ?? 0);
    if (one !== undefined) received.push(one);
  }
  const answered = new Set(received.map(({ id }) => id));
  const sent: Sent[] = [];
  for (const message of listed.filter(({ direction }) => direction === 'out')) {
    const one = await sentTo(store, message, name, answered);
    if (one !== undefined) sent.push(one);
  }
  const refused = listed
    .filter(({ direction, state }) => direction === 'in' && state === 'refused')
    .map(({ id, disposition = '' }) => ({ id, reason: parseDisposition(disposition)?.text ?? 'refused' }));
  return { received, sent, refused };
}

/** How often each message came again. */
async function repetitions(store: Store, page: { partner: string; since: Date | undefined; until: Date | undefined }) {
  const counts = new Map<string, number>();
  for (const { subjectId = '' } of await store.listLedger({ ...page, kind: 'duplicate-answered', limit: all })) {
    counts.set(subjectId, (counts.get(subjectId) ?? 0) + 1);
  }
  return counts;
}

/** Undefined when all that is in it is another participant's. */
async function receivedFrom(
  store: Store,
  { id, at }: MessageSummary,
  participant: string,
  repeated: number,
): Promise<Received | undefined> {
  const interchanges = await interchangesOf(store, id);
  const own = interchanges.filter(({ sender }) => nameOf(sender) === participant);
  if (interchanges.length > 0 && own.length === 0) return undefined;
  const detail = await store.getMessage(id);
  const answers = [];
  for (const answer of detail?.answeredBy ?? []) answers.push(answersIn(answer, await interchangesOf(store, answer)));
  const together = {
    contrls: answers.flatMap(({ contrls }) => contrls),
    responses: answers.flatMap(({ responses }) => responses),
  };
  const made = own.map((interchange) => answeredInterchange(interchange, together));
  return { id, at, repeated, receipt: receiptOf(detail), interchanges: made };
}

function receiptOf(detail: MessageDetail | undefined): Received['receipt'] {
  const mdn = detail?.mdns.find(({ direction }) => direction === 'out');
  if (mdn === undefined) return 'none';
  if (mdn.state === 'pending') return 'pending';
  return mdn.state === 'failed' ? 'failed' : 'given';
}

/** Undefined when it is for another participant. */
async function sentTo(
  store: Store,
  { id, at }: MessageSummary,
  participant: string,
  answered: ReadonlySet<string>,
): Promise<Sent | undefined> {
  const [interchange] = await interchangesOf(store, id);
  const detail = await store.getMessage(id);
  if (detail === undefined) return undefined;
  const isOthers = interchange !== undefined && nameOf(interchange.recipient) !== participant;
  if (isOthers && !answered.has(detail.answers ?? '')) return undefined;
  const mdn = detail.mdns.find((one) => one.direction === 'in' && one.state !== 'invalid');
  return {
    ...{ id, at, reference: interchange?.reference, attempts: detail.attempts },
    state:
      detail.state === 'delivered' || detail.state === 'refused' || detail.state === 'failed'
        ? detail.state
        : 'waiting',
    receiptAt: mdn?.at,
    receiptAsked: header(detail.headers, 'Disposition-Notification-To') !== undefined,
  };
}
