import { PIECE, gather, gathered, type Source } from '../bytes/source.ts';
import type { Spool } from '../bytes/spool.ts';
import type { Home, Partner } from '../config/home.ts';
import type { JudgementContext } from '../ecert/judgement.ts';
import { judgeByAgreement } from '../edifact/agreement.ts';
import { contrlDue, isRejected, makeContrl } from '../edifact/contrl.ts';
import { loadDirectory } from '../edifact/directory.ts';
import { UnreadableInterchange } from '../edifact/errors.ts';
import { allFindings, type Interchange, type MessageIdentifier } from '../edifact/interchange.ts';
import { type Payload, readInterchanges } from '../edifact/reader.ts';
import type { ReadSettings } from '../edifact/settings.ts';
import type { WritableMessage } from '../edifact/writer.ts';
import type { CertificateChange, InterchangeRecord, JobResult, OutboundMessage } from '../store/store.ts';
import type { Acknowledgement, SentInterchange } from '../store/acknowledgement.ts';
import { EDIFACT_LIMITS, LONGEST_EDIFACT, MOST_REPORTED } from '../limits.ts';
import { acknowledgementsOf } from './acknowledgements.ts';
import { answerSyntaxOf, makeAnswer, type AnswerRoute } from './answer.ts';
import { answerContext, answersOf, changeOf, decide, requestsOf } from './certificates.ts';
import type { Exchange } from './exchange.ts';
import { stageIn } from './onboarding.ts';
import { nameOf, participantOf, sentInterchange } from './participant.ts';
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
  readonly acknowledgements: readonly Acknowledgement[];
  readonly decided: readonly Tally[];
  /** How many certificates may still be reported. */
  readonly reportable: number;
  readonly detail: string;
  readonly alerts: readonly string[];
}

/** What was decided before, and is not on file yet. */
type Pending = Pick<JobResult, 'certificates' | 'interchanges'> & Pick<Outcome, 'reportable'>;

/** What a payload brought about, and what people had better look at. */
export interface Processed extends JobResult {
  readonly decided: readonly Tally[];
  readonly alerts: readonly string[];
}

/** How many certificates or queries were answered in which way. */
interface Tally {
  readonly subject: 'certificates' | 'queries';
  readonly accepted: number;
  readonly rejected: number;
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
  const read = await readable(received.payload, settingsFor(received.partner));
  if (read instanceof UnreadableInterchange) {
    // Without UNB no CONTRL can exist (ISO 9735-4): the AS2 message was good, a person has to look at the rest.
    const { message: detail } = read;
    const nothing = { interchanges: [], certificates: [], outbound: [], decided: [] };
    return { state: 'unreadable', detail, ...nothing, alerts: [detail] };
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
      reportable: outcomes.at(-1)?.reportable ?? MOST_REPORTED,
    };
    outcomes.push(await processInterchange(interchange, received, before, home, exchange));
  }
  // What was skipped has no answer, so a person has to look at it, whatever became of the rest.
  const skipped = read.skipped.map(({ text }) => text);
  const warnings = await directoryWarnings(received);
  return {
    state: skipped.length > 0 ? 'unreadable' : 'answered',
    detail: [...outcomes.flatMap(({ detail, alerts }) => [detail, ...alerts]), ...skipped].join('; '),
    interchanges: outcomes.flatMap(({ record }) => record ?? []),
    referencesSince: referencesSince(received.partner, exchange.clock()),
    acknowledgements: outcomes.flatMap(({ acknowledgements }) => acknowledgements),
    certificates: outcomes.flatMap(({ certificates }) => certificates),
    outbound: outcomes.flatMap(({ outbound }) => outbound),
    decided: outcomes.flatMap(({ decided }) => decided),
    alerts: [...new Set([...outcomes.flatMap(({ alerts }) => alerts), ...skipped, ...warnings])],
  };
}

/** What is not as the directories have it, where the partner's file has that taken nevertheless. */
async function directoryWarnings({ payload, partner }: Received): Promise<readonly string[]> {
  const { groups, directoryFaults } = partner.edifact;
  if (directoryFaults === 'refuse') return [];
  const read = await readable(payload, { ...EDIFACT_LIMITS, groups, directories: loadDirectory });
  if (read instanceof UnreadableInterchange) return [];
  return read.interchanges.flatMap(({ reference, messages, warnings }) => [
    ...messages.flatMap((message) =>
      message.findings
        .filter(({ level }) => level === 'UCS' || level === 'UCD')
        .slice(0, warningsOfMessage)
        .map(
          ({ segment, tag, text }) =>
            `${reference}, message ${message.reference}, segment ${segment} (${tag}): ${text}`,
        ),
    ),
    ...warnings.map(({ text }) => text),
  ]);
}

