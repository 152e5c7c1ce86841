import assert from 'node:assert/strict';

import { request } from 'undici';

import { registerEcert } from '../../src/cli/ecert.ts';
import { readCusres, type Response } from '../../src/ecert/cusres-reader.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { runner } from '../cli/support.ts';
import { makeHome, type PartnerOptions } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Peer } from '../support/peer.ts';
import { take } from '../support/receiver.ts';
import { interchange, numberOf, today, type SancrtOptions } from '../support/sancrt.ts';
import { serve } from '../support/served.ts';

const [first, second, third, used] = [1, 2, 3, 4].map((serial) => numberOf('AU', serial)) as [
  string,
  string,
  string,
  string,
];
const [kiwi, gaucho] = [numberOf('NZ', 1), numberOf('UY', 1)];
const of = (id: string, country: string) => ({ id, qualifier: 'ZZZ', countries: [country] });

/** An endpoint, one partner who speaks for two countries, and another who speaks for a third. */
async function start(release: NonNullable<PartnerOptions['release']>) {
  const home = await makeHome();
  const came = new Map<string, Buffer>();
  const peers = { van: await peerOf('VAN', 'au-van'), nsp: await peerOf('NSP', 'nz-nsp') };
  async function peerOf(as2Id: string, name: string): Promise<Peer> {
    return { as2Id, identity: await identity(name) };
  }
  const server = await startPeerServer(async (got) => {
    const to = got.headers.find(([name]) => name.toLowerCase() === 'as2-to')?.[1];
    const taken = await take(to === 'VAN' ? peers.van : peers.nsp, home, got);
    came.set(taken.request.messageId, taken.content);
    return taken.receipt();
  });
  const identities = { van: [of('AUDAFF', 'AU'), of('NZMPI', 'NZ')], nsp: [of('UYMGAP', 'UY')] };
  for (const name of ['van', 'nsp'] as const) {
    const { as2Id, identity: own } = peers[name];
    const settings = { identities: identities[name], mixedTypes: true, release };
    home.addPartner(name, { as2Id, url: server.url, certificatePem: own.certificate.pem, ...settings });
  }
  const served = await serve(home);
  return {
    home,
    served,
    /** The CUSRES for a payload, as they came over HTTP; each is of its directory. */
    async answers(payload: Buffer, from: keyof typeof peers = 'van'): Promise<Response[]> {
      const { messageId } = await send(served.url, peers[from], home, payload);
      const { answeredBy } = await served.reached(messageId, 'answered');
      const found: Response[] = [];
      for (const id of answeredBy) {
        const answer = await served.reached(id, 'delivered');
        const content = came.get(answer.messageId) ?? assert.fail('It did not come.');
        const { messages } = readInterchange(content, { ...EDIFACT_LIMITS, directories: loadDirectory });
        assert.deepEqual(messages.flatMap(({ findings }) => findings), []); // prettier-ignore
        const [type] = messages.map((message) => message.type);
        if (type === 'CUSRES') found.push(...messages.map(readCusres));
      }
      return found;
    },
    async stop() {
      await served.stop();
      await server.close();
    },
  };
}

/** The smallest query there is, with segments exchanged by their beginning, and others behind it. */
function reqdoc(changes: Readonly<Record<string, string>>, more: readonly string[] = [], release = '97B'): string {
  const smallest = ['BGM+21+Q1+13', 'DOC+811', `DTM+137:${today}:102`, 'NAD+FR+AUDAFF', 'LIN+1'];
  const segments = [...smallest.map((one) => changes[one.slice(0, 3)] ?? one), ...more];
  return [`UNH+1+REQDOC:D:${release}:UN`, ...segments, `UNT+${segments.length + 2}+1`].join("'") + "'";
}

let references = 0;
function enveloped(message: string, sender = 'AUDAFF', test = true): Buffer {
  const reference = `Q${(references += 1)}`;
  const head = `UNB+UNOC:3+${sender}:ZZZ+USCBP:ZZZ+${today.slice(2)}:0930+${reference}++ECERT${test ? '++++1' : ''}'`;
  return Buffer.from(`${head}${message}UNZ+1+${reference}'`, 'latin1');
}

