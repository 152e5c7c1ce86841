import { purposeOf, type Traffic } from './traffic.ts';

/** How a participant fared in a time: its compliance, and how soon it answers to errors. Times are in milliseconds. */
export interface WatchReport {
  readonly received: number;
  /** Messages in the partner's name that were not taken: why is among the errors. */
  readonly refused: number;
  readonly sent: number;
  readonly interchanges: number;
  readonly requests: { readonly accepted: number; readonly rejected: number; readonly unanswered: number };
  /** The most frequent first. */
  readonly errors: readonly ErrorCount[];
  readonly corrections: {
    readonly corrected: number;
    /** Rejected, and not accepted since. */
    readonly open: number;
    /** From the rejection to the acceptance of the same number. */
    readonly median: number | undefined;
    readonly longest: number | undefined;
  };
  readonly retransmissions: {
    /** Messages that came again under their Message-ID. */
    readonly theirs: number;
    /** Interchanges whose reference was used before (CONTRL 26). */
    readonly reused: number;
    /** Attempts of ours beyond the first. */
    readonly ours: number;
  };
  /** MDNs for our messages. */
  readonly receipts: { readonly late: number; readonly missing: number; readonly refused: number };
}

export interface ErrorCount {
  readonly of: 'message' | 'syntax' | 'request';
  /** What the MDN said, 0085, or ERC 9321 */
  readonly code: string;
  readonly count: number;
}

/** @param lateAfter how long an MDN may take, in milliseconds */
export function watchReport(traffic: Traffic, now: Date, lateAfter: number): WatchReport {
  const { received, sent, refused } = traffic;
  const interchanges = received.flatMap((message) => message.interchanges);
  const requests = interchanges.flatMap((interchange) => interchange.requests);
  const syntax = interchanges.flatMap(({ syntaxErrors }) => syntaxErrors);
  const codes = requests.flatMap(({ answer }) => answer?.codes ?? []);
  const count = <T>(list: readonly T[], is: (one: T) => boolean) => list.filter(is).length;
  const age = (at: Date) => now.getTime() - at.getTime();
  return {
    received: received.length,
    refused: refused.length,
    sent: sent.length,
    interchanges: interchanges.length,
    requests: {
      accepted: count(requests, ({ answer }) => answer?.accepted === true),
      rejected: count(requests, ({ answer }) => answer?.accepted === false),
      unanswered: count(requests, ({ answer }) => answer === undefined),
    },
    errors: [
      ...counted('request', codes),
      ...counted('syntax', syntax),
      ...counted(
        'message',
        refused.map(({ reason }) => reason),
      ),
    ].sort((a, b) => b.count - a.count),
    corrections: correctionsIn(traffic),
    retransmissions: {
      theirs: received.reduce((sum, { repeated }) => sum + repeated, 0),
      reused: count(syntax, (code) => code === '26'),
      ours: sent.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    },
    receipts: {
      late: count(
        sent,
        ({ at, receiptAt }) => receiptAt !== undefined && receiptAt.getTime() - at.getTime() > lateAfter,
      ),
      missing: count(sent, (one) => one.receiptAsked && one.receiptAt === undefined && age(one.at) > lateAfter),
      refused: count(sent, ({ state }) => state === 'refused'),
    },
  };
}

function counted(of: ErrorCount['of'], codes: readonly string[]): ErrorCount[] {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => ({ of, code, count }));
}

/** From the first rejection until what it was for is accepted; it may be rejected anew later. */
function correctionsIn({ received }: Traffic): WatchReport['corrections'] {
  const open = new Map<string, Date>();
  const times: number[] = [];
  for (const { at, interchanges } of received) {
    for (const request of interchanges.flatMap(({ requests }) => requests)) {
      const { kind, answer } = request;
      if (answer === undefined || kind === 'query') continue;
      const purpose = purposeOf(request);
      const since = open.get(purpose);
      if (!answer.accepted) open.set(purpose, since ?? at);
      else if (since !== undefined) {
        // What came with the one that was rejected was no answer to the rejection.
        if (since < at) times.push(at.getTime() - since.getTime());
        open.delete(purpose);
      }
    }
  }
  times.sort((a, b) => a - b);
  return {
    corrected: times.length,
    open: open.size,
    median: times[Math.floor((times.length - 1) / 2)],
    longest: times.at(-1),
  };
}
