import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { makeHome } from '../support/home.ts';
import { serve } from '../support/served.ts';

describe('stopping', () => {
  it('answers what is in hand, and waits for no further request on its connection', async () => {
    const home = await makeHome();
    const served = await serve(home);
    const agent = new Agent({ keepAlive: true });
    const headers = { 'AS2-From': 'X', 'AS2-To': home.as2Id, 'Message-ID': '<1@x>', Expect: '100-continue' };
    const message = request(served.url, { method: 'POST', agent, headers });
    message.flushHeaders();
    await once(message, 'continue');
    const stopped = served.stop();
    message.end("UNB'");
    const [answer] = (await once(message, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    answer.resume();
    await stopped;
    agent.destroy();
  });
});
