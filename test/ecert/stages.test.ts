import assert from 'node:assert/strict';
import fc from 'fast-check';

import { initialStage, isBack, stageAfter, stageOf, stages, type StageStep } from '../../src/ecert/stages.ts';

const DAY = 86_400_000;
const start = Date.UTC(2026, 10, 2);
const day = (count: number) => new Date(start + count * DAY);
const step = (name: StageStep['step'], at: number, effective = at): StageStep => ({
  ...{ step: name, at: day(at), effective: day(effective), by: 'Jane Doe' },
});

describe('the stage of a participant', () => {
  it('is that of the partner file in production where nothing was decided, and the application test elsewhere', () => {
    assert.equal(initialStage('production', true), 'production');
    assert.equal(initialStage('production', false), 'application-test');
    assert.equal(initialStage('test', true), 'application-test');
    const standing = stageOf([], 'production', day(0), 30);
    assert.deepEqual([standing.stage, standing.since, standing.watchedUntil], ['production', undefined, undefined]);
  });

  it('is production from the day that was set, and watched for the days after it', () => {
    const steps = [step('application-test', 0), step('signed-off', 5), step('production', 6, 10)];
    const before = stageOf(steps, 'link-test', day(9), 30);
    assert.deepEqual([before.stage, before.coming], ['application-test', day(10)]);
    const then = stageOf(steps, 'link-test', day(10), 30);
    assert.deepEqual([then.stage, then.coming, then.watchedUntil], ['production', undefined, day(40)]);
    assert.deepEqual(then.signedOff, steps[1]);
  });

  it('set back before the day of production comes, it does not come', () => {
    const steps = [step('application-test', 0), step('production', 1, 10), step('link-test', 2)];
    const standing = stageOf(steps, 'production', day(20), 30);
    assert.deepEqual([standing.stage, standing.coming, standing.signedOff], ['link-test', undefined, undefined]);
  });

  it('a test that begins anew needs a sign-off of its own', () => {
    const steps = [step('application-test', 0), step('signed-off', 1), step('application-test', 2)];
    const standing = stageOf(steps, 'production', day(3), 30);
    assert.deepEqual([standing.testedSince, standing.signedOff], [day(2), undefined]);
  });

  it('goes one on at a time, and back without end', () => {
    assert.deepEqual(stages.map(stageAfter), ['application-test', 'production', undefined]);
    assert.ok(isBack('production', 'link-test') && isBack('link-test', 'link-test'));
    assert.ok(!isBack('link-test', 'application-test'));
  });

  it('is always that of a step that holds, the last of them, whatever was decided in whatever order', () => {
    const steps = fc.array(
      fc.record({ step: fc.constantFrom(...stages, 'signed-off' as const), at: fc.nat(50), later: fc.nat(20) }),
    );
    fc.assert(
      fc.property(steps, fc.nat(80), (list, today) => {
        const made = list.map(({ step: name, at, later }) => step(name, at, at + later));
        const { stage } = stageOf(made, 'link-test', day(today), 30);
        const held = made.filter((one) => one.step !== 'signed-off' && one.effective <= day(today));
        assert.equal(stage, held.at(-1)?.step ?? 'link-test');
      }),
    );
  });
});
