import { PIECE, gather, gathered, type Source } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import type { Home, Partner } from '../config/home.ts';
import type { JudgementContext } from '../ecert/judgement.ts';
import { judgeByAgreement } from '../edifact/agreement.ts';
import { readContrl } from '../edifact/contrl-reader.ts';
import { contrlDue, isRejected, makeContrl } from '../edifact/contrl.ts';
import { UnreadableInterchange } from '../edifact/errors.ts';
import { allFindings, type Interchange } from '../edifact/interchange.ts';
import { type Payload, readInterchanges } from '../edifact/reader.ts';
import type { WritableMessage } from '../edifact/writer.ts';
import type { CertificateChange, InterchangeRecord, JobResult, OutboundMessage } from '../store/store.ts';
import { LONGEST_EDIFACT, MOST_EDIFACT_MESSAGES } from '../limits.ts';
import { makeAnswer, type AnswerRoute } from './answer.ts';
import { answerContext, answersOf, changeOf, decide, requestsOf } from './certificates.ts';
import type { Exchange } from './exchange.ts';
import { stageIn } from './onboarding.ts';
import { nameOf, participantOf } from './participant.ts';
import { answerQueries, queriesOf } from './queries.ts';

/** A received message whose payload is to be worked on. */
export interface Received {
  readonly messageId: string;
  readonly payload: Source;
  readonly partner: Partner;
  /** For the answers. */
  readonly spool: Spool;
}

/** What one interchange brings about. */
interface Outcome {
  readonly record: InterchangeRecord | undefined;
  readonly certificates: readonly CertificateChange[];
  readonly outbound: readonly OutboundMessage[];
  readonly detail: string;
  readonly alerts: readonly string[];
}

/** SANCRT and REQDOC are what we take; in these directories (CONTRL is always taken). */
const taken = ['96B', '97B'].flatMap((release) =>
  ['SANCRT', 'REQDOC'].map((type) => ({ type, version: 'D', release, agency: 'UN' })),
);

/** What was decided before, and is not on file yet. */
type Pending = Pick<JobResult, 'certificates' | 'interchanges'>;

/** What a payload brought about, and what people had better look at. */
export interface Processed extends JobResult {
  readonly alerts: readonly string[];
}

/**
 * Works through a received payload: reads the interchanges, judges each certificate, makes the answers. Writes nothing:
 * the result is for `completeJobs`, and the same again if that says `conflict`.
 *
 * @param pending what other payloads brought about that is not on file yet
 */
export async function processPayload(
  received: Received,
  pending: readonly JobResult[],
  home: Home,
  exchange: Exchange,
): Promise<Processed> {
  const read = await readable(received.payload);
  if (read instanceof UnreadableInterchange) {
    // Without UNB no CONTRL can exist (ISO 9735-4): the AS2 message was good, a person has to look at the rest.
    const { message: detail } = read;
    return { state: 'unreadable', detail, interchanges: [], certificates: [], outbound: [], alerts: [detail] };
  }
  const outcomes: Outcome[] = [];
  // One after the other: a later interchange of a payload is judged by what the earlier ones registered.
  for (const interchange of read.interchanges) {
    const before: Pending = {
      certificates: [...pending, ...outcomes].flatMap(({ certificates }) => certificates),
      interchanges: [
        ...pending.flatMap(({ interchanges }) => interchanges),
        ...outcomes.flatMap(({ record }) => record ?? []),
      ],
    };
    outcomes.push(await processInterchange(interchange, received, before, home, exchange));
  }
  // What was skipped has no answer, so a person has to look at it, whatever became of the rest.
  const skipped = read.skipped.map(({ text }) => text);
  return {
    state: skipped.length > 0 ? 'unreadable' : 'answered',
    detail: [...outcomes.flatMap(({ detail, alerts }) => [detail, ...alerts]), ...skipped].join('; '),
    interchanges: outcomes.flatMap(({ record }) => record ?? []),
    certificates: outcomes.flatMap(({ certificates }) => certificates),
    outbound: outcomes.flatMap(({ outbound }) => outbound),
    alerts: [...outcomes.flatMap(({ alerts }) => alerts), ...skipped],
  };
}

