import assert from 'node:assert/strict';
import { registerEcert } from '../../src/cli/ecert.ts';
import { homeOfOne } from '../support/jobs.ts';
import { openRegister } from '../support/register.ts';
import { runner, type Outcome } from './support.ts';

describe('countersign ecert', () => {
  const run = runner([registerEcert]);
  let home: string;
  let claim: (line: string, over?: Readonly<Record<string, string>>) => Promise<Outcome>;

  before(async () => {
    home = (await homeOfOne()).directory;
    const register = await openRegister(`${home}/data`);
    await register.send();
    await register.store.close();
    claim = (line, over = {}) => {
      const options = {
        ...{ entry: 'ABC-1234567-8', line, number: '6AU000123', country: 'AU', hts: '0202305010', unit: 'KGM' },
        ...{ quantity: '100', importer: '12-345678900', date: '2026-11-02', ...over },
      };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
      return run('--home', home, '--json', 'ecert', 'claim', ...args);
    };
  });

  it('claim: draws once, however often it is said', async () => {
    const [first, again] = [await claim('1'), await claim('1')];
    assert.deepEqual([first.status, again.status], [0, 0]);
    const told = [first, again].map((each) => each.json() as { repeated: boolean; remaining: number });
    assert.deepEqual(told.map(({ repeated, remaining }) => [repeated, remaining]), [[false, 17_900], [true, 17_900]]);
  }); // prettier-ignore

  it('claim: what does not match is told with its element, and exit status 1', async () => {
    const { status, json } = await claim('2', { unit: 'LTR' });
    const told = json() as { release: string; mismatches: { element: string }[] };
    assert.deepEqual([status, told.release, told.mismatches[0]?.element], [1, 'not-matched', 'unit']);
  });

  it('claim: what is malformed, or another claim of the same line, is refused', async () => {
    assert.match((await claim('2', { date: 'today' })).stderr, /date: is no day/);
    for (const quantity of ['1.5', '0', '-1', '1e3', '0x10', '10.0', ' 5', '', '9007199254740993'])
      assert.equal((await claim('2', { quantity })).status, 2, quantity);
    const other = await claim('1', { quantity: '101' });
    assert.deepEqual([other.status, /Reverse that one first/.test(other.stderr)], [1, true]);
  });

  it('reverse: gives back, and claims tells of both', async () => {
    await claim('3');
    const { json } = await run('--home', home, '--json', 'ecert', 'reverse', 'ABC-1234567-8', '3', '--reason', 'mistaken');
    assert.equal((json() as { kind: string }).kind, 'reversal');
    const listed = await run('--home', home, '--json', 'ecert', 'claims', '--number', '6AU000123');
    const kinds = (listed.json() as { entryLine: number; kind: string }[]).filter(({ entryLine }) => entryLine === 3);
    assert.deepEqual(kinds.map(({ kind }) => kind), ['reversal', 'claim']);
    const again = await claim('3', { 'entry-version': '3' });
    assert.equal(again.status, 0);
    await run('--home', home, 'ecert', 'reverse', 'ABC-1234567-8', '3', '--reason', 'mistaken');
  }); // prettier-ignore

  it('reverse: not without a reason, not even again', async () => {
    for (const reason of ['', ' ', 'x'.repeat(501)]) {
      const refused = await run('--home', home, 'ecert', 'reverse', 'ABC-1234567-8', '3', '--reason', reason);
      assert.deepEqual([refused.status, /^error: reason: is (empty|longer)/.test(refused.stderr)], [1, true]);
    }
  });

  it('list and show: the state follows from what is used', async () => {
    const states = async (...args: string[]) =>
      ((await run('--home', home, '--json', 'ecert', ...args)).json() as { state: string }[]).map(({ state }) => state);
    assert.deepEqual(await states('list'), ['partly-used']);
    assert.deepEqual(await states('list', '--state', 'partly-used'), ['partly-used']);
    assert.deepEqual(await states('list', '--state', 'registered'), []);
    const { stdout } = await run('--home', home, 'ecert', 'show', '6AU000123');
    assert.match(stdout, /line 1 +020230: 18000 KGM, used 100, left 17900/);
  });

  it('statistics: as table, CSV and JSON', async () => {
    const by = ['ecert', 'statistics', '--by', 'country,condition'];
    assert.match((await run('--home', home, ...by)).stdout, /^COUNTRY +CONDITION +UNIT .*\nAU +matched +KGM +1 +18000 +0 +100 +0 +17900\n$/);
    assert.equal(
      (await run('--home', home, ...by, '--csv')).stdout,
      'country,condition,unit,certificates,registered,cancelled,used,expired,remaining\r\nAU,matched,KGM,1,18000,0,100,0,17900\r\n',
    );
    const { rows } = (await run('--home', home, '--json', ...by)).json() as { rows: { used: number }[] };
    assert.equal(rows[0]?.used, 100);
    assert.equal((await run('--home', home, 'ecert', 'statistics', '--by', 'colour')).status, 2);
  }); // prettier-ignore

  it('list: no more than are asked for; a state is looked for in all of them', async () => {
    const many = (await homeOfOne()).directory;
    const register = await openRegister(`${many}/data`);
    const numbers = ['6AU000001', '6AU000002', '6AU000003'];
    for (const number of numbers) {
      register.now = new Date(register.now.getTime() + 1000);
      await register.send({ number });
    }
    await register.send({ number: '6AU000001', function: '1' });
    await register.store.close();
    const list = async (...args: string[]) =>
      ((await run('--home', many, '--json', 'ecert', 'list', ...args)).json() as { number: string }[]).map(
        ({ number }) => number,
      );
    assert.deepEqual(await list('--limit', '2'), ['6AU000001', '6AU000003']);
    assert.deepEqual(await list('--limit', '3'), ['6AU000001', '6AU000003', '6AU000002']);
    assert.deepEqual(await list('--limit', '1', '--state', 'registered'), ['6AU000003']);
  });

  it('list and statistics: what is asked for by a slip is wrong use, and not answered by nothing', async () => {
    for (const [args, told] of [
      [['list', '--country', 'AUS'], '--country is "AUS", which nobody knows. Did you mean "AU"?'],
      [['list', '--partner', 'vam'], '--partner is "vam", which nobody knows. Did you mean "van"?'],
      [['statistics', '--partner', 'nobody'], '--partner is "nobody", which nobody knows. Known here: van.'],
      [
        ['statistics', '--programme', 'Beef', '--country', 'QQ'],
        '--country is "QQ", which nobody knows. Known here: AR, AU, MX, NZ, UY. --programme is "Beef", which nobody knows. Did you mean "BEEF"?',
      ],
      [['statistics', '--issued-from', '2026-11-02', '--issued-to', '2026-11-01'], '--issued-to is before the day'],
      [['statistics', '--by', 'hts,hts'], 'each once'],
      [['statistics', '--by', ''], 'each once'],
    ] as const) {
      const { status, stdout, stderr } = await run('--home', home, 'ecert', ...args);
      assert.deepEqual([status, stdout, stderr.includes(told)], [2, '', true], stderr);
    }
    const { status, stdout } = await run('--home', home, 'ecert', 'statistics', '--country', 'NZ');
    assert.deepEqual([status, stdout.split('\n').length], [0, 2]);
  });

  it('report: what is asked for by a slip is refused, and not answered by an empty report', async () => {
    const report = (...args: string[]) => run('--home', home, 'ecert', 'report', ...args);
    assert.match((await report('AUDAFF:ZZZ', '--csv')).stdout, /^number,.*\r\n6AU000123,2026-10-30,matched,KGM,18000,100\r\n$/);
    assert.equal((await report('AUDAFF:ZZZ', '--condition', 'cancelled')).status, 0);
    for (const [args, told] of [
      [['AUDAFF'], /No partner speaks for AUDAFF\. Known: AUDAFF:ZZZ\./],
      [['NZMPI:ZZZ', '--number', '6AU000123'], /No partner speaks for NZMPI:ZZZ/],
      [['AUDAFF:ZZZ', '--number', '6AU000123', '--number', '6AU000124'], /AUDAFF:ZZZ has no certificate 6AU000124\./],
    ] as const) {
      const { status, stderr } = await report(...args);
      assert.deepEqual([status, told.test(stderr)], [1, true], stderr);
    }
    assert.equal((await report('AUDAFF:ZZZ', '--issued-from', '2026-11-02', '--issued-to', '2026-11-01')).status, 2);
  }); // prettier-ignore
});