/** As many as a person reads of one. */
const warningsOfMessage = 5;

/** The interchanges in what we are about to send, by which CONTRL finds it; none when it is no EDIFACT. */
export async function sentInterchanges(payload: Source): Promise<readonly SentInterchange[]> {
  const read = await readable(payload, EDIFACT_LIMITS);
  if (read instanceof UnreadableInterchange) return [];
  return read.interchanges.map(sentInterchange);
}

/** Messages are held against their directories here, or, where the partner's file says `warn`, in `directoryWarnings`. */
function settingsFor({ edifact: { groups, directoryFaults } }: Partner): ReadSettings {
  const settings = { ...EDIFACT_LIMITS, groups };
  return directoryFaults === 'refuse' ? { ...settings, directories: loadDirectory } : settings;
}

async function readable(payload: Source, settings: ReadSettings): Promise<Payload | UnreadableInterchange> {
  if (payload.size > LONGEST_EDIFACT) {
    return new UnreadableInterchange('The payload is longer than what is read as EDIFACT', LONGEST_EDIFACT);
  }
  // Partners name their content types as they like, so what is no EDIFACT is known by its bytes, without all of them.
  if (payload.size > PIECE && !gather(payload.pieces(0, PIECE)).includes('UNB')) {
    return new UnreadableInterchange(`There is no UNB in the first ${PIECE} bytes`, 0);
  }
  try {
    return readInterchanges(await gathered(payload), settings);
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
  const now = exchange.clock();
  const since = referencesSince(partner, now);
  const sender = nameOf(interchange.sender);
  const used =
    pending.interchanges.some((one) => one.sender === sender && one.reference === interchange.reference) ||
    (await exchange.store.findInterchange(environment, sender, interchange.reference, since)) !== undefined;
  const subject = judgeByAgreement(interchange, {
    recipients: home.endpoint.edifact.identities,
    senders: partner.edifact.identities,
    messages: taken(partner),
    maxMessages: partner.edifact.maxMessages,
    mixedTypes: partner.edifact.mixedTypes,
    duplicate: used,
  });

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

  const syntax = answerSyntaxOf(subject, partner);
  const route: AnswerRoute = { subject, syntax, answers: messageId, partner, home, now, spool };
  const answer = answerContext(route, exchange.reference());
  const queries = isRejected(subject) || participant === undefined ? [] : queriesOf(subject);
  const certificates = decisions.flatMap((decision) => changeOf(decision, { environment, partner, sender, now }));
  const changes = [...pending.certificates, ...certificates];
  const reports = await answerQueries(queries, changes, exchange.store, context, answer, pending.reportable);
  const answers: WritableMessage[][] = [];
  if (contrlDue(subject, partner.edifact.contrl)) {
    const { contrlEveryMessage: everyMessage, contrlReceiptOnly: receiptOnly } = partner.edifact;
    answers.push([makeContrl(subject, { everyMessage, receiptOnly })]);
  }
  if (decisions.length > 0) answers.push(answersOf(decisions, answer));
  if (reports.messages.length > 0) answers.push([...reports.messages]);
  const outbound = await Promise.all(answers.map((messages) => makeAnswer(messages, route)));

  const refused = decisions.filter(({ decision }) => decision.kind === 'reject').length;
  const decided = [
    { subject: 'certificates', accepted: decisions.length - refused, rejected: refused },
    { subject: 'queries', accepted: reports.accepted, rejected: reports.rejected },
  ] as const;
  const accepted = decided.reduce((sum, each) => sum + each.accepted, 0);
  const rejected = decided.reduce((sum, each) => sum + each.rejected, 0);
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
  const { acknowledgements, alerts } = await acknowledgementsOf(subject, partner, environment, exchange.store);
  return {
    // One that is refused as a whole was not received: the same reference may be used for the mended one.
    record: isRejected(subject) ? undefined : record,
    certificates,
    outbound,
    acknowledgements,
    decided,
    reportable: reports.left,
    detail: `${subject.reference}: ${accepted} accepted, ${rejected} rejected, ${allFindings(subject).length} syntax errors`,
    alerts: [...subject.warnings.map(({ text }) => text), ...alerts],
  };
}

/** The types and releases of the partner's file (CONTRL is always taken). */
function taken({ edifact }: Partner): readonly MessageIdentifier[] {
  const releases = edifact.releases.map((release) => release.slice('D.'.length));
  return edifact.messageTypes.flatMap((type) =>
    releases.map((release) => ({ type, version: 'D', release, agency: 'UN' })),
  );
}

/** A reference of before then may be used again; undefined: none may. */
function referencesSince({ edifact: { referenceWindow } }: Partner, now: Date): Date | undefined {
  return referenceWindow === undefined ? undefined : new Date(now.getTime() - referenceWindow);
}
