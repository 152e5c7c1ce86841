import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server } from 'node:net';

import { kept } from '../../src/bytes/kept.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { keptBytes } from '../support/stored.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import { loadHome } from '../../src/config/load.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import { header, type Headers } from '../../src/mime/headers.ts';
import type { MessageDetail, OutboundMessage } from '../../src/store/store.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import type { Answered, Peer } from '../support/peer.ts';
import { take, type Taken } from '../support/receiver.ts';
import { interchange } from '../support/sancrt.ts';
import { serve, type Served } from '../support/served.ts';

/** What a faulty partner does with an attempt. */
type Fault = (response: ServerResponse, message: Taken) => Promise<void> | void;

const give = (response: ServerResponse, { status, headers, body }: Answered) =>
  void response.writeHead(status, headers.flat()).end(body);

const says =
  (status: number, body = '', headers: Headers = [['Content-Type', 'text/html']]): Fault =>
  (response) =>
    give(response, { status, headers, body: Buffer.from(body) });

const receipt =
  (...changed: Parameters<Taken['receipt']>): Fault =>
  (response, message) =>
    give(response, message.receipt(...changed));

const good = receipt();

/** Says how long the answer is, and stops in the middle of it. */
const breaksOff: Fault = (response, message) => {
  const { status, headers, body } = message.receipt();
  response.writeHead(status, [...headers, ['Content-Length', String(body.length)]].flat());
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
};

const attempts = 4;

interface Case {
  /** One for each attempt; after the last of them the partner is in order, unless it is `always`. */
  readonly faults: readonly Fault[];
  readonly always?: true;
  readonly ends: 'delivered' | 'failed' | 'refused';
  readonly attempts: number;
  /** When they are not as many as the attempts. */
  readonly requests?: number;
  readonly detail: RegExp;
  /** What is kept of the MDNs that came. */
  readonly mdns?: readonly string[];
}

const retried = (...faults: readonly Fault[]): Case => ({
  faults,
  ends: 'delivered',
  attempts: faults.length + 1,
  detail: /^processed$/,
  mdns: ['delivered'],
});

const givenUp = (fault: Fault, detail: RegExp, mdns: readonly string[] = []): Case => ({
  faults: [fault],
  always: true,
  ends: 'failed',
  attempts,
  detail,
  mdns,
});

const final = (fault: Fault, ends: 'failed' | 'refused', detail: RegExp, mdns: readonly string[] = []): Case => ({
  faults: [fault],
  always: true,
  ends,
  attempts: 1,
  detail,
  mdns,
});

