import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { registerSimulate } from '../../src/cli/simulate.ts';
import { processed } from '../../src/as2/disposition.ts';
import { makeMdn } from '../../src/as2/mdn.ts';
import { parseAs2Request } from '../../src/as2/request.ts';
import { newBoundary, newMessageId } from '../../src/exchange/ids.ts';
import { startAgency, type AgencyAndNetwork } from '../support/agency.ts';
import type { PartnerOptions } from '../support/home.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import { startPeerServer, type Answered } from '../support/peer.ts';
import { runner } from './support.ts';

const command = runner([registerSimulate], {}, { clock: () => new Date() });

const good = { country: 'AU', programme: 'BEEF', importer: '12-345678900' };
const lines = [{ hts: '020230', unit: 'KGM', quantity: 1 }];

interface Simulated {
  readonly steps: readonly { ok: boolean; checks: readonly { what: string; got: string; ok: boolean }[] }[];
  readonly notPlayed: number;
}

async function simulate({ network }: AgencyAndNetwork, steps: readonly object[], patience = '10') {
  const file = path.join(network.directory, 'scenario.yaml');
  writeFileSync(file, stringify({ name: 'x', certificate: { ...good, lines }, steps }));
  const args = [
    '--home',
    network.directory,
    '--json',
    'simulate',
    'agency',
    '--scenario',
    file,
    '--patience',
    patience,
  ];
  const { status, stderr, json } = await command(...args);
  const told = json() as Simulated;
  return { status, stderr, ...told, checks: told.steps.map(({ checks }) => checks.map(({ got }) => got)) };
}

const step = (over: object = {}) => ({ name: 'x', certificates: [{ as: 'a' }], ...over });
const broken = { segments: ['BGM+811+{number}+9', 'XYZ+1'] };

