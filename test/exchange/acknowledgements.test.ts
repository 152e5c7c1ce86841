import assert from 'node:assert/strict';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { acknowledgementsOf } from '../../src/exchange/acknowledgements.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import type { SentInterchange } from '../../src/store/acknowledgement.ts';
import { interchange, message } from '../edifact/samples.ts';

const contrl = (...segments: string[]) => interchange([message('1', 'CONTRL:D:3:UN', segments)]);

/** We sent R1 to `van`, and nothing else. */
function told(text: string, shortName = 'van') {
  const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
  const findSentInterchange = (partner: string, _: unknown, { reference }: SentInterchange) =>
    Promise.resolve(partner === 'van' && reference === 'R1' ? 'message-1' : undefined);
  return acknowledgementsOf(readInterchange(Buffer.from(text), settings), { shortName }, 'test', {
    findSentInterchange,
  });
}

describe('CONTRL that comes in', () => {
  it('says what became of what we sent, and is no alert where all is well', async () => {
    for (const [action, outcome] of [
      ['7', 'acknowledged'],
      ['8', 'received'],
    ] as const) {
      const { acknowledgements, alerts } = await told(contrl(`UCI+R1+A+B+${action}`));
      assert.deepEqual(acknowledgements, [{ subjectId: 'message-1', reference: 'R1', outcome, detail: undefined }]);
      assert.deepEqual(alerts, []);
    }
  });

  it('alerts where it refuses, in whole or in part', async () => {
    const whole = await told(contrl('UCI+R1+A+B+4+29+UNZ+2'));
    assert.equal(whole.acknowledgements[0]?.outcome, 'rejected');
    assert.match(whole.alerts.join(), /^The partner rejected our interchange R1: error 29 /);
    const part = await told(contrl('UCI+R1+A+B+7', 'UCM+2+CUSRES:D:97B:UN+4', 'UCS+3', 'UCD+12+2:1'));
    assert.equal(part.acknowledgements[0]?.outcome, 'partly-rejected');
    assert.match(part.alerts.join(), /^The partner rejected parts of R1: message 2; error 12 .*segment 3, element 2/);
  });

  it('alerts where it is about what was not sent to this partner', async () => {
    for (const { acknowledgements, alerts } of [
      await told(contrl('UCI+R2+A+B+7')),
      await told(contrl('UCI+R1+A+B+7'), 'other'),
    ]) {
      assert.deepEqual(acknowledgements, []);
      assert.match(alerts.join(), /^CONTRL is about interchange R\d, which we did not send$/);
    }
  });

  it('alerts where it is refused, which nobody else is told', async () => {
    const message = await told(contrl('UCI+R1+A+B+7').replace('UNT+3', 'UNT+4'));
    assert.deepEqual(message, { acknowledgements: [], alerts: ['CONTRL 1 in AU0000000417 cannot be read'] });
    const whole = await told(contrl('UCI+R1+A+B+4').replace('UNZ+1', 'UNZ+2'));
    assert.deepEqual(whole, { acknowledgements: [], alerts: ['CONTRL in AU0000000417 is not taken: UNZ counts 2 messages; there are 1'] }); // prettier-ignore
  });
});
