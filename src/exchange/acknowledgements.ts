import { type ContrlReport, type ReportedFinding, readContrl } from '../edifact/contrl-reader.ts';
import { isMessageRejected, isRejected } from '../edifact/contrl.ts';
import { errorName } from '../edifact/error-codes.ts';
import type { Interchange } from '../edifact/interchange.ts';
import type { Partner } from '../config/home.ts';
import type { Environment, Store } from '../store/store.ts';
import type { Acknowledgement } from '../store/acknowledgement.ts';
import { sentInterchange } from './participant.ts';

export interface Acknowledged {
  readonly acknowledgements: readonly Acknowledgement[];
  /** What a person had better know: a rejection, and CONTRL that is about nothing we sent. */
  readonly alerts: readonly string[];
}

/**
 * What the CONTRL messages in an interchange say of what we sent to the same partner. They are never answered, so that of
 * those that are refused a person has to be told.
 */
export async function acknowledgementsOf(
  subject: Interchange,
  { shortName }: Pick<Partner, 'shortName'>,
  environment: Environment,
  store: Pick<Store, 'findSentInterchange'>,
): Promise<Acknowledged> {
  const acknowledgements: Acknowledgement[] = [];
  const alerts: string[] = [];
  const messages = subject.messages.filter((message) => message.type === 'CONTRL');
  if (messages.length > 0 && isRejected(subject)) {
    const alert = `CONTRL in ${subject.reference} is not taken: ${subject.findings[0]?.text ?? ''}`;
    return { acknowledgements, alerts: [alert] };
  }
  for (const message of messages) {
    const report = isMessageRejected(message, subject) ? undefined : readContrl(message);
    if (report === undefined) {
      alerts.push(`CONTRL ${message.reference} in ${subject.reference} cannot be read`);
      continue;
    }
    const { interchangeReference: reference, outcome } = report;
    const named = sentInterchange({ ...report, reference });
    const subjectId = await store.findSentInterchange(shortName, environment, named);
    const detail = detailOf(report);
    if (subjectId === undefined) alerts.push(`CONTRL is about interchange ${reference}, which we did not send`);
    else acknowledgements.push({ subjectId, reference, outcome, detail });
    if (outcome === 'rejected') alerts.push(`The partner rejected our interchange ${reference}: ${detail ?? ''}`);
    if (outcome === 'partly-rejected') alerts.push(`The partner rejected parts of ${reference}: ${detail ?? ''}`);
  }
  return { acknowledgements, alerts };
}

/** As many faults as a person reads of one CONTRL. */
const shownFaults = 10;

function detailOf({ outcome, rejectedGroups, rejectedMessages, findings }: ContrlReport): string | undefined {
  if (outcome === 'received' || outcome === 'acknowledged') return undefined;
  const refused = [
    ...rejectedGroups.map((group) => `group ${group}`),
    ...rejectedMessages.map((message) => `message ${message}`),
  ];
  const faults = findings.map(faultText);
  const [more, unnamed] = [faults.length - shownFaults, refused.length - shownFaults];
  return [
    ...refused.slice(0, shownFaults),
    ...(unnamed > 0 ? [`${unnamed} more are refused`] : []),
    ...faults.slice(0, shownFaults),
    ...(more > 0 ? [`${more} more errors`] : []),
  ].join('; ');
}

function faultText({ level, code, message, segment, element, component }: ReportedFinding): string {
  const place = [
    message === undefined ? undefined : `message ${message}`,
    segment === undefined ? undefined : `segment ${segment}`,
    element === undefined ? undefined : `element ${element}`,
    component === undefined ? undefined : `component ${component}`,
  ].filter((part) => part !== undefined);
  return [`error ${code} (${errorName(code) ?? 'unknown'}, ${level})`, ...place].join(', ');
}
