import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';

import {
  bytesOfPart,
  compressed,
  encrypted,
  multipartSigned,
  signedDetached,
  signedOpaque,
  type Part,
} from '../as2/by-hand.ts';
import { identity } from '../support/identities.ts';
import { post } from '../support/peer.ts';
import { refused, shown, startTarget, type Target } from '../support/target.ts';

const ciphers = { CBC: 'aes128-cbc', GCM: 'aes128-gcm' } as const;

describe('attacks: structure', () => {
  let target: Target;
  let entity: Buffer;
  /** What nobody signed. */
  let foreign: Buffer;

  before(async () => {
    target = await startTarget({
      prepare: async (home, { url }) => {
        const { certificate } = await identity('au-van');
        const open = { allowUnencrypted: true, allowUnsigned: true };
        home.addPartner('open', { as2Id: 'OPEN', url, certificatePem: certificate.pem, receive: open, identities: [] });
        home.addPartner('sleeping', { as2Id: 'SLEEPING', url, certificatePem: certificate.pem, identities: [] });
        appendFileSync(path.join(home.directory, 'partners/sleeping.yaml'), 'active: false\n');
      },
    });
    const edifact = (body: Buffer) => bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body });
    entity = edifact(target.newInterchange());
    foreign = edifact(target.newInterchange());
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched();
  });

  const sign = (content: Buffer) => signedDetached(content, target.partner.identity);
  const encrypt = (part: Part, cipher: keyof typeof ciphers) =>
    encrypted(bytesOfPart(part), target.home.own.certificate, { cipher: ciphers[cipher], keyTransport: 'rsa-pkcs1' });
  const multipart = (type: string, ...parts: Buffer[]): Part => ({
    headers: [['Content-Type', `multipart/${type}; boundary="outer"`]],
    body: Buffer.concat([
      ...parts.flatMap((part) => [Buffer.from('--outer\r\n'), part, Buffer.from('\r\n')]),
      Buffer.from('--outer--\r\n'),
    ]),
  });

  /** In clear from a partner who may; in GCM, whose content nobody altered; in CBC, of which nothing is told. */
  async function isRefused(
    make: () => Promise<Part>,
    told = 'unexpected-processing-error',
    inCbc = 'decryption-failed',
  ) {
    const part = await make();
    await refused(target, await target.attack(part, { from: 'OPEN' }), told);
    await refused(target, await target.attack(await encrypt(part, 'GCM'), { from: 'OPEN' }), told);
    await refused(target, await target.attack(await encrypt(part, 'CBC')), inCbc);
  }

  /** What is seen first is that no signature covers it. */
  const unsigned = ['unexpected-processing-error', 'insufficient-message-security'] as const;

  /** As a message without signature, which no strict partner may send. */
  async function isUnsigned(make: () => Promise<Part>) {
    const part = await make();
    for (const cipher of ['GCM', 'CBC'] as const)
      await refused(target, await target.attack(await encrypt(part, cipher)), 'insufficient-message-security');
  }

  it('a signed part beside an unsigned one', async () => {
    for (const type of ['mixed', 'related; type="application/EDIFACT"', 'alternative']) {
      await isUnsigned(async () => multipart(type, bytesOfPart(await sign(entity)), foreign));
      await isUnsigned(async () => multipart(type, foreign, bytesOfPart(await sign(entity))));
    }
  });

  it('a third part in multipart/signed, in any place', async () => {
    const { body } = await sign(entity);
    const from = body.indexOf('\r\n--BOUNDARY\r\n', 12) + '\r\n--BOUNDARY\r\n'.length;
    const signature = body.subarray(from, body.lastIndexOf('\r\n--BOUNDARY--'));
    for (const parts of [
      [entity, signature, foreign],
      [entity, foreign, signature],
      [foreign, entity, signature],
      [entity, signature, signature],
    ])
      await isRefused(() => Promise.resolve(multipartSigned(parts)));
  });

  it('two boundaries in one Content-Type, of which a reader may take either', () =>
    isRefused(async () => {
      const { headers, body } = await sign(entity);
      return { headers: headers.map(([name, value]) => [name, `${value}; boundary=other`] as const), body };
    }));

  it('content behind the last boundary of what is signed is not taken', async () => {
    const { headers, body } = await sign(entity);
    const more = Buffer.concat([body, foreign]);
    await refused(target, await target.attack(await encrypt({ headers, body: more }, 'CBC')), 'decryption-failed');
  });

  it('a multipart/signed in a multipart/signed', () => isRefused(async () => sign(bytesOfPart(await sign(entity)))));

  it('a signature around a signature of somebody else', () =>
    isRefused(async () => sign(bytesOfPart(await signedOpaque(entity, await identity('stranger'))))));

  it('a signature outside the encryption', async () => {
    for (const cipher of ['CBC', 'GCM'] as const) {
      const inner = await encrypt(await sign(entity), cipher);
      await refused(
        target,
        await target.attack(await sign(bytesOfPart(inner)), { from: 'OPEN' }),
        'unexpected-processing-error',
      );
      const opaque = await signedOpaque(bytesOfPart(inner), target.partner.identity);
      await refused(target, await target.attack(opaque), 'insufficient-message-security');
    }
  });

  it('encryption within encryption', async () => {
    const inner = await encrypt(await sign(entity), 'GCM');
    await refused(
      target,
      await target.attack(await encrypt(inner, 'GCM'), { from: 'OPEN' }),
      'unexpected-processing-error',
    );
  });

  it('compression twice, in any place', async () => {
    const compress = async (part: Part) => compressed(bytesOfPart(part));
    await isRefused(async () => compress(await compressed(entity)), ...unsigned);
    await isRefused(async () => compress(await sign(bytesOfPart(await compressed(entity)))));
    await isRefused(async () => compress(await compress(await sign(entity))), ...unsigned);
    await isRefused(async () => sign(bytesOfPart(await compress(await compressed(entity)))));
  });

  it('encryption within compression', () =>
    isRefused(async () => compressed(bytesOfPart(await encrypt(await sign(entity), 'GCM'))), ...unsigned));

  it('CMS of a kind that is none of AS2 does not pass for a signature', async () => {
    // A ContentInfo of digestedData (RFC 5652 §7).
    const body = Buffer.concat([Buffer.from('301006092a864886f70d010705a003020100', 'hex')]);
    const headers = [['Content-Type', 'application/pkcs7-mime; smime-type=signed-data']] as const;
    await isRefused(() => Promise.resolve({ headers, body }));
  });

  it('probing for partners: unknown sender, unknown receiver and inactive partner get the same answer', async () => {
    const part = await encrypt(await sign(entity), 'CBC');
    const probes = [
      { from: 'NOBODY-00', to: target.home.as2Id },
      { from: 'AU-VAN', to: 'NOBODY-00' },
      { from: 'NOBODY-00', to: 'NOBODY-01' },
      { from: 'SLEEPING', to: target.home.as2Id },
      { from: 'au-van', to: target.home.as2Id },
      { from: '"AU-VAN "', to: target.home.as2Id },
    ];
    const answers = new Set<string>();
    for (const names of probes) {
      const result = await target.attack(part, names);
      await refused(target, result, 'unknown-trading-relationship');
      assert.doesNotMatch(result.answered.body.toString('latin1'), /pkcs7-signature/);
      const echoed = [names.from, names.to].map((name) => name.replaceAll('"', ''));
      const seen = echoed.reduce(
        (text, name) => text.replaceAll(`"${name}"`, 'NAME').replaceAll(name, 'NAME'),
        shown(result),
      );
      answers.add(seen.replace(/^content-length: .*$/im, ''));
    }
    assert.equal(answers.size, 1, [...answers].join('\n----\n'));
  });

  it('probing for partners: without names, with two, or with one that is none, nothing is told and nothing kept', async () => {
    const { headers, body } = await encrypt(await sign(entity), 'CBC');
    const id = ['Message-ID', '<probe@attack.test>'] as const;
    const from = ['AS2-From', 'AU-VAN'] as const;
    const to = ['AS2-To', target.home.as2Id] as const;
    const asks = ['Disposition-Notification-To', 'x'] as const;
    const answers = new Set<string>();
    for (const names of [[from], [to], [], [from, from, to], [from, to, to], [['AS2-From', '""'] as const, to]]) {
      const answered = await post(target.url, [id, asks, ...names, ...headers], body);
      assert.equal(answered.status, 400);
      answers.add(answered.body.toString());
    }
    assert.equal(answers.size, 1);
    assert.equal(await target.store.getMessage('<probe@attack.test>'), undefined);
  });

  it('the sender is the receiver', async () => {
    const part = await encrypt(await sign(entity), 'CBC');
    const result = await target.attack(part, { from: target.home.as2Id });
    await refused(target, result, 'sender-equals-receiver');
  });
});
