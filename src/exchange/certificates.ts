import type { Partner } from '../config/home.ts';
import type { Decision, Registration } from '../ecert/certificate.ts';
import { makeCusres, type AnswerContext } from '../ecert/cusres.ts';
import type { JudgementContext } from '../ecert/judgement.ts';
import type { EcertReference } from '../ecert/reference.ts';
import { judgeAll } from '../ecert/rules.ts';
import { readSancrt, type CertificateRequest } from '../ecert/sancrt.ts';
import { withUsage } from '../ecert/standing.ts';
import { isMessageRejected } from '../edifact/contrl.ts';
import type { Interchange } from '../edifact/interchange.ts';
import type { WritableMessage } from '../edifact/writer.ts';
import type { CertificateOnFile } from '../store/claim-record.ts';
import type { CertificateChange, CertificateRecord, Environment, Store } from '../store/store.ts';
import { releaseOf, type AnswerRoute } from './answer.ts';

/** One request with what was decided on it. */
export interface Decided {
  readonly request: CertificateRequest;
  readonly decision: Decision;
}

/** The certificates in those messages of an interchange that are free of syntax errors. */
export function requestsOf(subject: Interchange): CertificateRequest[] {
  const { messages } = subject;
  return messages
    .filter((message) => message.type === 'SANCRT' && !isMessageRejected(message, subject))
    .map(readSancrt);
}

/**
 * Decides on requests in their order, each by what is on file and by those before it.
 *
 * @param pending changes that are not on file yet, in their order
 */
export async function decide(
  requests: readonly CertificateRequest[],
  pending: readonly CertificateChange[],
  store: Store,
  context: JudgementContext,
): Promise<Decided[]> {
  const numbers = requests.flatMap(({ number }) => number ?? []);
  const records = await store.findCertificates(context.environment, numbers);
  const known = new Map([...records].map(([number, record]) => [number, registrationOf(record)]));
  // What is changed was not used, or it would not have been.
  for (const { record } of pending) known.set(record.number, registrationOf({ ...record, usage: [] }));
  const decisions = judgeAll(requests, known, context);
  return requests.flatMap((request, index) => {
    const decision = decisions[index];
    return decision === undefined ? [] : { request, decision };
  });
}

/** What every answer to an interchange is made by. */
export function answerContext(route: AnswerRoute, reference: EcertReference): AnswerContext {
  return {
    now: route.now,
    release: releaseOf(route.partner),
    interchangeReference: route.subject.reference,
    characterSet: route.syntax.id,
    reference,
  };
}

/** The CUSRES for each, in the same order. */
export function answersOf(decided: readonly Decided[], context: AnswerContext): WritableMessage[] {
  return decided.map(({ request, decision }) => makeCusres(request, decision, context));
}

/** What a decision writes to the register: nothing for a rejection. */
export function changeOf(
  { decision }: Decided,
  owner: { readonly environment: Environment; readonly partner: Partner; readonly sender: string; readonly now: Date },
): CertificateChange[] {
  if (decision.kind === 'reject') return [];
  const { registration } = decision;
  const record: CertificateRecord = {
    environment: owner.environment,
    number: registration.number,
    state: registration.state,
    country: registration.country,
    programme: registration.programme,
    partner: owner.partner.shortName,
    participant: owner.sender,
    version: registration.version,
    changedAt: owner.now,
    certificate: { ...registration },
  };
  return [{ kind: decision.kind, expectedVersion: registration.version - 1, record }];
}

/** What `changeOf` wrote, read again, with what entries have drawn since. */
export function registrationOf({ certificate, usage }: CertificateOnFile): Registration {
  return withUsage(certificate as unknown as Registration, usage);
}
