import { canonicalJson } from './canonical-json.ts';
import type { Database, Values } from './database.ts';
import { rowRecord } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import type { OnboardingStep, OnboardingStore } from './onboarding-step.ts';
import { present, readFacts } from './rows.ts';

/** The way of participants into production: each step once, with an entry in the chain of its partner. */
export function onboardingIn(db: Database, ledger: Ledger): OnboardingStore {
  return {
    recordStep: (step) =>
      db.write(() => {
        const { partner, participant, sequence } = step;
        const last = db
          .statement<{ sequence: number | null }>(
            'SELECT MAX(sequence) AS sequence FROM onboarding WHERE partner = @partner AND participant = @participant',
          )
          .get({ partner, participant });
        if (sequence !== (last?.sequence ?? 0) + 1) return 'conflict';
        const row = rowOf(step);
        db.insert('onboarding', row);
        const facts = { participant, sequence, step: step.step, by: step.by, effective: row.effective };
        const onboarding = { ...facts, record: rowRecord(row) };
        ledger.append({ chain: partner, kind: 'onboarding.step', facts: { onboarding } }, step.at);
        return 'done';
      }),
    stepsOf: (partner, participant) =>
      db.read(() =>
        db
          .statement<OnboardingRow>(
            `SELECT * FROM onboarding WHERE partner = @partner AND participant = @participant ORDER BY sequence`,
          )
          .all({ partner, participant })
          .map(stepOf),
      ),
  };
}

interface OnboardingRow extends Values {
  readonly partner: string;
  readonly participant: string;
  readonly sequence: number;
  readonly step: OnboardingStep['step'];
  readonly at: string;
  readonly effective: string;
  readonly decided_by: string;
  readonly note: string | null;
  readonly evidence: string;
}

function rowOf({ partner, participant, sequence, step, at, effective, by, note, evidence }: OnboardingStep) {
  return {
    ...{ partner, participant, sequence, step, decided_by: by, note: note ?? null },
    ...{ at: at.toISOString(), effective: effective.toISOString(), evidence: canonicalJson(evidence) },
  } satisfies OnboardingRow;
}

function stepOf(row: OnboardingRow): OnboardingStep {
  const { partner, participant, sequence, step, decided_by: by, note } = row;
  return {
    ...{ partner, participant, sequence, step, by, evidence: readFacts(row.evidence), ...present({ note }) },
    ...{ at: new Date(row.at), effective: new Date(row.effective) },
  };
}
