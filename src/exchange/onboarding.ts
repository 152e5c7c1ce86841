import { type ChecklistItem, checklistOf, missingBeforeSignOff } from '../ecert/checklist.ts';
import type { EcertReference } from '../ecert/reference.ts';
import { type Stage, type StageStanding, initialStage, isBack, stageAfter, stageOf } from '../ecert/stages.ts';
import { type WatchReport, watchReport } from '../ecert/watch.ts';
import { CountersignError } from '../errors.ts';
import type { Environment, Store } from '../store/store.ts';
import type { Participant } from './participant.ts';
import { type Period, trafficOf } from './traffic.ts';

/** What a decision on a participant is made in. */
export interface Office {
  /** Where the decision is written. */
  readonly store: Store;
  readonly environment: Environment;
  /** Where the test was: the same store, or that of the home for tests. */
  readonly testStore: Store;
  readonly reference: EcertReference;
  readonly now: Date;
}

/** Who decides, and what they have to say. */
export interface Decider {
  readonly by: string;
  readonly note?: string | undefined;
}

/** Where a participant stands, and what it lacks of what comes next. */
export interface Progress {
  readonly standing: StageStanding;
  readonly next: Stage | undefined;
  readonly checklist: readonly ChecklistItem[];
}

/** A step was asked for that the rules do not allow yet. */
export class StepRefused extends CountersignError {
  readonly code = 'ONBOARDING_REFUSED';
}

/** Where a participant stands at this moment. */
export async function stageIn(
  { partner, name, admitted }: Participant,
  store: Store,
  environment: Environment,
  { onboarding }: EcertReference,
  now: Date,
): Promise<StageStanding> {
  const steps = await store.stepsOf(partner.shortName, name);
  return stageOf(steps, initialStage(environment, admitted), now, onboarding.watch.days);
}

/**
 * The checklist is that of the test, wherever the participant stands: computed from what was exchanged since it began. What
 * was shown before the participant was put back, here or where the test is, shows nothing any more.
 */
export async function progressOf(participant: Participant, office: Office): Promise<Progress> {
  const { store, environment, testStore, reference, now } = office;
  const standing = await stageIn(participant, store, environment, reference, now);
  const tested = await stageIn(participant, testStore, 'test', reference, now);
  const since = later(standing.testedSince, tested.testedSince);
  const period: Period = { environment: 'test', since, until: undefined };
  const traffic = await trafficOf(testStore, participant, period);
  const stage = standing.stage === 'link-test' ? 'link-test' : 'application-test';
  const signedOff =
    since !== undefined && tested.signedOff && tested.signedOff.at < since ? undefined : tested.signedOff;
  const checklist = checklistOf(stage, traffic, reference.onboarding.required, signedOff);
  return { standing, next: stageAfter(standing.stage), checklist };
}

/**
 * Lets a participant into its next stage.
 *
 * @param from when production begins; now when left out
 * @throws StepRefused with everything that is missing
 */
export async function promote(participant: Participant, office: Office, decider: Decider, from: Date | undefined) {
  const { standing, next, checklist } = await progressOf(participant, office);
  if (next === undefined) throw new StepRefused(`${participant.name} is in production already.`);
  if (standing.coming !== undefined) {
    const day = standing.coming.toISOString();
    throw new StepRefused(
      `${participant.name} will be in production from ${day} on. Set its stage back to change that.`,
    );
  }
  if (from !== undefined && next !== 'production') {
    throw new StepRefused(`${participant.name} goes on to ${next}, which begins at once: leave the date out.`);
  }
  if (from !== undefined && from < office.now) {
    throw new StepRefused(
      'Production cannot begin in the past. Leave the date out for now, or give a later one (UTC).',
    );
  }
  const missing = checklist.filter(({ done }) => !done);
  if (missing.length > 0) throw new StepRefused(refusal(participant, `cannot go on to ${next}`, missing));
  const evidence = { checklist: checklist.map(({ item, at, evidence: shown }) => ({ item, at, evidence: shown })) };
  await record(participant, office, next, decider, from ?? office.now, evidence);
  return next;
}

/** Writes that the test of a participant was good. @throws StepRefused with everything that is missing */
export async function signOff(participant: Participant, office: Office, decider: Decider): Promise<void> {
  const { standing, checklist } = await progressOf(participant, office);
  if (standing.stage !== 'application-test') {
    throw new StepRefused(`${participant.name} is in ${standing.stage}: only an application test is signed off.`);
  }
  if (standing.signedOff !== undefined) {
    const { by, at } = standing.signedOff;
    throw new StepRefused(
      `The test of ${participant.name} was signed off by ${by} at ${at.toISOString()}. Begin it anew by \`partner stage --set\`.`,
    );
  }
  const missing = missingBeforeSignOff(checklist);
  if (missing.length > 0) throw new StepRefused(refusal(participant, 'cannot be signed off', missing));
  await record(participant, office, 'signed-off', decider, office.now, {});
}

/** Puts a participant into the stage in which it is, anew, or into one before. @throws StepRefused */
export async function setBack(participant: Participant, office: Office, stage: Stage, decider: Decider): Promise<void> {
  const { store, environment, reference, now } = office;
  const standing = await stageIn(participant, store, environment, reference, now);
  if (!isBack(standing.stage, stage)) {
    const text = `${participant.name} is in ${standing.stage}: it goes on by \`partner promote\`, when its checklist is done.`;
    throw new StepRefused(text);
  }
  await record(participant, office, stage, decider, now, {});
}

/** How a participant fared: in production since it began, or in a time that is given. */
export async function watch(participant: Participant, office: Office, period: Partial<Period>): Promise<Watched> {
  const { store, environment, reference, now } = office;
  const standing = await stageIn(participant, store, environment, reference, now);
  const { days, lateReceipt } = reference.onboarding.watch;
  const inProduction = standing.stage === 'production' ? standing.since : undefined;
  const until = period.until ?? (period.since === undefined ? standing.watchedUntil : undefined) ?? now;
  const begun = inProduction !== undefined && inProduction < until ? inProduction : undefined;
  const since = period.since ?? begun ?? new Date(until.getTime() - days * 86_400_000);
  const traffic = await trafficOf(store, participant, { environment, since, until });
  const end = until < now ? until : now;
  return { standing, since, until, report: watchReport(traffic, end, lateReceipt * 60_000) };
}

export interface Watched {
  readonly standing: StageStanding;
  readonly since: Date;
  readonly until: Date;
  readonly report: WatchReport;
}

function later(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function refusal({ name }: Participant, what: string, missing: readonly ChecklistItem[]): string {
  return `${name} ${what} yet. Missing: ${missing.map(({ item, text }) => `${item} (${text})`).join('; ')}.`;
}

async function record(
  { partner, name }: Participant,
  { store, now }: Office,
  step: Stage | 'signed-off',
  { by, note }: Decider,
  effective: Date,
  evidence: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { shortName } = partner;
  const sequence = (await store.stepsOf(shortName, name)).length + 1;
  const made = { partner: shortName, participant: name, sequence, step, at: now, effective, by, note, evidence };
  if ((await store.recordStep(made)) === 'done') return;
  throw new StepRefused(
    `Somebody else decided on ${name} at the same moment. Look at \`partner stage\`, then try again.`,
  );
}
