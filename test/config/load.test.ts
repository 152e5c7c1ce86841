import assert from 'node:assert/strict';
import path from 'node:path';
import { stringify } from 'yaml';
import { formatProblem } from '../../src/config/config-error.ts';
import { edifactIdentityOf, partnerByAs2Id, partnerByShortName } from '../../src/config/home.ts';
import { endpointFiles, homeOf, issue, load, now, partnerFile, problemsOf } from './support.ts';
import { chmodSync, rmdirSync } from 'node:fs';
import { loadHome } from '../../src/config/load.ts';

describe('config/load', () => {
  it('needs no more than who we are, a key and our EDIFACT name; all else has a default', async () => {
    const { endpoint, partners, warnings } = await load(await endpointFiles());
    assert.deepEqual(partners, []);
    assert.deepEqual(warnings, []);
    assert.deepEqual(endpoint.listen, { host: '0.0.0.0', port: 4080, path: '/as2', tls: undefined });
    assert.deepEqual(endpoint.operators, { host: '127.0.0.1', port: 4081, token: undefined });
    assert.equal(endpoint.environment, 'test');
    assert.equal(endpoint.outbox.firstPause, 30_000);
    assert.equal(endpoint.limits.messageSize, 100 * 1024 * 1024);
    assert.ok(path.isAbsolute(endpoint.data));
    assert.equal(endpoint.identities[0]?.privateKey.type, 'private');
    assert.equal(endpoint.identities[0].name, 'own');
  });

  it('demands a signature and encryption of a partner that says nothing of them', async () => {
    const files = { ...(await endpointFiles()), 'partners/them.yaml': stringify(await partnerFile()) };
    const [partner] = (await load(files)).partners;
    const { allowUnsigned, allowUnencrypted, allowSha1, allow3des } = partner!.receive;
    assert.deepEqual([allowUnsigned, allowUnencrypted, allowSha1, allow3des], [false, false, false, false]);
    assert.deepEqual(
      [partner!.send.sign, partner!.send.encrypt, partner!.send.mdn, partner!.send.mdnSigned],
      ['sha256', 'aes128-cbc', 'sync', true],
    );
  });

  it('tells everything that is wrong at once, with file, line, key and remedy', async () => {
    const own = await endpointFiles();
    const problems = await problemsOf({
      ...own,
      'countersign.yaml': own['countersign.yaml']!.replace('id: US\n', 'id: US\nlisten:\n  prot: 1\n'),
      'partners/a.yaml':
        'name: A\nas2:\n  id: A\n  url: ftp://a.example\ncertificates:\n  - file: nosuch.pem\n    use: [sing]\nsend:\n  timeout: 30 seconds\n',
      'partners/b.yaml': 'name: [unclosed\n',
      'partners/C.yml': '',
    });
    assert.deepEqual(
      problems.map(({ file, line, key }) => [file, line, key]),
      [
        ['countersign.yaml', 4, 'listen.prot'],
        ['partners/C.yml', undefined, ''],
        ['partners/a.yaml', 1, 'edifact'],
        ['partners/a.yaml', 4, 'as2.url'],
        ['partners/a.yaml', 7, 'certificates[0].use[0]'],
        ['partners/a.yaml', 9, 'send.timeout'],
        ['partners/b.yaml', 2, ''],
      ],
    );
    assert.ok(problems.every(({ remedy }) => remedy.endsWith('.') || remedy.endsWith('?')));
    assert.equal(formatProblem(problems[0]!), 'countersign.yaml:4: listen.prot: is not known. Did you mean "port"?');
  });

  it('refuses secrets in YAML and names the key that holds them elsewhere', async () => {
    const files = await endpointFiles();
    const partner = await partnerFile({
      as2: { id: 'A', url: 'https://a.example/', basicAuth: { user: 'u', password: 'geheim' } as { user: string } },
    });
    const [problem] = await problemsOf({ ...files, 'partners/a.yaml': stringify(partner) });
    assert.equal(problem?.key, 'as2.basicAuth.password');
    assert.match(problem.remedy, /passwordFile or passwordEnv/);
    assert.ok(!JSON.stringify(problem).includes('geheim'));
  });

  it('takes passwords from files and from the environment', async () => {
    const files = { ...(await endpointFiles()), 'keys/a.password': 'from file\n' };
    const withAuth = async (basicAuth: object) =>
      stringify(
        await partnerFile({ as2: { id: 'A', url: 'https://a.example/', basicAuth: { user: 'u', ...basicAuth } } }),
      );
    const fromFile = await load({ ...files, 'partners/a.yaml': await withAuth({ passwordFile: 'keys/a.password' }) });
    assert.deepEqual(fromFile.partners[0]?.as2.basicAuth, { user: 'u', password: 'from file' });
    const fromEnv = await load(
      { ...files, 'partners/a.yaml': await withAuth({ passwordEnv: 'COUNTERSIGN_A' }) },
      { COUNTERSIGN_A: 'from env' },
    );
    assert.equal(fromEnv.partners[0]?.as2.basicAuth?.password, 'from env');
    assert.deepEqual(fromEnv.warnings, []);
    for (const wrong of [
      {},
      { passwordEnv: 'NOT_SET' },
      { passwordFile: 'nosuch' },
      { passwordEnv: 'A', passwordFile: 'keys/a.password' },
    ])
      assert.equal((await problemsOf({ ...files, 'partners/a.yaml': await withAuth(wrong) })).length, 1);
  });

  it('takes the token of the API from a file or from the environment, if it is long enough', async () => {
    const token = 'a1'.repeat(16);
    const withFile = await endpointFiles({ operators: { tokenFile: 'keys/api.token' } });
    const fromFile = await load({ ...withFile, 'keys/api.token': `${token}\n` });
    assert.equal(fromFile.endpoint.operators.token, token);
    const files = await endpointFiles({ operators: { tokenEnv: 'COUNTERSIGN_API' } });
    const fromEnv = await load(files, { COUNTERSIGN_API: token });
    assert.deepEqual([fromEnv.endpoint.operators.token, fromEnv.warnings], [token, []]);
    const [problem] = await problemsOf({ ...withFile, 'keys/api.token': 'short' });
    assert.equal(problem?.key, 'operators');
    assert.match(problem.message, /less than 32/);
  });

  it('tells what is wrong with keys and certificates', async () => {
    const own = await issue('own');
    const other = await issue('partner');
    const files = await endpointFiles();
    const cases: readonly (readonly [Record<string, string>, string, RegExp])[] = [
      [{ 'keys/own.cert.pem': other.certificate.pem }, 'identities[0].key', /does not belong/],
      [{ 'keys/own.cert.pem': own.privateKeyPem }, 'identities[0].certificate', /private key/],
      [{ 'keys/own.key.pem': 'x' }, 'identities[0].key', /no PEM private key/],
      [
        { 'partners/a.yaml': stringify(await partnerFile({ certificates: [{}] })) },
        'certificates[0]',
        /both or neither/,
      ],
      [
        { 'partners/a.yaml': stringify(await partnerFile({ certificates: [{ file: 'keys' }] })) },
        'certificates[0].file',
        /is a directory/,
      ],
    ];
    for (const [change, key, message] of cases) {
      const problems = await problemsOf({ ...files, ...change });
      assert.deepEqual([problems.map((each) => each.key), problems.length], [[key], 1]);
      assert.match(problems[0]!.message, message);
    }
  });

  it('warns of a private key that others may read', async () => {
    const home = homeOf(await endpointFiles());
    chmodSync(path.join(home, 'keys/own.key.pem'), 0o644);
    const { warnings } = await loadHome(home, {}, now);
    assert.match(warnings[0]?.remedy ?? '', /chmod 600 keys\/own.key.pem/);
  });

  it('says how to make a home where there is none', async () => {
    const [problem] = await problemsOf({});
    assert.match(formatProblem(problem!), /^countersign.yaml: is not there\. Run `countersign init`/);
  });

  it('refuses a home without partners/: its volume may not be mounted, and no partner would be known', async () => {
    const home = homeOf(await endpointFiles());
    rmdirSync(path.join(home, 'partners'));
    await assert.rejects(loadHome(home, {}, now), {
      code: 'CONFIG_INVALID',
      message: 'partners: is not there. Create the directory, or let the service read it; `countersign init` makes it.',
    });
  });

  it('says what is expected where a number stands for a size or a duration', async () => {
    const files = await endpointFiles({ limits: { messageSize: 20 }, outbox: { firstPause: 2 }, as2: { id: 7 } });
    assert.deepEqual(
      (await problemsOf(files)).map(({ key, message }) => `${key} ${message}`),
      [
        'as2.id is 7, where a text is expected',
        'limits.messageSize is 20, where a size such as 512 KiB or 100 MiB is expected',
        'outbox.firstPause is 2, where a duration such as 30s, 5m or 24h is expected',
      ],
    );
  });

  it('refuses a size of 0, which would let nothing through', async () => {
    const files = await endpointFiles({ limits: { messageSize: '0 MiB', inflatedSize: '0B' } });
    assert.deepEqual(
      (await problemsOf(files)).map(({ key }) => key),
      ['limits.messageSize', 'limits.inflatedSize'],
    );
  });

  it('tells what an empty file lacks at its first line', async () => {
    for (const text of ['', '# nothing yet\n']) {
      const problems = await problemsOf({ ...(await endpointFiles()), 'countersign.yaml': text });
      assert.deepEqual(
        problems.map(({ line, key }) => [line, key]),
        [
          [1, 'as2'],
          [1, 'identities'],
          [1, 'edifact'],
        ],
      );
    }
  });

  it('uses a certificate no longer than it is itself valid, and no longer than the file says', async () => {
    const { certificate } = await issue('partner');
    const certificates = [
      { pem: certificate.pem, validFrom: '2020-01-01', validTo: '2099-12-31' },
      { pem: certificate.pem, validTo: '2026-12-31' },
    ];
    const { partners } = await load({
      ...(await endpointFiles()),
      'partners/a.yaml': stringify(await partnerFile({ certificates })),
    });
    const [wide, narrow] = partners[0]!.certificates;
    assert.deepEqual([wide!.validFrom, wide!.validTo], [certificate.notBefore, certificate.notAfter]);
    assert.equal(narrow!.validTo.toISOString(), '2026-12-31T23:59:59.999Z');
  });

  it('RFC 4130 §6.2: finds active partners by AS2 name, case-sensitive; their EDIFACT identities by id and qualifier', async () => {
    const files = await endpointFiles();
    const inactive = await partnerFile({ active: false, as2: { id: 'OFF', url: 'https://off.example/' } });
    const home = await load({
      ...files,
      'partners/a.yaml': stringify(await partnerFile()),
      'partners/off.yaml': stringify(inactive),
    });
    assert.equal(partnerByAs2Id(home, 'THEM')?.shortName, 'a');
    assert.equal(partnerByAs2Id(home, 'Them'), undefined);
    assert.equal(partnerByAs2Id(home, 'OFF'), undefined);
    assert.equal(partnerByShortName(home, 'off')?.as2.id, 'OFF');
    assert.deepEqual(edifactIdentityOf(home.partners[0]!, 'AUDAFF', 'ZZZ')?.countries, ['AU']);
    assert.equal(edifactIdentityOf(home.partners[0]!, 'AUDAFF'), undefined);
    assert.equal(edifactIdentityOf(home.partners[0]!, 'AUDAFF', 'ZZ'), undefined);
  });

  it('takes a key with nothing behind it as left out', async () => {
    const files = await endpointFiles();
    const { endpoint } = await load({
      ...files,
      'countersign.yaml': `${files['countersign.yaml']!}listen:\nlog:\n  # level: debug\n`,
    });
    assert.equal(endpoint.listen.port, 4080);
  });
});
