/** The stages of a participant, in their order. */
export const stages = ['link-test', 'application-test', 'production'] as const;

export type Stage = (typeof stages)[number];

/** What was decided: that a stage begins, or that the test was good. */
export interface StageStep {
  readonly step: Stage | 'signed-off';
  readonly at: Date;
  /** From when on it holds. */
  readonly effective: Date;
  readonly by: string;
}

/** Where a participant is on its way. */
export interface StageStanding {
  readonly stage: Stage;
  /** Undefined where nothing was ever decided, and the stage is that of the partner's file. */
  readonly since: Date | undefined;
  /** When the test began whose traffic the checklist is computed from; undefined: with the first message. */
  readonly testedSince: Date | undefined;
  /** The sign-off of that test. */
  readonly signedOff: StageStep | undefined;
  /** A production that begins on a day to come. */
  readonly coming: Date | undefined;
  /** The end of the days in which it is watched; undefined where nobody said when production began. */
  readonly watchedUntil: Date | undefined;
}

const DAY = 86_400_000;

/**
 * Where a participant is, by its steps in their order.
 *
 * @param initial the stage of one without any step
 * @param watchDays how long a participant is watched in production
 */
export function stageOf(steps: readonly StageStep[], initial: Stage, now: Date, watchDays: number): StageStanding {
  const begun = steps.filter(({ step }) => step !== 'signed-off');
  const current = begun.findLast(({ effective }) => effective <= now);
  const stage = current?.step ?? initial;
  const last = begun.at(-1);
  const test = steps.findLastIndex(({ step }) => step === 'link-test' || step === 'application-test');
  return {
    stage: stage === 'signed-off' ? initial : stage,
    since: current?.effective,
    testedSince: steps[test]?.effective,
    signedOff: steps.slice(test + 1).findLast(({ step }) => step === 'signed-off'),
    coming: last !== undefined && last.effective > now ? last.effective : undefined,
    watchedUntil: current?.step === 'production' ? new Date(current.effective.getTime() + watchDays * DAY) : undefined,
  };
}

/**
 * The stage of a participant of which nothing was decided: as its partner's file says in production, and in the
 * application test elsewhere.
 */
export function initialStage(environment: 'test' | 'production', admitted: boolean): Stage {
  return environment === 'production' && admitted ? 'production' : 'application-test';
}

/** The one after; undefined after the last. */
export function stageAfter(stage: Stage): Stage | undefined {
  return stages[stages.indexOf(stage) + 1];
}

/** Whether a participant that is in `stage` may be set to `other` without a checklist: never forward. */
export function isBack(stage: Stage, other: Stage): boolean {
  return stages.indexOf(other) <= stages.indexOf(stage);
}
