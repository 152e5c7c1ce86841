import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { serve, type Served } from '../support/served.ts';
import { queueTo } from '../support/two-endpoints.ts';

const keyOf = (kind: 'ed25519' | 'x25519') => {
  const { certificatePem, privateKey } = testIdentity(kind, 'modern');
  return { certificate: readCertificate(certificatePem), privateKey };
};

describe('an endpoint whose keys are Ed25519 and X25519', function () {
  let modern: Served;
  let other: Served;

  before(async function () {
    if (!hasOpenssl) return this.skip();
    const [modernPort, otherPort] = [await freePort(), await freePort()];
    const modernHome = await makeHome(
      { listen: { host: '127.0.0.1', port: modernPort } },
      { own: keyOf('x25519'), signer: keyOf('ed25519') },
    );
    const otherHome = await makeHome(
      { as2: { id: 'OTHER' }, listen: { host: '127.0.0.1', port: otherPort } },
      { as2Id: 'OTHER' },
    );
    know(otherHome, modernHome, modernPort, [
      { pem: modernHome.own.certificate.pem, use: ['encrypt'] },
      { pem: modernHome.signer.certificate.pem, use: ['sign'] },
    ]);
    know(modernHome, otherHome, otherPort, [{ pem: otherHome.own.certificate.pem }], { sign: 'sha512' });
    modern = await serve(modernHome);
    other = await serve(otherHome);
  });
  after(async () => {
    await (modern as Served | undefined)?.stop();
    await (other as Served | undefined)?.stop();
  });

  it('RFC 8418, RFC 8419: opens what is encrypted to it, and signs the receipt over SHA-512, the MIC being as it was asked for', async () => {
    for (const encrypt of ['aes128-cbc', 'aes256-gcm', 'aes256-ccm'] as const) {
      const sent = await queueTo(other, Buffer.from(`to X25519 by ${encrypt}`), { encrypt, sign: 'sha256' });
      const { state, attempts, mdns } = await other.reached(sent.id, 'delivered', 'refused', 'failed');
      assert.deepEqual([state, attempts], ['delivered', 1]);
      const [receipt] = mdns;
      assert.deepEqual([receipt?.signed, receipt?.mic], [true, sent.mic]);
      assert.match(receipt?.mic ?? '', /, sha-256$/);
      const { facts } = await modern.reached(sent.messageId, 'unreadable');
      assert.equal(JSON.stringify(facts).includes('"ecdh-hkdf-sha256"'), true);
    }
  });

  it('RFC 8419 §3.1: signs what it sends', async () => {
    const sent = await queueTo(modern, Buffer.from('by Ed25519'));
    const { state } = await modern.reached(sent.id, 'delivered', 'refused', 'failed');
    assert.equal(state, 'delivered');
    const { facts } = await other.reached(sent.messageId, 'unreadable');
    assert.equal(JSON.stringify(facts).includes('"ed25519"'), true);
  });
});

function know(
  one: TestHome,
  another: TestHome,
  port: number,
  certificates: PartnerFile['certificates'],
  send: PartnerFile['send'] = {},
): void {
  const partner: PartnerFile = {
    name: 'other',
    as2: { id: another.as2Id, url: `http://127.0.0.1:${port}/as2` },
    certificates,
    send,
    edifact: { identities: [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] }] },
  };
  writeFileSync(path.join(one.directory, 'partners/other.yaml'), stringify(partner));
}
