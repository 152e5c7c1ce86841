import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { startEndpoint, type RunningEndpoint } from '../../src/cli/endpoint.ts';
import type { LedgerEntry } from '../../src/store/ledger-entry.ts';
import type { MessageDetail, MessageSummary } from '../../src/store/store.ts';
import type { MdnSummary } from '../../src/store/mdn-view.ts';
import { header } from '../../src/mime/headers.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Peer, type PeerServer } from '../support/peer.ts';
import { take } from '../support/receiver.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { countersign } from '../support/terminal.ts';

describe('the command line, beside a running server', () => {
  const sent = interchange([{}, { number: numberOf('AU', 124), quantity: '1.5' }]);
  let home: TestHome;
  let van: Peer;
  let network: PeerServer;
  let endpoint: RunningEndpoint;

  before(async () => {
    home = await makeHome();
    van = { as2Id: 'VAN', identity: await identity('van.test') };
    network = await startPeerServer(async (request) => (await take(van, home, request)).receipt());
    home.addPartner('van', { as2Id: 'VAN', url: network.url, certificatePem: van.identity.certificate.pem });
    endpoint = await startEndpoint(home.directory, {}, createLog('error'));
    const { mdn } = await send(endpoint.as2Address, van, home, sent);
    assert.equal(mdn?.report.disposition?.type, 'processed');
    await network.received(2);
    // Both answers have been acknowledged by now; stopping waits until that is written.
    await endpoint.stop();
    endpoint = await startEndpoint(home.directory, {}, createLog('error'));
  });

  after(async () => {
    await endpoint.stop();
    await network.close();
  });

  const json = async <T>(...args: string[]): Promise<T> => {
    const { status, stdout, stderr } = await countersign(home.directory, '--json', ...args);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as T;
  };

  it('message list shows what came in and what went out, with filters by direction, partner, state and date', async () => {
    const all = await json<MessageSummary[]>('message', 'list');
    assert.deepEqual(all.map(({ direction, state }) => `${direction} ${state}`).sort(), [
      'in answered',
      'out delivered',
      'out delivered',
    ]);
    const count = async (...filter: string[]) => (await json<unknown[]>('message', 'list', ...filter)).length;
    assert.equal(await count('--direction', 'in'), 1);
    assert.equal(await count('--partner', 'nobody'), 0);
    assert.equal(await count('--state', 'delivered'), 2);
    assert.equal(await count('--until', '2020-01-01'), 0);
    assert.equal(await count('--since', '2020-01-01', '--limit', '2'), 2);
  });

  it('message show says who, when, how it was protected and what was answered', async () => {
    const [received] = await json<MessageSummary[]>('message', 'list', '--direction', 'in');
    const detail = await json<MessageDetail>('message', 'show', received?.id ?? '');
    assert.equal(detail.as2From, 'VAN');
    assert.equal(detail.signer?.fingerprint, (await identity('van.test')).certificate.fingerprint);
    assert.equal(detail.answeredBy.length, 2);
    assert.match(JSON.stringify(detail.facts), /aes256-cbc/);
    assert.equal(detail.mdns.length, 1);
    const { stdout } = await countersign(home.directory, 'message', 'show', detail.messageId);
    assert.match(stdout, /^disposition +automatic-action\/MDN-sent-automatically; processed$/m);
  });

  it('message raw gives the bytes as received, and the payload as it was sent', async () => {
    const [received] = await json<MessageSummary[]>('message', 'list', '--direction', 'in');
    const raw = await countersign(home.directory, 'message', 'raw', received?.id ?? '');
    assert.equal(raw.bytes.length, received?.size);
    const payload = await countersign(home.directory, 'message', 'raw', '--payload', received?.id ?? '');
    assert.deepEqual(payload.bytes, sent);
  });

  it('message raw gives the header with the bytes, so that others can verify them', async () => {
    const [received] = await json<MessageSummary[]>('message', 'list', '--direction', 'in');
    const { stdout } = await countersign(home.directory, 'message', 'raw', '--headers', received?.id ?? '');
    assert.match(stdout, /^[^]*?AS2-From: VAN\r\n[^]*?\r\n\r\n/);
  });

  it('message resend sends the same bytes under the same Message-ID', async () => {
    const [answer] = await json<MessageSummary[]>('message', 'list', '--direction', 'out');
    const { status } = await countersign(home.directory, 'message', 'resend', answer?.id ?? '');
    assert.equal(status, 0);
    await network.received(3);
    const again = network.requests.map(({ headers }) => header(headers, 'Message-ID'));
    assert.equal(again.filter((id) => id === answer?.messageId).length, 2);
  });

  it('mdn list and show tell receipts sent and received', async () => {
    const mdns = await json<MdnSummary[]>('mdn', 'list');
    assert.ok(mdns.every(({ signed, disposition }) => signed && disposition?.endsWith('processed')));
    const [first] = await json<MdnSummary[]>('mdn', 'list', '--direction', 'out');
    const raw = await countersign(home.directory, 'mdn', 'raw', first?.id ?? '');
    assert.match(raw.stdout, /^Content-Type: multipart\/signed/im);
  });

  it('ecert list and show tell what is on file', async () => {
    const listed = await countersign(home.directory, 'ecert', 'list', '--country', 'AU');
    assert.match(listed.stdout, new RegExp(`${numberOf('AU', 123)} +test +registered +AU +BEEF`));
    assert.doesNotMatch(listed.stdout, new RegExp(numberOf('AU', 124)));
    assert.equal((await countersign(home.directory, 'ecert', 'show', numberOf('AU', 124))).status, 1);
  });

  it('audit list tells each step; audit verify finds every chain whole', async () => {
    const entries = await json<LedgerEntry[]>('audit', 'list', '--partner', 'van');
    assert.ok(entries.length >= 5);
    const { status, stdout } = await countersign(home.directory, 'audit', 'verify');
    assert.equal(status, 0);
    assert.match(stdout, /whole/);
  });

  it('exit status is 1 for what is not there and 2 for wrong use', async () => {
    assert.equal((await countersign(home.directory, 'message', 'show', 'nothing')).status, 1);
    assert.equal((await countersign(home.directory, 'message', 'list', '--since', 'yesterday')).status, 2);
    assert.equal((await countersign(home.directory, 'message', 'list', '--direction', 'sideways')).status, 2);
    assert.equal((await countersign(home.directory, 'message', 'list', '--state', 'bogus')).status, 2);
    assert.equal((await countersign(home.directory, 'message', 'list', '--since', '2026-02-31')).status, 2);
  });

  it('send sends a file and shows its receipt', async () => {
    const file = path.join(home.directory, 'note.edi');
    writeFileSync(file, interchange([{}]));
    const { status, stdout, stderr } = await countersign(home.directory, 'send', 'van', file);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^state +delivered$/m);
    assert.equal((await countersign(home.directory, 'send', 'nobody', file)).status, 1);
  });

  it('send refuses a partner that is not active', async () => {
    const file = path.join(home.directory, 'partners', 'asleep.yaml');
    const van = readFileSync(path.join(home.directory, 'partners', 'van.yaml'), 'utf8');
    writeFileSync(file, `active: false\n${van}`);
    const { status, stderr } = await countersign(home.directory, 'send', 'asleep', file);
    assert.equal(status, 1);
    assert.match(stderr, /active: false/);
  });
});

describe('countersign demo --once', () => {
  it('plays a whole exchange, verifies it and ends with status 0', async () => {
    const { status, stdout, stderr } = await countersign('.', 'demo', '--once');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /All was verified/);
  });
});
