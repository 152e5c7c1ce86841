import assert from 'node:assert/strict';

import { pino } from 'pino';

import { makeHome, type PartnerOptions } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Peer, type PeerServer } from '../support/peer.ts';
import { take, verdictsIn, type Taken } from '../support/receiver.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { serve, type Served } from '../support/served.ts';
import { until } from '../support/until.ts';

const au = (serial: number) => numberOf('AU', serial);
const text = (serials: readonly number[]) => interchange(serials.map((serial) => ({ number: au(serial) }))).toString('latin1'); // prettier-ignore

/** An endpoint with one partner, of whose file this is said. */
async function endpointWith(options: Partial<PartnerOptions>) {
  const van: Peer = { as2Id: 'AU-VAN', identity: await identity('au-van') };
  const home = await makeHome({ log: { level: 'warn' } });
  const taken: Taken[] = [];
  const vanServer: PeerServer = await startPeerServer(async (request) => {
    const message = await take(van, home, request);
    taken.push(message);
    return message.receipt();
  });
  const certificatePem = van.identity.certificate.pem;
  home.addPartner('au-van', { as2Id: van.as2Id, url: vanServer.url, certificatePem, ...options });
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push((JSON.parse(line) as { detail: string }).detail) }); // prettier-ignore
  const served: Served = await serve(home, log);
  return {
    warnings,
    async exchange(payload: string) {
      taken.length = 0;
      const { messageId } = await send(served.url, van, home, Buffer.from(payload, 'latin1'));
      const { answeredBy } = await served.reached(messageId, 'answered');
      for (const answer of answeredBy) await served.reached(answer, 'delivered');
      const contrl = taken.map(({ content }) => /UCI\+[^']*?\+([478](?:\+[^']*)?'.*)UNT/.exec(content.toString('latin1'))?.[1]); // prettier-ignore
      return {
        contrl: contrl
          .find((found) => found !== undefined)
          ?.split("'")
          .slice(0, -1),
        verdicts: taken
          .flatMap((answer) => verdictsIn(answer.interchange))
          .map(({ number, status }) => [number, status]),
      };
    },
    async stop() {
      await served.stop();
      await vanServer.close();
    },
  };
}

describe("what a partner's file says of the directories and of groups, at a served endpoint", () => {
  const odd = (payload: string) => payload.replace("LIN+1'", "LIN+1'\r\nZZX+1'").replace('UNT+10+1', 'UNT+11+1');

  it('directoryFaults: refuse: the message is refused with what is wrong, its neighbour is worked on', async () => {
    const endpoint = await endpointWith({});
    try {
      const { contrl, verdicts } = await endpoint.exchange(odd(text([1, 2])));
      assert.deepEqual(contrl, ['7', 'UCM+1+SANCRT:D:97B:UN+4', 'UCS+8+15']);
      assert.deepEqual(verdicts, [[au(2), 'AP']]);
    } finally {
      await endpoint.stop();
    }
  });

  it('directoryFaults: warn: the message is worked on, and the log tells', async () => {
    const endpoint = await endpointWith({ directoryFaults: 'warn' });
    try {
      const { contrl, verdicts } = await endpoint.exchange(odd(text([1, 2])).replace('KGM', 'ZZZ'));
      assert.deepEqual(contrl, ['7']);
      assert.deepEqual(verdicts, [[au(1), 'RE'], [au(2), 'AP']]); // prettier-ignore
      const told = await until('the log warns', () => Promise.resolve(endpoint.warnings.length >= 2 ? endpoint.warnings : undefined)); // prettier-ignore
      assert.match(told.join('\n'), /message 1, segment 8 \(ZZX\): ZZX is no segment of this message/);
      assert.match(told.join('\n'), /6411 "ZZZ" is not in UN\/ECE Recommendation 20/);
      // The envelope is no matter of a directory: what is wrong with it is refused all the same.
      const framed = await endpoint.exchange(odd(text([3, 4])).replace('UNT+10+2', 'UNT+9+2'));
      assert.deepEqual(framed.contrl, ['7', 'UCM+2+SANCRT:D:97B:UN+4+29+UNT+2']);
      assert.deepEqual(framed.verdicts, [[au(3), 'AP']]);
    } finally {
      await endpoint.stop();
    }
  });

  /** Each message in a group of its own. */
  const grouped = (payload: string) =>
    payload
      .replace(/UNH\+(\d)/g, "UNG+SANCRT+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+G$1+UN+D:97B'\r\nUNH+$1")
      .replace(/(UNT\+\d+\+(\d)')/g, "$1\r\nUNE+1+G$2'");

  it('groups: true: each group is answered by itself', async () => {
    const endpoint = await endpointWith({ groups: true });
    try {
      const good = await endpoint.exchange(grouped(text([1, 2])));
      assert.deepEqual([good.contrl, good.verdicts], [['7'], [[au(1), 'AP'], [au(2), 'AP']]]); // prettier-ignore
      const { contrl, verdicts } = await endpoint.exchange(grouped(text([3, 4])).replace('UNE+1+G1', 'UNE+2+G1'));
      assert.deepEqual(contrl, ['7', 'UCF+G1+AUDAFF:ZZZ+USCBP:ZZZ+4+29+UNE+2']);
      assert.deepEqual(verdicts, [[au(4), 'AP']]);
    } finally {
      await endpoint.stop();
    }
  });

  it('groups left out: an interchange with groups is refused', async () => {
    const endpoint = await endpointWith({});
    try {
      const { contrl, verdicts } = await endpoint.exchange(grouped(text([1])));
      assert.deepEqual([contrl, verdicts], [['4+15+UNG'], []]);
    } finally {
      await endpoint.stop();
    }
  });
});
