import type { Decision, Registration, RuleError } from './certificate.ts';
import {
  type CertificateKind,
  judgeCountry,
  judgeEnvironment,
  judgeImporter,
  judgeIssueDate,
  judgeKind,
  judgeManufacturer,
  judgeProgramme,
} from './head-rules.ts';
import { type Breach, type JudgementContext, ruleError } from './judgement.ts';
import { judgeLines } from './line-rules.ts';
import { judgeNumber, judgeOwn, judgeUnregistered } from './number-rules.ts';
import type { CertificateRequest } from './sancrt.ts';

/**
 * Judges the requests of an interchange in their order, each after those before it, so that of two with the same
 * number the second meets the first. `known` holds what is registered, by number; decisions come in the same order.
 */
export function judgeAll(
  requests: readonly CertificateRequest[],
  known: ReadonlyMap<string, Registration>,
  context: JudgementContext,
): readonly Decision[] {
  const changed = new Map<string, Registration>();
  return requests.map((request) => {
    const number = request.number ?? '';
    const decision = judge(request, changed.get(number) ?? known.get(number), context);
    if (decision.kind !== 'reject') changed.set(number, decision.registration);
    return decision;
  });
}

/** Judges one request against what is registered under its number: every rule that it breaks, not the first alone. */
export function judge(
  request: CertificateRequest,
  known: Registration | undefined,
  context: JudgementContext,
): Decision {
  const errors: RuleError[] = [];
  const breach: Breach = (rule, line) => errors.push(ruleError(context.reference, rule, line));
  judgeEnvironment(context, breach);
  const kind = judgeKind(request, breach);
  request.repeated.forEach(() => breach('repeated'));
  const decision =
    kind === 'cancel'
      ? judgeCancellation(request, known, context, breach)
      : judgeCertificate(request, kind, known, context, breach);
  return errors.length === 0 && decision !== undefined ? decision : { kind: 'reject', errors };
}

/** A cancellation names the certificate, its date and its country, and nothing else of it. */
function judgeCancellation(
  request: CertificateRequest,
  known: Registration | undefined,
  context: JudgementContext,
  breach: Breach,
): Decision | undefined {
  const number = judgeNumber(request, undefined, undefined, context, breach);
  judgeIssueDate(request, context, breach);
  judgeCountry(request, undefined, context, breach);
  const previous = number === undefined ? undefined : judgeOwn(request, known, context, breach);
  if (previous === undefined) return undefined;
  return { kind: 'cancel', registration: { ...previous, state: 'cancelled', version: previous.version + 1 } };
}

/** An original, and a replacement, which carries everything as if it were one. */
function judgeCertificate(
  request: CertificateRequest,
  kind: Exclude<CertificateKind, 'cancel'> | undefined,
  known: Registration | undefined,
  context: JudgementContext,
  breach: Breach,
): Decision | undefined {
  const programme = judgeProgramme(request, context, breach);
  const issueDate = judgeIssueDate(request, context, breach);
  const country = judgeCountry(request, programme, context, breach);
  const number = judgeNumber(request, programme, issueDate, context, breach);
  if (kind === 'register' && number !== undefined) judgeUnregistered(known, breach);
  const previous = kind === 'replace' && number !== undefined ? judgeOwn(request, known, context, breach) : undefined;
  const importer = judgeImporter(request, context, breach);
  judgeManufacturer(request, programme, breach);
  const lines = judgeLines(request, programme, context.reference, breach);

  const complete = number !== undefined && issueDate !== undefined && country !== undefined && importer !== undefined;
  if (!complete || request.programme === undefined || kind === undefined) return undefined;
  const { manufacturerId: id, manufacturerName: name } = request;
  const registration: Registration = {
    number,
    state: 'registered',
    programme: request.programme,
    country,
    issueDate,
    importer,
    manufacturer: id === undefined && name === undefined ? undefined : { id, name },
    lines,
    sender: context.sender.id,
    version: (previous?.version ?? 0) + 1,
  };
  return kind === 'register' || previous !== undefined ? { kind, registration } : undefined;
}
