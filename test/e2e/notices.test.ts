import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { loadReference } from '../../src/config/reference-data.ts';
import { readCusres } from '../../src/ecert/cusres-reader.ts';
import { makeClaim, reverseClaim } from '../../src/exchange/claims.ts';
import type { Register } from '../../src/exchange/standings.ts';
import type { Store } from '../../src/store/store.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Answered, type Peer, type PeerServer } from '../support/peer.ts';
import { take, type Taken } from '../support/receiver.ts';
import { claimOf } from '../support/register.ts';
import { interchange, numberOf, today } from '../support/sancrt.ts';
import { storeOf } from '../support/served.ts';
import { startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const moments = ['before it is taken', 'after it was taken', 'soon after the start'] as const;
const rounds = moments.length;
const claimsInRound = 3;

describe('notices of usage, over HTTP, while the server is killed again and again', function () {
  this.timeout(60_000);
  const van: Peer = { as2Id: 'AU-VAN', identity: undefined! };
  /** What came to the partner, by Message-ID. */
  const came = new Map<string, { readonly first: Taken; readonly copies: Buffer[] }>();
  const numbers = Array.from({ length: rounds * claimsInRound }, (_, serial) => numberOf('AU', serial));
  let home: TestHome;
  let vanServer: PeerServer;
  let store: Store;
  let register: Register;
  let strike: (moment: string) => Promise<void> = () => Promise.resolve();

  before(async () => {
    Object.assign(van, { identity: await identity('au-van') });
    vanServer = await startPeerServer(receive);
    home = await makeHome();
    const identities = [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'], usageNotices: 'at-once' as const }];
    const certificatePem = van.identity.certificate.pem;
    home.addPartner('van', { as2Id: van.as2Id, url: vanServer.url, certificatePem, identities });
    const server = await startServerProcess(home);
    await send(server.url, van, home, interchange(numbers.map((number) => ({ number }))));
    await until('CONTRL and CUSRES have come', () => (came.size === 2 ? true : undefined));
    await server.kill();
    came.clear();
    store = await storeOf(home);
    register = { store, environment: 'test', reference: await loadReference(), clock: () => new Date() };
  });
  after(async () => {
    await store.close();
    await vanServer.close();
  });

  async function receive(request: Parameters<typeof take>[2]): Promise<Answered> {
    const taken = await take(van, home, request);
    const { messageId } = taken.request;
    await strike('before it is taken');
    const known = came.get(messageId) ?? { first: taken, copies: [] };
    came.set(messageId, known);
    known.copies.push(taken.content);
    void strike('after it was taken');
    return known.first.receipt();
  }

  const told = () =>
    [...came.values()].flatMap(({ first }) =>
      first.interchange.messages.flatMap((one) => readCusres(one).certificates),
    );

  it('each claim is told in one notice, which comes the same, byte for byte, however often', async () => {
    const date = `${today.slice(0, 4)}-${today.slice(4, 6)}-${today.slice(6)}`;
    for (let round = 0; round < rounds; round += 1) {
      const moment = moments[round % moments.length];
      for (let line = round * claimsInRound; line < (round + 1) * claimsInRound; line += 1) {
        const outcome = await makeClaim(claimOf({ line: line + 1, number: numbers[line]!, date }), register);
        assert.equal(outcome.kind, 'matched');
        if (line % claimsInRound === 0) {
          await reverseClaim({ entry: claimOf().entry, entryLine: line + 1 }, 'mistaken', register);
        }
      }
      const server = await startServerProcess(home);
      let killed: Promise<void> | undefined;
      strike = async (what) => {
        if (what !== moment) return;
        killed ??= server.kill();
        await killed;
      };
      if (moment === 'soon after the start') {
        await pause(10 * round);
        await strike(moment);
      }
      await until('it is killed', () => (killed === undefined ? undefined : true));
      await killed;
    }
    strike = () => Promise.resolve();
    const server = await startServerProcess(home);
    await until('all is told', () => (told().length >= numbers.length ? true : undefined));
    await until('nothing is left to do', async () => ((await store.nextDue()) === undefined ? true : undefined));
    await server.kill();
    const expected = numbers.map((number, serial) => [number, serial % claimsInRound === 0 ? '0 KGM' : '10 KGM']);
    assert.deepEqual(told().map(({ number, used }) => [number, used]).toSorted(), expected.toSorted()); // prettier-ignore
    for (const { copies } of came.values()) for (const copy of copies) assert.ok(copy.equals(copies[0]!));
    assert.ok(
      [...came.values()].some(({ copies }) => copies.length > 1),
      'none came twice',
    );
    assert.equal((await store.verifyLedger()).kind, 'whole');
  });
});
