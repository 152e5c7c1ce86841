import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { stringify } from 'yaml';

import { registerPartner } from '../../src/cli/partner.ts';
import { registerSimulate } from '../../src/cli/simulate.ts';
import { startAgency, type AgencyAndNetwork } from '../support/agency.ts';
import { runner } from './support.ts';

const command = runner([registerPartner, registerSimulate], {}, { clock: () => new Date() });

interface Simulated {
  readonly ok: boolean;
  readonly steps: readonly { step: string; ok: boolean; checks: readonly { got: string; expected: string }[] }[];
}

describe('the way into production, played by the simulator against a served endpoint', () => {
  let both: AgencyAndNetwork;
  const agency = (...args: string[]) => command('--home', both.agency.home.directory, 'partner', ...args);
  const simulate = (...args: string[]) => command('--home', both.network.directory, 'simulate', 'agency', ...args);
  const open = async (): Promise<string[]> => {
    const { json } = await agency('checklist', 'au-van', '--json');
    const { checklist } = json() as { checklist: { item: string; done: boolean }[] };
    return checklist.flatMap(({ item, done }) => (done ? [] : item));
  };

  before(async () => {
    both = await startAgency();
  });
  after(() => both.agency.stop());

  it('begins with the link test, in which no certificate is taken', async () => {
    const set = await agency('stage', 'au-van', '--set', 'link-test', '--by', 'Jane Doe');
    assert.equal(set.status, 0, set.stderr);
    assert.match(set.stdout, /AUDAFF:ZZZ +link-test/);
    assert.deepEqual(await open(), ['receipt-given', 'receipt-got']);
    const refused = await agency('promote', 'au-van', '--by', 'Jane Doe');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /receipt-given .*; receipt-got/);

    const early = await simulate('--stage', 'application-test', '--json', '--patience', '10');
    assert.equal(early.status, 1);
    const [first] = (early.json() as Simulated).steps;
    assert.deepEqual(first?.checks.map(({ got }) => got), ['processed', 'accepted', 'rejected E37', 'rejected E37']); // prettier-ignore
    assert.deepEqual((await both.agency.store.listCertificates({})).length, 0);
  });

  it('goes on to the application test when the link was seen to work', async () => {
    const link = await simulate('--stage', 'link-test', '--patience', '10');
    assert.equal(link.status, 0, link.stdout + link.stderr);
    assert.match(link.stdout, /MDN: processed/);
    const promoted = await agency('promote', 'au-van', '--by', 'Jane Doe');
    assert.equal(promoted.status, 0, promoted.stderr);
    assert.match(promoted.stdout, /is in application-test from/);
    assert.ok((await open()).includes('acceptance'), 'what the link test showed does not count for the next');
  });

  it('plays the whole checklist, each step as the scenario expects it', async () => {
    const early = await agency('sign-off', 'au-van', '--by', 'Jane Doe');
    assert.equal(early.status, 1);
    assert.match(early.stderr, /cannot be signed off yet\. Missing: .*correction/);
    const played = await simulate('--json', '--patience', '10');
    const { ok, steps } = played.json() as Simulated;
    assert.deepEqual(steps.filter((step) => !step.ok), []); // prettier-ignore
    assert.ok(ok && steps.length >= 8);
    assert.equal(played.status, 0, played.stderr);
    assert.deepEqual(await open(), ['signed-off']);
  });

  it('ends in production, signed off and from a day on; the ledger tells by whom', async () => {
    const early = await agency('promote', 'au-van', '--by', 'Jane Doe');
    assert.match(early.stderr, /Missing: signed-off/);
    assert.equal((await agency('sign-off', 'au-van', '--by', 'John Roe', '--note', 'call of Monday')).status, 0);
    const twice = await agency('sign-off', 'au-van', '--by', 'Jane Doe');
    assert.equal(twice.status, 1);
    assert.match(twice.stderr, /was signed off by John Roe at /);
    const past = await agency('promote', 'au-van', '--by', 'Jane Doe', '--from', '2026-01-01');
    assert.match(past.stderr, /cannot begin in the past\. Leave the date out/);
    const promoted = await agency('promote', 'au-van', '--by', 'Jane Doe', '--from', '2999-01-01');
    assert.equal(promoted.status, 0, promoted.stderr);
    const { stdout } = await agency('stage');
    assert.match(stdout, /au-van +AUDAFF:ZZZ +application-test .* production from 2999-01-01 +\S+ John Roe/);
    const entries = await both.agency.store.listLedger({ partner: 'au-van', kind: 'onboarding.step' });
    const steps = entries.map(({ facts }) => facts['onboarding'] as { step: string; by: string });
    assert.deepEqual(
      steps.map(({ step, by }) => [step, by]),
      [
        ['production', 'Jane Doe'],
        ['signed-off', 'John Roe'],
        ['application-test', 'Jane Doe'],
        ['link-test', 'Jane Doe'],
      ],
    );
    assert.equal((await both.agency.store.verifyLedger()).kind, 'whole');
    const again = await agency('promote', 'au-van', '--by', 'Jane Doe');
    assert.match(again.stderr, /will be in production from 2999-01-01/);
  });

  it('is watched: errors by code, corrections, and what was sent again', async () => {
    const as2 = { 'AS2-From': 'AU-VAN', 'AS2-To': 'USCBP-AS2', 'AS2-Version': '1.1', 'Message-ID': '<plain@van.test>' };
    const asked = { 'Content-Type': 'application/EDIFACT', 'Disposition-Notification-To': 'van@van.test' };
    await fetch(both.agency.url, {
      method: 'POST',
      headers: { ...as2, ...asked },
      body: 'neither signed nor encrypted',
    });
    const { json, stdout } = await agency('watch', 'au-van', '--json');
    const { report } = json() as { report: { refused: number; errors: { code: string }[]; corrections: object } };
    assert.equal(report.refused, 1);
    assert.ok(
      report.errors.some(({ code }) => code === 'insufficient-message-security'),
      stdout,
    );
    assert.ok(report.errors.some(({ code }) => code === 'E07'), stdout); // prettier-ignore
    assert.deepEqual(
      { ...report.corrections, median: 0, longest: 0 },
      { corrected: 2, open: 7, median: 0, longest: 0 },
    );
    assert.equal((await agency('watch', 'au-van', '--since', '2026-11-02', '--until', '2026-11-01')).status, 2);
    const { stdout: past } = await agency('watch', 'au-van', '--until', '2025-01-30T00:00:00Z');
    assert.match(past, /2024-12-31 00:00:00 to 2025-01-30 00:00:00 UTC\nmessages +0 received/);
    assert.match((await agency('watch', 'au-van')).stdout, /E07 +2 +QUANTITY IS NOT A WHOLE NUMBER/);
  });

  it('says step by step what was expected and what came, with status 1', async () => {
    const file = path.join(both.network.directory, 'scenario.yaml');
    const certificate = { country: 'AU', programme: 'BEEF', importer: '12-345678900' };
    const lines = [{ hts: '020230', unit: 'KGM', quantity: 1 }];
    const steps = [
      { name: 'wrong hopes', certificates: [{ as: 'a', quantity: 0 }, { as: 'b', expect: ['E01'] }] },
      { name: 'by hand', certificates: [{ as: 'c', segments: ['BGM+811+{number}+7', 'DTM+182:{day}:102'], expect: ['E30'] }] },
    ]; // prettier-ignore
    writeFileSync(file, stringify({ name: 'A bad day', certificate: { ...certificate, lines }, steps }));
    const { status, stdout, stderr } = await simulate('--scenario', file, '--patience', '10');
    assert.equal(status, 1);
    assert.match(stdout, /1 {2}NOT OK {2}wrong hopes/);
    assert.match(stdout, /! a \dAU\d{6}: rejected E06, expected accepted/);
    assert.match(stdout, /! b \dAU\d{6}: accepted, expected rejected E01/);
    assert.match(stdout, /2 {2}ok {2}by hand/);
    assert.match(stderr, /1 of 2 steps were not as expected/);
  });

  it('a scenario with a mistake is told with its line, before anything is sent', async () => {
    const file = path.join(both.network.directory, 'wrong.yaml');
    writeFileSync(file, 'name: x\nstepps: []\n');
    const { status, stderr } = await simulate('--scenario', file);
    assert.equal(status, 1);
    assert.match(stderr, /wrong\.yaml:2: stepps: is not known\. Did you mean "steps"\?/);
    const said = async (certificate: string) => {
      const head =
        'name: x\ncertificate: { country: AU, programme: BEEF, importer: x, lines: [{ hts: "020230", unit: KGM, quantity: 1 }] }';
      writeFileSync(file, `${head}\nsteps:\n  - name: a\n    certificates: [{ as: a, ${certificate} }]\n`);
      return (await simulate('--scenario', file)).stderr;
    };
    assert.match(
      await said('hts: 020230'),
      /:5: steps\[0\]\.certificates\[0\]\.hts: is 20230, where a text in quotes, such as "020230", is expected/,
    );
    assert.match(
      await said('segments: ["BGM+811+x+9\'"]'),
      /segments\[0\]: .* is not a segment .*without ' at its end/,
    );
    assert.match(await said('segments: []'), /segments: needs at least 1 entry/);
    assert.match(
      await said('segments: [BGM+1], unit: KGM'),
      /:5: \S+\.unit: is not used beside `segments`: leave it out/,
    );
    assert.match(
      await said('expect: any }]\n  - name: q\n    query: { report: [{ as: b }] }\n#'),
      /"b" is no certificate/,
    );
    const numbered = (form: string) => said(`expect: any }]\nnumber: "${form}"\n#`);
    assert.match(await numbered('{yaer}{serial}'), /:6: number: "\{yaer\}\{serial\}" is not made of \{year\}/);
    assert.match(await numbered('6AU000001'), /number: "6AU000001" is not made of/);
    assert.match(await said('quantity: 1.5'), /quantity: is no text and no whole number/);
    assert.match(await said('expect: acepted'), /expect: is none of accepted, rejected, any, nothing/);
  });
});