describe('what a scenario expects', () => {
  let both: AgencyAndNetwork;
  before(async () => {
    both = await startAgency();
  });
  after(() => both.agency.stop());

  it('`contrl: rejected` and `nothing`: a message with a syntax error has no response, its neighbour has one', async () => {
    const certificates = [{ as: 'a', ...broken, expect: 'nothing' }, { as: 'b' }];
    const { status, checks, stderr } = await simulate(both, [step({ contrl: 'rejected', certificates })]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(checks[0]?.slice(2), ['nothing', 'accepted']);
    assert.match(checks[0][1] ?? '', /^rejected \d+/);
  });

  it('`nothing` and `contrl: none` are not met by what comes a bit later', async () => {
    const steps = [step({ certificates: [{ as: 'a', expect: 'nothing' }] }), step({ contrl: 'none', certificates: [{ as: 'b' }] })];
    const { status, steps: played } = await simulate(both, steps, '3');
    assert.equal(status, 1);
    const wrong = played.map(({ checks }) => checks.flatMap(({ what, got, ok }) => (ok ? [] : `${what.slice(0, 6)}: ${got}`)));
    assert.match(wrong.at(0)?.join() ?? '', /^a \dAU\d: accepted$/);
    assert.deepEqual(wrong[1], ['CONTRL: accepted']);
  }); // prettier-ignore

  it('`any` and `rejected`: of several responses, each is judged alone', async () => {
    const certificates = [{ as: 'c', expect: 'any' }, { as: 'd', quantity: 0, expect: 'rejected' }, { as: 'e', quantity: 0, expect: 'any' }];
    const { status, checks } = await simulate(both, [step({ contrl: 'any', certificates })]);
    assert.deepEqual([status, checks[0]?.slice(2)], [0, ['accepted', 'rejected E06', 'rejected E06']]);
  }); // prettier-ignore
});

describe('`mdn: error`', () => {
  let both: AgencyAndNetwork;
  before(async () => {
    // The network signs with SHA-256.
    both = await startAgency({ receive: { digests: ['sha512'] } } satisfies Partial<PartnerOptions>);
  });
  after(() => both.agency.stop());

  it('is met by an MDN that says so, and not by `processed`', async () => {
    const { status, checks, stderr } = await simulate(both, [step({ mdn: 'error' }), step()], '1');
    assert.equal(status, 1);
    assert.match(checks[0]?.[0] ?? '', /^error: .*processed\/error/);
    assert.equal(checks[0]?.length, 1);
    assert.match(checks[1]?.[0] ?? '', /^error: /);
    assert.match(stderr, /1 of 2 steps were not as expected/);
  });
});

describe('the simulator against what is no agency', () => {
  const other: Record<string, { answer: Answer; told: RegExp; mdn?: 'async' }> = {
    'an error of the server': { answer: () => answered(500, [], 'boom'), told: /^none: .* answered HTTP 500$/ },
    'another address': {
      answer: () => answered(302, [['Location', 'http://127.0.0.1:9/as2']], ''),
      told: /^none: .* answered HTTP 302$/,
    },
    'an asynchronous MDN that never comes': {
      answer: () => answered(202, [], ''),
      told: /^none: the agency took the message, and its asynchronous MDN did not come in time$/,
      mdn: 'async',
    },
    'an MDN with the MIC of something else': {
      answer: wronglyReceipted,
      told: /^invalid: .*MIC is not that of what was sent/,
    },
    'a web server that answers 200': {
      answer: () => answered(200, [['Content-Type', 'text/html']], '<html>It works</html>'),
      told: /^none: The answer holds no MDN$/,
    },
    'one that demands a password': { answer: () => answered(401, [], 'no'), told: /^none: .* answered HTTP 401$/ },
    'one that breaks off': { answer: () => Promise.resolve(undefined), told: /^none: No answer from .*/ },
    'an MDN that is not signed': {
      answer: (id) => answered(200, unsignedHeaders, unsigned(id)),
      told: /^invalid: .*The MDN is not signed/,
    },
  };
  for (const [what, { answer, told, mdn = 'sync' }] of Object.entries(other)) {
    it(`${what}: said at once, with status 1, and the other steps are not played`, async () => {
      const server = await startPeerServer(({ headers }) =>
        answer(headers.find(([name]) => /^message-id$/i.test(name))?.[1] ?? '', both.agency.home.own),
      );
      await refused(server.url, told, mdn);
      await server.close();
    });
  }

  let both: AgencyAndNetwork;
  beforeEach(async () => {
    both = await startAgency();
    await both.agency.stop();
  });

  it('a port at which nobody listens', () => refused('http://127.0.0.1:9/as2', /^none: .*ECONNREFUSED/));

  it('an endpoint whose certificate is another: its MDN is invalid, also where an error is expected', async () => {
    const living = await startAgency();
    const { certificate } = await identity('other.test');
    addAgency(living, { url: living.agency.url, certificatePem: certificate.pem });
    const { status, checks } = await simulate(living, [step({ mdn: 'error' }), step()], '1');
    await living.agency.stop();
    assert.equal(status, 1);
    assert.match(checks[0]?.[0] ?? '', /^invalid: .*names no certificate that is pinned/);
  });

  async function refused(url: string, told: RegExp, mdn: 'sync' | 'async' = 'sync') {
    addAgency(both, { url, send: { mdn } });
    const { status, stderr, checks, notPlayed } = await simulate(both, [step(), step(), step()], '0.5');
    assert.deepEqual([status, checks.length, notPlayed], [1, 1, 2], stderr);
    assert.match(checks[0]?.[0] ?? '', told);
    assert.match(stderr, /agency gave no sign: 2 of 3 steps were not played\./);
  }

  function addAgency(
    { agency, network }: AgencyAndNetwork,
    partner: Pick<PartnerOptions, 'url'> & Partial<PartnerOptions>,
  ) {
    network.addPartner('agency', {
      ...{ as2Id: 'USCBP-AS2', certificatePem: agency.home.own.certificate.pem, ...partner },
      identities: [{ id: 'USCBP', qualifier: 'ZZZ', countries: ['US'] }],
    });
  }
});

function answered(status: number, headers: Answered['headers'], body: string): Promise<Answered> {
  return Promise.resolve({ status, headers, body: Buffer.from(body) });
}

type Answer = (id: string, agency: TestIdentity) => Promise<Answered | undefined>;

/** Signed by the agency, and processed; only what arrived was something else. */
function wronglyReceipted(id: string, agency: TestIdentity): Promise<Answered> {
  const now = new Date();
  const request = [['AS2-From', 'AU-VAN'], ['AS2-To', 'USCBP-AS2'], ['Message-ID', id]] as const; // prettier-ignore
  const { headers, body } = makeMdn({
    ...{ from: 'USCBP-AS2', to: 'AU-VAN', messageId: newMessageId(now, 'agency.test'), date: now },
    ...{ original: parseAs2Request(request), disposition: processed, explanation: 'Received.', reportingUa: 'test' },
    mic: { digest: 'sha256', value: Buffer.alloc(32) },
    ...{ sign: { identity: agency, digest: 'sha256' }, boundary: newBoundary() },
  });
  return Promise.resolve({ status: 200, headers, body });
}

const unsignedHeaders: Answered['headers'] = [
  ['AS2-From', 'USCBP-AS2'],
  ['AS2-To', 'AU-VAN'],
  ['AS2-Version', '1.1'],
  ['Message-ID', '<mdn@agency.test>'],
  ['Content-Type', 'multipart/report; report-type=disposition-notification; boundary=b'],
];

const unsigned = (id: string) =>
  [
    ...['--b', 'Content-Type: text/plain', '', 'Received', '--b', 'Content-Type: message/disposition-notification', ''],
    ...['Final-Recipient: rfc822; USCBP-AS2', `Original-Message-ID: ${id}`],
    ...['Disposition: automatic-action/MDN-sent-automatically; processed', '', '--b--', ''],
  ].join('\r\n');
