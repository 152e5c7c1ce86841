import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import type { KeyTransportName } from '../../src/cms/algorithms.ts';
import { dangersOf } from '../../src/config/dangers.ts';
import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { testIdentity } from '../support/openssl.ts';
import { endpointFiles, issue, load, partnerFile, problemsOf } from './support.ts';

const two = async (a: Partial<PartnerFile>, b: Partial<PartnerFile>) => ({
  ...(await endpointFiles()),
  'partners/a.yaml': stringify(await partnerFile(a)),
  'partners/b.yaml': stringify(await partnerFile(b)),
});
const as2 = (id: string) => ({ as2: { id, url: 'https://them.example/as2' } });
const edifact = (id: string) => ({ edifact: { identities: [{ id, qualifier: 'ZZZ', countries: ['AU'] }] } });
const keys = async (files: Promise<Record<string, string>> | Record<string, string>) =>
  (await problemsOf(await files)).map(({ file, key }) => `${file} ${key}`);

describe('config/cross-check', () => {
  it('refuses two active partners with one AS2 name', async () => {
    const other = edifact('OTHER');
    assert.deepEqual(await keys(two({}, other)), ['partners/b.yaml as2.id']);
    assert.deepEqual(await keys(two({}, { ...other, ...as2('Them') })), []);
    assert.deepEqual(await keys(two({}, { ...other, active: false })), []);
  });

  it('refuses our own AS2 name as that of a partner', async () => {
    assert.deepEqual(await keys(two(as2('US'), edifact('OTHER'))), ['partners/a.yaml as2.id']);
  });

  it('refuses an EDIFACT identity of two parties, us included', async () => {
    assert.deepEqual(await keys(two({}, as2('OTHER'))), ['partners/b.yaml edifact.identities[0].id']);
    assert.deepEqual(await keys(two(edifact('USCBP'), as2('OTHER'))), ['partners/a.yaml edifact.identities[0].id']);
  });

  it('refuses to ask for asynchronous MDNs without an address for them', async () => {
    const files = {
      ...(await endpointFiles()),
      'partners/a.yaml': stringify(await partnerFile({ send: { mdn: 'async' } })),
    };
    assert.deepEqual(await keys(files), ['partners/a.yaml send.mdn']);
    const withUrl = await endpointFiles({ as2: { id: 'US', url: 'https://us.example/as2' } });
    assert.deepEqual(await keys({ ...files, ...withUrl }), []);
  });

  it('refuses a use that a key is not capable of', async () => {
    const ec = await issue('ec', 'ec-p256');
    const pss = testIdentity('rsa-pss');
    const problemsOf = async (pem: string, keyTransport?: KeyTransportName) => {
      const partner = await partnerFile({ certificates: [{ pem }], send: { keyTransport } });
      return keys({ ...(await endpointFiles()), 'partners/a.yaml': stringify(partner) });
    };
    const rsa = await issue('rsa', 'rsa-2048');
    assert.deepEqual(await problemsOf(ec.certificate.pem), []);
    assert.deepEqual(await problemsOf(ec.certificate.pem, 'ecdh-sha256'), []);
    assert.deepEqual(await problemsOf(ec.certificate.pem, 'rsa-pkcs1'), ['partners/a.yaml certificates[0]']);
    assert.deepEqual(await problemsOf(rsa.certificate.pem, 'ecdh-sha256'), ['partners/a.yaml certificates[0]']);
    assert.deepEqual(await problemsOf(ec.certificate.pem, 'ecdh-hkdf-sha256'), ['partners/a.yaml certificates[0]']);
    assert.deepEqual(await problemsOf(pss.certificatePem), ['partners/a.yaml certificates[0]']);
    const scheme = await partnerFile({ send: { scheme: 'ecdsa' } });
    assert.deepEqual(await keys({ ...(await endpointFiles()), 'partners/a.yaml': stringify(scheme) }), [
      'partners/a.yaml send.scheme',
    ]);
    const own = async (certificate: string, key: string) =>
      keys({ ...(await endpointFiles()), 'keys/own.cert.pem': certificate, 'keys/own.key.pem': key });
    assert.deepEqual(await own(ec.certificate.pem, ec.privateKeyPem), []);
    for (const key of ['ed25519', 'x25519', 'rsa-pss'] as const) {
      const { certificatePem, privateKeyPem } = testIdentity(key);
      assert.deepEqual(await own(certificatePem, privateKeyPem), ['countersign.yaml identities[0].use'], key);
    }
    const theirs = async (key: 'ed25519' | 'x25519', use: 'sign' | 'encrypt') => {
      const partner = await partnerFile({ certificates: [{ pem: testIdentity(key).certificatePem, use: [use] }] });
      return keys({ ...(await endpointFiles()), 'partners/a.yaml': stringify(partner) });
    };
    assert.deepEqual(await theirs('ed25519', 'sign'), []);
    assert.deepEqual(await theirs('ed25519', 'encrypt'), ['partners/a.yaml certificates[0]']);
    assert.deepEqual(await theirs('x25519', 'encrypt'), []);
    assert.deepEqual(await theirs('x25519', 'sign'), ['partners/a.yaml certificates[0]']);
  });

  it('takes an Ed25519 key that signs and an X25519 key that decrypts, of ours; RFC 8419 §3.1: to sign over SHA-512 alone', async () => {
    const [edwards, montgomery] = [testIdentity('ed25519'), testIdentity('x25519')];
    const files = (send: PartnerFile['send'], identities: readonly object[]) => async () =>
      keys({
        ...(await endpointFiles({ identities })),
        'keys/ed.cert.pem': edwards.certificatePem,
        'keys/ed.key.pem': edwards.privateKeyPem,
        'keys/x.cert.pem': montgomery.certificatePem,
        'keys/x.key.pem': montgomery.privateKeyPem,
        'partners/a.yaml': stringify(await partnerFile({ send })),
      });
    const identity = (name: string, use?: 'sign' | 'decrypt') => ({
      certificate: `keys/${name}.cert.pem`,
      key: `keys/${name}.key.pem`,
      ...(use && { use: [use] }),
    });
    const modern = [identity('ed', 'sign'), identity('x', 'decrypt')];
    assert.deepEqual(await files({ sign: 'sha512' }, modern)(), []);
    assert.deepEqual(await files({ sign: 'none' }, modern)(), []);
    assert.deepEqual(await files({ sign: 'sha512', scheme: 'ed25519' }, modern)(), []);
    assert.deepEqual(await files({}, modern)(), ['partners/a.yaml send.sign']);
    assert.deepEqual(await files({ sign: 'sha512', scheme: 'rsa-pss' }, modern)(), ['partners/a.yaml send.scheme']);
    const both = [identity('own'), ...modern];
    assert.deepEqual(await files({}, both)(), []);
    assert.deepEqual(await files({ scheme: 'ed25519' }, both)(), ['partners/a.yaml send.sign']);
    assert.deepEqual(await files({ scheme: 'ed25519', sign: 'sha512' }, both)(), []);
  });

  it('tells of a key of ours that cannot be loaded once: not as one that is missing for a scheme as well', async () => {
    const scheme = await partnerFile({ send: { scheme: 'rsa-pss' } });
    const files = { ...(await endpointFiles()), 'keys/own.key.pem': 'x', 'partners/a.yaml': stringify(scheme) };
    assert.deepEqual(await keys(files), ['countersign.yaml identities[0].key']);
  });

  it('the largest message must fit into the spool', async () => {
    const limits = (messageSize: string, spoolSpace: string) => endpointFiles({ limits: { messageSize, spoolSpace } });
    assert.deepEqual(await keys(limits('2 GiB', '1 GiB')), ['countersign.yaml limits.spoolSpace']);
    assert.deepEqual(await keys(limits('2 GiB', '2 GiB')), []);
  });

  it('refuses a longest pause that is shorter than the first', async () => {
    const pauses = (firstPause: string, longestPause: string) =>
      endpointFiles({ outbox: { firstPause, longestPause } });
    assert.deepEqual(await keys(pauses('31s', '30s')), ['countersign.yaml outbox.longestPause']);
    assert.deepEqual(await keys(pauses('30s', '30s')), []);
  });

  it('ISO 3166: warns of a country that there is none', async () => {
    const identities = [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU', 'XX'] }];
    const partner = stringify(await partnerFile({ edifact: { identities } }));
    const { warnings } = await load({ ...(await endpointFiles()), 'partners/a.yaml': partner });
    assert.deepEqual(
      warnings.map(({ key, message }) => `${key}: ${message}`),
      ['edifact.identities[0].countries[1]: XX is no country of ISO 3166'],
    );
  });

  it('warns of certificates that have ended or will, ours and those of partners, and of no EDIFACT identity', async () => {
    const ended = await issue('ended', 'rsa-2048', 300);
    const ending = await issue('ending', 'rsa-2048', 380);
    const files = {
      ...(await endpointFiles()),
      'keys/own.cert.pem': ending.certificate.pem,
      'keys/own.key.pem': ending.privateKeyPem,
    };
    const partner = await partnerFile({ certificates: [{ pem: ended.certificate.pem }], edifact: { identities: [] } });
    const { warnings } = await load({ ...files, 'partners/a.yaml': stringify(partner) });
    assert.deepEqual(
      warnings.map(({ message }) => message),
      [
        'no key that signs will be valid in 30 days',
        'none to sign is valid now: its messages and receipts are refused',
        'none to encrypt is valid now: nothing can be sent to it',
        'is empty: all its interchanges are refused',
      ],
    );
    const inactive = await load({
      ...(await endpointFiles()),
      'partners/a.yaml': stringify({ ...partner, active: false }),
    });
    assert.deepEqual(inactive.warnings, []);
  });
});

describe('config/dangers', () => {
  it('finds nothing in the defaults', async () => {
    assert.deepEqual(dangersOf(await load(await two(as2('A'), { ...as2('B'), ...edifact('B') }))), []);
  });

  it('lists every dangerous setting that is in force', async () => {
    const files = await endpointFiles({ operators: { host: '0.0.0.0' } });
    const partner = await partnerFile({
      as2: { id: 'A', url: 'http://a.example/', basicAuth: { user: 'u', passwordEnv: 'P' } },
      receive: { allowUnsigned: true, allowUnencrypted: true, allowSha1: true, allow3des: true },
      send: { sign: 'none', encrypt: 'none', mdnSigned: false },
    });
    const dangers = dangersOf(await load({ ...files, 'partners/a.yaml': stringify(partner) }, { P: 'x' }));
    assert.deepEqual(
      dangers.map(({ key }) => key),
      [
        'operators.host',
        'receive.allowUnsigned',
        'receive.allowUnencrypted',
        'receive.allowSha1',
        'receive.allow3des',
        'send.sign',
        'send.encrypt',
        'send.mdnSigned',
        'as2.url',
      ],
    );
    assert.deepEqual(
      dangersOf(
        await load(
          { ...(await endpointFiles()), 'partners/a.yaml': stringify({ ...partner, active: false }) },
          { P: 'x' },
        ),
      ),
      [],
    );
  });
});
