import type { Stage, StageStanding } from './stages.ts';
import { purposeOf } from './traffic.ts';
import type { Answer, ReceivedInterchange, Request, RequestKind, Sent, Traffic } from './traffic.ts';

/** One thing that must have happened before a participant goes on. */
export interface ChecklistItem {
  readonly item: string;
  /** What must have happened, for people. */
  readonly text: string;
  readonly done: boolean;
  /** When it first had. */
  readonly at: Date | undefined;
  /** Our id of the message that shows it, or who signed. */
  readonly evidence: string | undefined;
}

type Shown = Pick<ChecklistItem, 'at' | 'evidence'> | undefined;

/**
 * What the traffic of a participant has of what it must have before it leaves its test. Nothing is ticked by hand but the
 * sign-off.
 *
 * @param required the kinds of message that must have been accepted
 */
export function checklistOf(
  stage: Stage,
  traffic: Traffic,
  required: readonly RequestKind[],
  signedOff: StageStanding['signedOff'],
): ChecklistItem[] {
  const link = [
    item('receipt-given', 'a message of the partner came, and our MDN reached it', receiptGiven(traffic)),
    item('receipt-got', 'a message of ours arrived, and a good MDN came back', receiptGot(traffic)),
  ];
  if (stage === 'link-test') return link;
  const judged = judgedIn(traffic);
  const certificates = judged.filter(({ request }) => request.kind !== 'query');
  return [
    ...link,
    item('syntax', 'an interchange of the participant had no syntax error', goodSyntax(traffic)),
    item('acceptance', 'an acceptance was sent and acknowledged', shownBy(certificates.find(isAcceptance))),
    item(
      'correction',
      'a rejection was acknowledged, and the corrected certificate accepted',
      correction(certificates),
    ),
    ...required.map((kind) =>
      item(
        `${kind}-seen`,
        kindTexts[kind],
        shownBy(judged.find((one) => isAccepted(one) && one.request.kind === kind)),
      ),
    ),
    item('signed-off', 'somebody signed it off', signedOff && { at: signedOff.at, evidence: signedOff.by }),
  ];
}

/** Those that are not done, the sign-off aside: it comes last. */
export function missingBeforeSignOff(items: readonly ChecklistItem[]): ChecklistItem[] {
  return items.filter(({ item: name, done }) => !done && name !== 'signed-off');
}

const kindTexts: Readonly<Record<RequestKind, string>> = {
  register: 'an original (BGM function 9) was accepted',
  replace: 'a replacement (BGM function 5) was accepted',
  cancel: 'a cancellation (BGM function 1) was accepted',
  query: 'a query (REQDOC) was answered with a report',
};

function item(name: string, text: string, shown: Shown): ChecklistItem {
  return { item: name, text, done: shown !== undefined, at: shown?.at, evidence: shown?.evidence };
}

function receiptGiven({ received }: Traffic): Shown {
  const found = received.find(({ receipt }) => receipt === 'given');
  return found && { at: found.at, evidence: found.id };
}

function receiptGot({ sent }: Traffic): Shown {
  const found = sent.find(isReceipted);
  return found && { at: found.receiptAt, evidence: found.id };
}

function isReceipted({ state, receiptAt }: Sent): boolean {
  return state === 'delivered' && receiptAt !== undefined;
}

function goodSyntax({ received }: Traffic): Shown {
  const isGood = ({ syntaxErrors, requests }: ReceivedInterchange) =>
    syntaxErrors.length === 0 && requests.some(({ answer }) => answer !== undefined);
  const found = received.find(({ interchanges }) => interchanges.some(isGood));
  return found && { at: found.at, evidence: found.id };
}

/** A request that was answered, and how the answer fared. */
interface Judged {
  readonly at: Date;
  readonly message: string;
  readonly request: Request & { readonly answer: Answer };
  /** When the answer went out; undefined unless it has a good MDN, and no CONTRL of the participant refuses it. */
  readonly acknowledged: Date | undefined;
}

function judgedIn({ received, sent }: Traffic): Judged[] {
  const reports = received.flatMap(({ interchanges }) => interchanges.flatMap((one) => one.reports));
  const refused = new Set(reports.flatMap(({ reference, accepted }) => (accepted ? [] : reference)));
  const acknowledged = new Map(
    sent.filter((one) => isReceipted(one) && !refused.has(one.reference ?? '')).map(({ id, at }) => [id, at]),
  );
  return received.flatMap(({ id, at, interchanges }) =>
    interchanges.flatMap(({ requests }) =>
      requests.flatMap((request) => {
        const { answer } = request;
        if (answer === undefined) return [];
        return { at, message: id, request: { ...request, answer }, acknowledged: acknowledged.get(answer.in) };
      }),
    ),
  );
}

const isAccepted = ({ request }: Judged): boolean => request.answer.accepted;

const isAcceptance = (one: Judged): boolean => isAccepted(one) && one.acknowledged !== undefined;

/** The same number, rejected first, and accepted in what came after the participant was told. */
function correction(judged: readonly Judged[]): Shown {
  const told = new Map<string, Date>();
  for (const one of judged) {
    const purpose = purposeOf(one.request);
    const since = told.get(purpose);
    if (isAccepted(one) && since !== undefined && since < one.at) return shownBy(one);
    if (!isAccepted(one) && since === undefined && one.acknowledged !== undefined) told.set(purpose, one.acknowledged);
  }
  return undefined;
}

function shownBy(one: Judged | undefined): Shown {
  return one && { at: one.at, evidence: one.message };
}
