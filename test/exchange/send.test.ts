import assert from 'node:assert/strict';

import { kept, keptSource } from '../../src/bytes/kept.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import { loadHome } from '../../src/config/load.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import { issueSelfSigned } from '../../src/pki/issue.ts';
import { unwrap } from '../support/unwrap.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity, type TestIdentity } from '../support/identities.ts';

const now = new Date();
const day = 86_400_000;

describe('making a message', () => {
  let home: TestHome;
  let partner: TestIdentity;

  before(async () => {
    partner = await identity('partner');
    home = await makeHome();
    home.addPartner('them', {
      as2Id: 'THEM',
      url: 'http://127.0.0.1:9/as2',
      certificatePem: partner.certificate.pem,
    });
    const old = new Date(now.getTime() - 10 * day);
    const { certificate } = await issueSelfSigned({ commonName: 'late', days: 1, keyType: 'rsa-2048', now: old });
    home.addPartner('late', {
      as2Id: 'LATE',
      url: 'http://127.0.0.1:9/as2',
      certificatePem: certificate.pem,
      identities: [],
    });
  });

  const make = async (fileName: string, to = 'them', at = now) => {
    const loaded = await loadHome(home.directory, {}, now);
    const payload = { content: kept(Buffer.from("UNB'")), contentType: 'application/EDIFACT', fileName };
    return makeMessage({ payload }, partnerByShortName(loaded, to)!, loaded, at, memorySpool);
  };

  it('RFC 4130 §5.3.3, §7.3: has a Message-ID of its own, and asks for a signed receipt by both options', async () => {
    const [first, second] = [await make('a'), await make('a')];
    assert.notEqual(first.messageId, second.messageId);
    const fields = new Map(first.headers);
    assert.equal(fields.get('Message-ID'), first.messageId);
    assert.ok(fields.has('Disposition-Notification-To'));
    assert.match(
      fields.get('Disposition-Notification-Options') ?? '',
      /^signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256$/,
    );
  });

  it('RFC 4130 §7.4.3: the digest of our signature is asked for first, as partners differ in what they make the MIC by', async () => {
    home.addPartner('strong', {
      as2Id: 'STRONG',
      url: 'http://127.0.0.1:9/as2',
      certificatePem: partner.certificate.pem,
      send: { sign: 'sha384', mdnMicalgs: ['sha512', 'sha256'] },
      identities: [],
    });
    const { headers } = await make('a', 'strong');
    const options = new Map(headers).get('Disposition-Notification-Options') ?? '';
    assert.match(options, /signed-receipt-micalg=optional, sha-384, sha-512, sha-256$/);
  });

  it('RFC 5753 §3.1: to a partner with an EC certificate the key goes by ECDH, without a word in its file', async () => {
    const ec = await identity('ec partner', 'ec');
    home.addPartner('curved', {
      as2Id: 'CURVED',
      url: 'http://127.0.0.1:9/as2',
      certificatePem: ec.certificate.pem,
      identities: [],
    });
    const { headers, raw, facts } = await make('a', 'curved');
    assert.deepEqual([facts.keyTransport, (await make('a')).facts.keyTransport], ['ecdh-sha256', 'rsa-pkcs1']);
    const message = { headers, body: keptSource(raw) };
    const context = {
      keys: [ec],
      pinned: [home.signer.certificate],
      policy: strictPolicy,
      micDigest: 'sha256',
    } as const;
    assert.equal((await unwrap(message, context)).facts.envelope?.keyTransport, 'ecdh-sha256');
  });

  it('AS2 file names: any name arrives as it was given', async () => {
    for (const fileName of ['a.edi', 'a b;"c"\\d.edi', 'été.edi', '証明書.edi', '../../x']) {
      const { headers, raw } = await make(fileName);
      const { payload } = await unwrap(
        { headers, body: keptSource(raw) },
        { keys: [partner], pinned: [home.own.certificate], policy: strictPolicy, micDigest: 'sha256' },
      );
      assert.equal(payload.fileName, fileName);
    }
  });

  it('draft rfc4130bis §10: an expired certificate, theirs or ours, is an error at once', async () => {
    await assert.rejects(make('a', 'late'), { code: 'NO_ENCRYPTION_CERTIFICATE' });
    const expired = new Date(home.own.certificate.notAfter.getTime() + day);
    await assert.rejects(make('a', 'them', expired), { code: 'NO_SIGNING_IDENTITY' });
  });
});
