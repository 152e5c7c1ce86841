import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { addIdentity } from '../../src/config/add-identity.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadHome } from '../../src/config/load.ts';
import { createHome } from '../../src/config/scaffold.ts';
import { writePartners } from '../../src/config/write-partner.ts';
import { inDays, issue, now, partnerFile, temporaryFolder } from './support.ts';

const options = {
  as2Id: 'US: "CBP" #1',
  edifact: { id: 'USCBP', qualifier: '' },
  keyType: 'rsa-2048',
  days: 730,
  now,
} as const;

describe('config/scaffold', () => {
  let home: string;
  before(async () => {
    home = temporaryFolder();
    await createHome(home, options);
  });

  it('makes a home that loads at once, without a warning', async () => {
    const { endpoint, partners, warnings } = await loadHome(home, {}, now);
    assert.equal(endpoint.as2.id, options.as2Id);
    assert.deepEqual(endpoint.edifact.identities, [options.edifact]);
    assert.deepEqual(
      partners.map(({ shortName, active }) => [shortName, active]),
      [['example-van', false]],
    );
    assert.deepEqual(warnings, []);
  });

  it('keeps the private key for the owner alone, and out of Git', () => {
    assert.equal(statSync(path.join(home, 'keys/endpoint.key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(path.join(home, 'keys')).mode & 0o777, 0o700);
    assert.match(readFileSync(path.join(home, '.gitignore'), 'utf8'), /^keys\/\*\.key\.pem$/m);
  });

  it('never overwrites: with one file there, none is written', async () => {
    const before = readFileSync(path.join(home, 'keys/endpoint.key.pem'), 'utf8');
    await assert.rejects(createHome(home, options), ConfigError);
    assert.equal(readFileSync(path.join(home, 'keys/endpoint.key.pem'), 'utf8'), before);
    const config = await partnerFile();
    const partner = (shortName: string) => ({ shortName, config, files: [] });
    await assert.rejects(writePartners(home, [partner('new'), partner('example-van')]), ConfigError);
    assert.ok(!readdirSync(path.join(home, 'partners')).includes('new.yaml'));
  });

  it('writes no partner that would not load', async () => {
    const config = await partnerFile({ as2: { id: '', url: 'nowhere' } });
    await assert.rejects(
      writePartners(home, [{ shortName: 'bad', config, files: [] }]),
      (error) => error instanceof ConfigError && error.problems.length === 2,
    );
    for (const shortName of ['../x', 'A', '', 'a/b', '-a'])
      await assert.rejects(writePartners(home, [{ shortName, config: await partnerFile(), files: [] }]), ConfigError);
  });

  it('adds a key to countersign.yaml and leaves the comments', async () => {
    const { certificate, privateKeyPem } = await issue('next');
    await addIdentity(home, { name: 'next', certificatePem: certificate.pem, privateKeyPem, validFrom: inDays(14) });
    const { endpoint } = await loadHome(home, {}, now);
    assert.deepEqual(
      endpoint.identities.map(({ name }) => name),
      ['endpoint', 'next'],
    );
    assert.deepEqual(endpoint.identities[1]?.validFrom, inDays(14));
    const text = readFileSync(path.join(home, 'countersign.yaml'), 'utf8');
    assert.match(text, /# Our name in AS2\./);
    assert.match(text, /# Our names in EDIFACT/);
    await assert.rejects(addIdentity(home, { name: 'next', certificatePem: '', privateKeyPem: '' }), ConfigError);
    await assert.rejects(addIdentity(home, { name: '../next', certificatePem: '', privateKeyPem: '' }), ConfigError);
    assert.equal(readFileSync(path.join(home, 'countersign.yaml'), 'utf8'), text);
  });
});