describe('RFC 4130 §5.5: a network that fails, and partners that answer amiss', function () {
  this.timeout(30_000);
  let home: TestHome;
  let served: Served;
  let stranger: TestIdentity;
  let van: Peer;
  const servers: { close: () => unknown; closeAllConnections?: () => void }[] = [];
  const requests = new Map<string, { readonly headers: Headers; readonly body: Buffer }[]>();
  const sent = new Map<string, OutboundMessage>();
  let letGo: () => void;
  const later = new Promise<void>((resolve) => (letGo = resolve));
  let followed = 0;

  const cases: Record<string, Case> = {
    // A connection that breaks is tried anew within the attempt.
    'drops the connection twice': {
      ...retried(
        (response) => void response.destroy(),
        (response) => void response.destroy(),
      ),
      ...{ attempts: 2, requests: 3 },
    },
    'breaks off in the middle of its answer': retried(breaksOff),
    'is silent until we give up waiting': retried(() => undefined),
    'answers late': retried(),
    'says 102 Processing on the way': retried(),
    'answers 500, 503, 429': retried(says(500), says(503, 'come back later'), says(429)),
    'answers 408': retried(says(408)),
    'answers with a page of a proxy': retried(says(200, '<html>Welcome</html>')),
    'answers 200 with nothing': retried(says(200)),
    'answers with more than any MDN has': retried(says(200, 'x'.repeat(5 * 1024 * 1024))),
    'answers with half an MDN': {
      ...retried(
        says(200, '--b\r\nbroken', [
          ['Content-Type', 'multipart/report; report-type=disposition-notification; boundary=b'],
        ]),
      ),
      mdns: ['delivered', 'invalid'],
    },
    'answers with an MDN for another message, then well': {
      ...retried(receipt({ original: { messageId: '<other@x>' } })),
      mdns: ['delivered', 'invalid'],
    },
    'answers 500 for ever': givenUp(says(500), /^Given up after 4 attempts: .*HTTP 500$/),
    'answers with a page for ever': givenUp(
      says(200, '<html>'),
      /^Given up after 4 attempts: The answer holds no MDN$/,
    ),
    'answers with MDNs for another message': givenUp(
      receipt({ original: { messageId: '<other@x>' } }),
      /Given up .* for another message: <other@x>$/,
      ['invalid', 'invalid', 'invalid', 'invalid'],
    ),
    'answers with a wrong MIC': givenUp(
      receipt({ mic: { digest: 'sha256', value: Buffer.alloc(32) } }),
      /Given up .*MIC is not that of what was sent$/,
      ['invalid', 'invalid', 'invalid', 'invalid'],
    ),
    'answers unsigned': givenUp(receipt({}, false), /Given up .*not signed, though that was asked for/, [
      'invalid',
      'invalid',
      'invalid',
      'invalid',
    ]),
    'answers by a key that is not its own': givenUp(
      (response, message) => receipt({ sign: { identity: stranger, digest: 'sha256' } })(response, message),
      /Given up .*names no certificate that is pinned/,
      ['invalid', 'invalid', 'invalid', 'invalid'],
    ),
    'answers 404': final(says(404), 'failed', /HTTP 404/),
    'answers 401': final(says(401, '', [['WWW-Authenticate', 'Basic']]), 'failed', /HTTP 401/),
    'sends us elsewhere': final(
      (response) => says(307, '', [['Location', `${urlOf(servers[0] as Server)}elsewhere`]])(response, undefined!),
      'failed',
      /HTTP 307/,
    ),
    'says no': final(
      receipt({
        disposition: { type: 'processed', modifier: 'error', text: 'decryption-failed' },
        explanation: 'Your key is unknown to us.',
      }),
      'refused',
      /^processed\/error: decryption-failed Your key is unknown to us/,
      ['refused'],
    ),
    'says no by the word of old': final(
      receipt({ disposition: { type: 'failed', modifier: 'failure', text: 'unsupported format' } }),
      'refused',
      /^failed\/failure: unsupported format/,
      ['refused'],
    ),
    'says yes with a warning': {
      ...retried(),
      faults: [
        receipt({
          disposition: { type: 'processed', modifier: 'warning', text: 'authentication-failed, processing continued' },
        }),
      ],
      detail: /^processed\/warning: authentication-failed/,
    },
    'is not there': { faults: [], ends: 'failed', attempts, detail: /^Given up .*ECONNREFUSED/, mdns: [] },
    'speaks no HTTP': { faults: [], ends: 'failed', attempts, detail: /^Given up .*No answer from/, mdns: [] },
  };
  const names = Object.keys(cases);

  before(async () => {
    van = { as2Id: 'VAN', identity: await identity('van') };
    stranger = await identity('stranger');
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => void answer(pairs(incoming.rawHeaders), Buffer.concat(chunks), outgoing));
      if (incoming.url === '/elsewhere') followed += 1;
    });
    const deaf = createRawServer((socket) => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n'));
    servers.push(server, deaf);
    for (const each of [server, deaf]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));

    home = await makeHome({
      outbox: { attempts, firstPause: '200ms', longestPause: '600ms', timeout: '10s', concurrency: 64 },
    });
    const urls: Record<string, string> = { 'is not there': 'http://127.0.0.1:1/as2', 'speaks no HTTP': urlOf(deaf) };
    for (const [index, name] of names.entries()) {
      home.addPartner(`p${index}`, {
        as2Id: `P${index}`,
        url: urls[name] ?? urlOf(server),
        certificatePem: van.identity.certificate.pem,
        identities: [],
        send: name.includes('silent') ? { timeout: '300ms' } : {},
      });
    }
    const configured = await loadHome(home.directory, {});
    served = await serve(home);
    const payload = { content: kept(interchange([{}])), contentType: 'application/EDIFACT' };
    for (const [index, name] of names.entries()) {
      const partner = partnerByShortName(configured, `p${index}`)!;
      sent.set(name, await makeMessage({ payload }, partner, configured, new Date(), memorySpool));
    }
    await served.store.queueOutbound([...sent.values()]);
  });
  after(async () => {
    await (served as Served | undefined)?.stop();
    for (const server of servers) {
      server.closeAllConnections?.();
      server.close();
    }
  });

  async function answer(headers: Headers, body: Buffer, response: ServerResponse): Promise<void> {
    const name = names[Number(header(headers, 'AS2-To')?.slice(1))] ?? '';
    const attempt = [...(requests.get(name) ?? []), { headers, body }];
    requests.set(name, attempt);
    const { faults, always } = cases[name]!;
    const fault = faults[always === true ? 0 : attempt.length - 1] ?? good;
    if (name === 'answers late') await later;
    if (name.includes('102')) response.writeProcessing();
    await fault(response, await take(van, home, { headers, body }));
  }

  const outcome = (name: string): Promise<MessageDetail> => {
    const { id } = sent.get(name)!;
    return served.reached(id, 'delivered', 'failed', 'refused');
  };

  it('a partner that answers late is waited for, and not asked again', async () => {
    await outcome('answers 408');
    const waiting = await served.store.getMessage(sent.get('answers late')!.id);
    assert.deepEqual([waiting?.state, waiting?.attempts], ['pending', 1]);
    letGo();
  });

  for (const [name, expected] of Object.entries(cases)) {
    const { ends, attempts: count, requests: sentOut = count, detail, mdns = [] } = expected;
    it(`a partner that ${name}: ${ends} after ${count} ${count === 1 ? 'attempt' : 'attempts'}`, async () => {
      const message = sent.get(name)!;
      const result = await outcome(name);
      assert.deepEqual([result.state, result.attempts], [ends, count]);
      assert.match(result.detail ?? '', detail);
      assert.deepEqual(result.mdns.map(({ state }) => state).toSorted(), mdns);
      assert.equal(result.nextAttemptAt, undefined);
      const came = requests.get(name) ?? [];
      assert.equal(came.length, /not there|no HTTP/.test(name) ? 0 : sentOut);
      for (const { headers, body } of came) {
        assert.equal(header(headers, 'Message-ID'), message.messageId);
        assert.ok(body.equals(keptBytes(message.raw)));
      }
    });
  }

  it('the pauses grow, up to the longest, and are spread', async () => {
    const pauses: Record<number, number[]> = {};
    for (const [name, { ends }] of Object.entries(cases)) {
      if (ends !== 'failed') continue;
      const { id } = await outcome(name);
      for (const { at, facts } of await served.store.listLedger({ subjectId: id, kind: 'outbound.attempt-failed' })) {
        const pause = new Date(String(facts['retryAt'])).getTime() - at.getTime();
        (pauses[Number(facts['attempt'])] ??= []).push(pause);
      }
    }
    for (const [attempt, longest] of [200, 400, 600].entries()) {
      const all = pauses[attempt + 1] ?? [];
      assert.ok(all.length >= 5);
      // The clock is read once more when the attempt is written down.
      assert.ok(
        all.every((pause) => pause <= longest && pause > longest * 0.75 - 90),
        `${attempt + 1}: ${all.join()}`,
      );
    }
  });

  it('nobody went where a partner sent us', () => assert.equal(followed, 0));

  it('what was given up goes out again when a person says so: same Message-ID, same bytes', async () => {
    const name = 'answers 500 for ever';
    const { id } = await outcome(name);
    const before = requests.get(name)!.length;
    assert.equal(await served.store.resend(id, new Date()), 'queued');
    Object.assign(cases, { [name]: { ...cases[name], faults: [good] } });
    const { attempts: count } = await served.reached(id, 'delivered');
    assert.equal(count, 1);
    const [first, again] = [requests.get(name)![0]!, requests.get(name)![before]!];
    assert.ok(again.body.equals(first.body));
    assert.equal(header(again.headers, 'Message-ID'), header(first.headers, 'Message-ID'));
  });

  it('the ledger is whole after all that', async () => {
    assert.equal((await served.store.verifyLedger()).kind, 'whole');
  });
});

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function pairs(raw: readonly string[]): Headers {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const);
}