const ask = (changes: Readonly<Record<string, string>>, ...more: string[]) => enveloped(reqdoc(changes, more));
const day = (text: string) => `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;

describe('activity reports at a served endpoint, over AS2', () => {
  const now = new Date();
  const run = runner([registerEcert], {}, { clock: () => now });
  let at: Awaited<ReturnType<typeof start>>;

  before(async () => {
    at = await start('D.97B');
    const au: SancrtOptions[] = [
      { number: first },
      { number: second, quantity: '500' },
      { number: third },
      { number: used, programme: 'DAIRY', hts: '040210', unit: 'LTR', quantity: '70' },
    ];
    await at.answers(interchange(au));
    await at.answers(interchange([{ number: third, function: '1' }]));
    await at.answers(interchange([{ number: kiwi, country: 'NZ' }], { sender: 'NZMPI:ZZZ' }));
    await at.answers(interchange([{ number: gaucho, country: 'UY' }], { sender: 'UYMGAP:ZZZ' }), 'nsp');
    const claim = {
      ...{ entry: 'ABC-1234567-8', line: 1, number: used, country: 'AU', hts: '040210', unit: 'LTR', quantity: 20 },
      ...{ importer: '12-345678900', date: day(today) },
    };
    const headers = { 'content-type': 'application/json' };
    const url = `${at.served.endpoint.operatorsAddress}/api/v1/ecert/claims`;
    assert.equal((await request(url, { method: 'POST', headers, body: JSON.stringify(claim) })).statusCode, 201);
  });
  after(() => at.stop());

  const asked: readonly (readonly [what: string, more: readonly string[], numbers: readonly string[]])[] = [
    ['everything', [], [first, second, third, used]],
    ['matched', ['GIS+10'], [used]],
    ['unmatched', ['GIS+11'], [first, second]],
    ['cancelled', ['GIS+12'], [third]],
    ['a number, and a number once more', [`RFF+EX:${second}`, `RFF+EX:${first}`, `RFF+EX:${second}`], [first, second]],
    ['numbers and a condition', ['GIS+12', `RFF+EX:${second}`, `RFF+EX:${third}`], [third]],
    ['from today', [`DTM+155:${today}:102`], [first, second, third, used]],
    ['until a day before', ['DTM+156:20260101:102'], []],
    ['a period and a condition', [`DTM+155:${today}:102`, `DTM+156:${today}:102`, 'GIS+12'], [third]],
  ];
  for (const [what, more, numbers] of asked) {
    it(`by ${what}`, async () => {
      // DTM stands before NAD in the directory.
      const dates = more.filter((one) => one.startsWith('DTM'));
      const rest = more.filter((one) => !one.startsWith('DTM'));
      const DTM = [`DTM+137:${today}:102`, ...dates].join("'");
      const text = reqdoc({ DTM }, rest).replace(/UNT\+\d+/, `UNT+${7 + more.length}`);
      const [response, ...others] = await at.answers(enveloped(text));
      assert.deepEqual([response?.document, response?.accepted, others.length], ['962', true, 0]);
      assert.deepEqual(response?.certificates.map(({ number }) => number), numbers); // prettier-ignore
    });
  }

  const refused: readonly (readonly [code: string, Parameters<typeof ask>[0], ...string[]])[] = [
    ['Q01', { BGM: 'BGM+811+Q1+13' }],
    ['Q02', { BGM: 'BGM+21++13' }],
    ['Q03', { BGM: 'BGM+21+Q1+9' }],
    ['Q04', { DOC: 'DOC+380' }],
    ['Q05', {}, 'GIS+11', 'GIS+12'],
    ['Q06', { NAD: 'NAD+FR+NZMPI' }],
    ['Q06', { NAD: 'NAD+FR' }],
    ['Q07', { DTM: 'DTM+155:20260231:102' }],
    ['Q07', { DTM: 'DTM+156' }],
    ['Q09', {}, 'GIS+13'],
    ['Q10', {}, `RFF+EX:${kiwi}`],
    ['Q10', {}, `RFF+EX:${gaucho}`],
    ['Q10', {}, `RFF+EX:${first.toLowerCase()}`],
    ['Q10', {}, 'RFF+EX'],
  ];
  for (const [code, changes, ...more] of refused) {
    it(`${code}: ${Object.values(changes).join(' ')}${more.join(' ')}`, async () => {
      const [response, ...others] = await at.answers(ask(changes, ...more));
      assert.deepEqual([response?.document, response?.accepted, response?.codes, others], ['963', false, [code], []]);
    });
  }

  it('Q08, E35: a period that ends before it begins, and no test', async () => {
    const DTM = "DTM+155:20260102:102'DTM+156:20260101:102";
    const text = reqdoc({ DTM }).replace('UNT+7', 'UNT+8');
    assert.deepEqual((await at.answers(enveloped(text)))[0]?.codes, ['Q08']);
    assert.deepEqual((await at.answers(enveloped(reqdoc({}), 'AUDAFF', false)))[0]?.codes, ['E35']);
  });

  it('E37: nothing is told in link test', async () => {
    const other = await start('D.97B');
    await other.served.store.recordStep({
      ...{ partner: 'nsp', participant: 'UYMGAP:ZZZ', sequence: 1, step: 'link-test', at: now, effective: now },
      ...{ by: 'Jane Doe', evidence: {} },
    });
    const query = enveloped(reqdoc({ NAD: 'NAD+FR+UYMGAP' }), 'UYMGAP');
    assert.deepEqual((await other.answers(query, 'nsp'))[0]?.codes, ['E37']);
    await other.stop();
  });

  it('each participant is told of its own, also beside another of the same partner', async () => {
    const told = async (id: string, from: 'van' | 'nsp') =>
      (await at.answers(enveloped(reqdoc({ NAD: `NAD+FR+${id}` }), id), from))[0]?.certificates.map(({ number }) => number);
    assert.deepEqual([await told('NZMPI', 'van'), await told('UYMGAP', 'nsp')], [[kiwi], [gaucho]]);
  }); // prettier-ignore

  it('the same query again, in another interchange, is answered again', async () => {
    const counts = [];
    for (let time = 0; time < 2; time += 1) counts.push((await at.answers(ask({})))[0]?.certificates.length);
    assert.deepEqual(counts, [4, 4]);
  });

  it('`ecert report` says the same, in JSON, CSV and table', async () => {
    const codes = { matched: '10', unmatched: '11', cancelled: '12' };
    type Code = keyof typeof codes;
    const [response] = await at.answers(ask({}));
    const report = async (...args: string[]) => run('--home', at.home.directory, ...args, 'ecert', 'report', 'AUDAFF:ZZZ');
    const { certificates } = (await report('--json')).json() as {
      certificates: { number: string; condition: Code; quantities: { unit: string; certified: number; used: number }[] }[];
    };
    const asJson = certificates.map(({ number, condition, quantities }) => ({
      ...{ number, condition: codes[condition] },
      certified: quantities.map(({ certified, unit }) => `${certified} ${unit}`).join(', '),
      used: quantities.map(({ used: drawn, unit }) => `${drawn} ${unit}`).join(', '),
    }));
    assert.deepEqual(asJson, response?.certificates);
    const printed = { csv: (await csv()).split('\r\n'), table: (await report()).stdout.split('\n') };
    async function csv() {
      const { stdout } = await run('--home', at.home.directory, 'ecert', 'report', 'AUDAFF:ZZZ', '--csv');
      return stdout;
    }
    for (const [lines, between] of [[printed.csv, ','], [printed.table, / +/]] as const) {
      const cells = lines.slice(1, -1).map((line) => line.split(between));
      const asText = cells.map(([number, , condition, unit, certified, drawn]) => ({
        ...{ number, condition: codes[condition as Code] },
        ...{ certified: `${certified} ${unit}`, used: `${drawn} ${unit}` },
      }));
      assert.deepEqual(asText, response?.certificates);
      assert.ok(cells.every(([, issued]) => issued === day(today)));
    }
  }); // prettier-ignore

  for (const release of ['D.96B', 'D.99B'] as const) {
    it(`a partner of ${release} asks and is answered in it`, async () => {
      const other = await start(release);
      const query = (changes: Record<string, string>) => enveloped(reqdoc(changes, [], release.slice(2)));
      assert.deepEqual((await other.answers(query({})))[0]?.document, '962');
      assert.deepEqual((await other.answers(query({ BGM: 'BGM+21++9' })))[0]?.codes, ['Q02', 'Q03']);
      await other.stop();
    });
  }
});
