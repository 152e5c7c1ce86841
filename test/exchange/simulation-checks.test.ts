import assert from 'node:assert/strict';

import { readInterchange } from '../../src/edifact/reader.ts';
import { answersTo } from '../../src/exchange/simulation-checks.ts';

const answer = (count: number, about = 'R1') => ({
  message: 'm1',
  interchange: readInterchange(
    Buffer.from(
      [
        ...["UNB+UNOC:3+USCBP:ZZZ+AUDAFF:ZZZ+261102:0930+A1'", "UNH+1+CUSRES:D:97B:UN'"],
        ...["BGM+961+6AU000123+11+AP'", "DTM+9:202611020931:203'", "GIS+32'"],
        ...[`RFF+ACW:${about}'`, "RFF+AGO:1'", `UNT+${count}+1'`, "UNZ+1+A1'"],
      ].join(''),
    ),
  ),
});

describe('the answers to an interchange', () => {
  it('are those that name it, and their syntax errors are told', () => {
    const { responses, faults, messages } = answersTo('R1', [answer(7), answer(9, 'R2')]);
    assert.deepEqual([responses.get('1')?.accepted, faults, messages], [true, [], ['m1']]);
    assert.deepEqual(answersTo('R1', [answer(9)]).faults, ['29']);
  });
});