async function readable(payload: Source): Promise<Payload | UnreadableInterchange> {
  if (payload.size > LONGEST_EDIFACT) {
    return new UnreadableInterchange('The payload is longer than what is read as EDIFACT', LONGEST_EDIFACT);
  }
  // Partners name their content types as they like, so what is no EDIFACT is known by its bytes, without all of them.
  if (payload.size > PIECE && !gather(payload.pieces(0, PIECE)).includes('UNB')) {
    return new UnreadableInterchange(`There is no UNB in the first ${PIECE} bytes`, 0);
  }
  try {
    return readInterchanges(await gathered(payload));
  } catch (error) {
    if (error instanceof UnreadableInterchange) return error;
    throw error;
  }
}

async function processInterchange(
  interchange: Interchange,
  received: Received,
  pending: Pending,
  home: Home,
  exchange: Exchange,
): Promise<Outcome> {
  const { partner, messageId, spool } = received;
  const { environment } = home.endpoint;
  const sender = nameOf(interchange.sender);
  const used =
    pending.interchanges.some((one) => one.sender === sender && one.reference === interchange.reference) ||
    (await exchange.store.findInterchange(environment, sender, interchange.reference)) !== undefined;
  const subject = judgeByAgreement(interchange, {
    recipients: home.endpoint.edifact.identities,
    senders: partner.edifact.identities,
    messages: taken,
    maxMessages: MOST_EDIFACT_MESSAGES,
    duplicate: used,
  });

  const now = exchange.clock();
  const participant = participantOf(partner, subject.sender);
  const standing = participant && (await stageIn(participant, exchange.store, environment, exchange.reference(), now));
  const requests = isRejected(subject) || participant === undefined ? [] : requestsOf(subject);
  const context: JudgementContext = {
    now,
    environment,
    testIndicator: subject.testIndicator,
    sender: { id: sender, countries: participant?.countries ?? [], stage: standing?.stage ?? 'link-test' },
    reference: exchange.reference(),
  };
  const decisions = await decide(requests, pending.certificates, exchange.store, context);

  const route: AnswerRoute = { subject, answers: messageId, partner, home, now, spool };
  const queries = isRejected(subject) || participant === undefined ? [] : queriesOf(subject);
  const reports = await answerQueries(
    queries,
    pending.certificates,
    exchange.store,
    context,
    answerContext(route, exchange.reference()),
  );
  const answers: WritableMessage[][] = [];
  if (contrlDue(subject, partner.edifact.contrl)) answers.push([makeContrl(subject)]);
  if (decisions.length > 0) answers.push(answersOf(decisions, answerContext(route, exchange.reference())));
  if (reports.messages.length > 0) answers.push([...reports.messages]);
  const outbound = await Promise.all(answers.map((messages) => makeAnswer(messages, route)));

  const certificates = decisions.flatMap((decision) => changeOf(decision, { environment, partner, sender, now }));
  const refused = decisions.filter(({ decision }) => decision.kind === 'reject').length;
  const rejected = refused + reports.rejected;
  const accepted = decisions.length - refused + reports.accepted;
  const record = {
    environment,
    sender,
    reference: subject.reference,
    messageId,
    messageType: subject.messages[0]?.type ?? '',
    messages: subject.messages.length,
    accepted,
    rejected,
  };
  return {
    // One that is refused as a whole was not received: the same reference may be used for the mended one.
    record: isRejected(subject) ? undefined : record,
    certificates,
    outbound,
    detail: `${subject.reference}: ${accepted} accepted, ${rejected} rejected, ${allFindings(subject).length} syntax errors`,
    alerts: [...subject.warnings.map(({ text }) => text), ...rejections(subject)],
  };
}

/** A CONTRL tells how an interchange of ours fared; it is never answered. */
function rejections({ messages }: Interchange): string[] {
  const reports = messages.flatMap((message) => (message.type === 'CONTRL' ? (readContrl(message) ?? []) : []));
  return reports
    .filter(({ action, rejectedMessages }) => action === 'rejected' || rejectedMessages.length > 0)
    .map(({ interchangeReference, findings }) => {
      const codes = findings.map(({ code }) => code).join(', ');
      return `The partner rejected our interchange ${interchangeReference}: CONTRL errors ${codes}`;
    });
}
