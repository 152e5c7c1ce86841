import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { storedBytes } from '../support/stored.ts';
import { OID, type CipherName } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { attribute, attributesField, craftSignedData, craftSigner } from '../cms/support.ts';
import {
  bytesOfPart,
  encrypted,
  multipartSigned,
  signaturePart,
  signedByNobody,
  signedDetached,
  signedOpaque,
  type Part,
} from '../as2/by-hand.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { refused, startTarget, type Target } from '../support/target.ts';

/** The cipher around an attack; none where the partner may send in clear. */
const wrappings = { 'in clear': undefined, 'in CBC': 'aes256-cbc', 'in GCM': 'aes256-gcm' } as const;

describe('attacks: signatures', () => {
  let target: Target;
  let partner: TestIdentity;
  /** The partner's name and serial number on a key of the attacker's. */
  let forger: TestIdentity;
  let stranger: TestIdentity;
  let other: TestIdentity;
  let expired: TestIdentity;
  let early: TestIdentity;
  let encryptOnly: TestIdentity;
  let entity: Buffer;
  const accepted: string[] = [];

  before(async () => {
    partner = await identity('au-van');
    forger = await identity('au-van', 'rsa', 'forged');
    [stranger, other, expired, early, encryptOnly] = (await Promise.all(
      (['stranger', 'nz-van', 'au-old', 'au-new', 'au-crypt'] as const).map((name) => identity(name)),
    )) as [TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity];
    const moreCertificates = [
      { pem: expired.certificate.pem, validTo: '2021-01-01' },
      { pem: early.certificate.pem, validFrom: '2039-01-01' },
      { pem: encryptOnly.certificate.pem, use: ['encrypt' as const] },
    ];
    target = await startTarget({
      partner: { moreCertificates },
      prepare: (home, { url }) => {
        const certificatePem = partner.certificate.pem;
        const open = { allowUnencrypted: true };
        home.addPartner('open', {
          as2Id: 'OPEN',
          url,
          certificatePem,
          moreCertificates,
          receive: open,
          identities: [],
        });
        home.addPartner('nz-van', { as2Id: 'NZ-VAN', url, certificatePem: other.certificate.pem, identities: [] });
      },
    });
    entity = bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: target.newInterchange() });
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched(...accepted);
  });

  const seal = (part: Part, cipher: CipherName) =>
    encrypted(bytesOfPart(part), target.home.own.certificate, { cipher, keyTransport: 'rsa-oaep-sha256' });

  /** In each wrapping; `inCbc` is what is told inside unauthenticated encryption. */
  async function isRefused(make: () => Promise<Part> | Part, told: string, inCbc = told) {
    for (const [name, cipher] of Object.entries(wrappings)) {
      const part = await make();
      const sent = cipher === undefined ? part : await seal(part, cipher);
      const result = await target.attack(sent, { from: cipher === undefined ? 'OPEN' : 'AU-VAN' });
      await refused(target, result, name === 'in CBC' ? inCbc : told);
      assert.equal((await target.store.getMessage(result.messageId))?.signer, undefined);
    }
  }

  const opaque = (body: Buffer): Part => ({ headers: [['Content-Type', 'application/pkcs7-mime']], body });
  const detached = (cms: Buffer): Part => multipartSigned([entity, signaturePart(cms)]);
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  const contentType = () => attribute(OID.contentType, oid(OID.data));
  const messageDigest = (bytes: Buffer) => attribute(OID.messageDigest, octetString(digest(bytes)));

  for (const [form, sign] of Object.entries({ detached: signedDetached, opaque: signedOpaque })) {
    it(`SignedData without any signer, ${form}`, () =>
      isRefused(
        () => (form === 'opaque' ? opaque(signedByNobody(entity)) : detached(signedByNobody())),
        'authentication-failed',
        'decryption-failed',
      ));

    it(`a certificate of one's own with the partner's issuer and serial number, enclosed, ${form}`, () =>
      isRefused(() => sign(entity, forger), 'authentication-failed'));

    it(`the same, not enclosed, ${form}`, () =>
      isRefused(
        () => sign(entity, forger, { digest: 'sha256', includeCertificate: false }),
        'authentication-failed',
        'decryption-failed',
      ));

    it(`a key of one's own, naming the partner's certificate and enclosing it, ${form}`, () =>
      isRefused(
        () => sign(entity, { certificate: partner.certificate, privateKey: stranger.privateKey }),
        'authentication-failed',
        'decryption-failed',
      ));

    it(`a stranger, ${form}`, () => isRefused(() => sign(entity, stranger), 'authentication-failed'));
  }

  it('AS2-From of another partner, signed with a good key of a partner', async () => {
    await isRefused(() => signedDetached(entity, other), 'authentication-failed');
    const swapped = await signedDetached(entity, partner);
    const sent = await seal(swapped, 'aes256-cbc');
    await refused(target, await target.attack(sent, { from: 'NZ-VAN' }), 'authentication-failed');
  });

  it('our own certificate as the signer', () =>
    isRefused(
      () => signedDetached(entity, { certificate: target.home.own.certificate, privateKey: stranger.privateKey }),
      'authentication-failed',
      'decryption-failed',
    ));

  it("a certificate of the partner's that has expired", () =>
    isRefused(() => signedDetached(entity, expired), 'authentication-failed'));

  it("a certificate of the partner's that is not valid yet", () =>
    isRefused(() => signedDetached(entity, early), 'authentication-failed'));

  it("a certificate of the partner's that is for encryption", () =>
    isRefused(() => signedDetached(entity, encryptOnly), 'authentication-failed'));

  it('the partner signed something else', async () => {
    const { body } = await signedDetached(Buffer.from('Content-Type: text/plain\r\n\r\nhello'), partner);
    const changed = Buffer.from(body.toString('latin1').replace('hello', 'HELLO'), 'latin1');
    const part = (await signedDetached(entity, partner)).headers;
    await isRefused(() => ({ headers: part, body: changed }), 'integrity-check-failed', 'decryption-failed');
  });

  it('messageDigest of this content under a signature of other attributes', async () => {
    const signed = attributesField(contentType(), messageDigest(Buffer.from('something else')));
    const shown = attributesField(contentType(), messageDigest(entity));
    const bytes = encode(signed);
    bytes[0] = 0x31;
    const cms = craftSignedData([craftSigner({ identity: partner, attributes: shown, signed: bytes })]);
    await isRefused(() => detached(cms), 'authentication-failed', 'decryption-failed');
  });

  it('signed attributes without a messageDigest, or with two', async () => {
    for (const digests of [[], [messageDigest(entity), messageDigest(Buffer.from('x'))]]) {
      const field = attributesField(contentType(), ...digests);
      const bytes = encode(field);
      bytes[0] = 0x31;
      const cms = craftSignedData([craftSigner({ identity: partner, attributes: field, signed: bytes })]);
      await isRefused(() => detached(cms), 'unexpected-processing-error', 'decryption-failed');
    }
  });

  it('the signed attributes of another message, passed off as content that was signed without any', async () => {
    const field = attributesField(contentType(), messageDigest(entity));
    const attributes = encode(field);
    attributes[0] = 0x31;
    const cms = craftSignedData([craftSigner({ identity: partner, signed: attributes })], attributes);
    await isRefused(() => opaque(cms), 'integrity-check-failed', 'decryption-failed');
  });

  it('a signature by a certificate list in place of a signer', async () => {
    const certificates = element(context(0, true), [partner.certificate.der]);
    const info = sequence(smallInteger(1), setOf([]), encapsulated([entity]), certificates, setOf([]));
    const cms = encode(contentInfo(OID.signedData, info));
    await isRefused(() => opaque(cms), 'authentication-failed', 'decryption-failed');
  });

  it("a stranger's signature in front of an altered one of the partner's", async () => {
    const field = attributesField(contentType(), messageDigest(entity));
    const bytes = encode(field);
    bytes[0] = 0x31;
    const strangers = craftSigner({ identity: stranger, attributes: field, signed: bytes });
    const altered = craftSigner({ identity: partner, attributes: field, signed: Buffer.from('else') });
    const cms = craftSignedData([strangers, altered], undefined);
    await isRefused(() => detached(cms), 'authentication-failed', 'decryption-failed');
  });

  it('surreptitious forwarding: what the partner signed for somebody else is taken, and nothing of it registered', async () => {
    const theirs = interchange([{ number: numberOf('AU', 777_777) }], { recipient: 'CNAQSIQ:ZZZ' });
    const signed = await signedDetached(
      bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: theirs }),
      partner,
    );
    const sent = await seal(signed, 'aes256-cbc');
    const { messageId, told } = await target.attack(sent);
    assert.equal(told, 'processed');
    const { answeredBy } = await target.reached(messageId, 'answered');
    const contrl = (await storedBytes(target.store, answeredBy[0] ?? '', 'payload'))?.toString('latin1') ?? '';
    assert.match(contrl, /UCI\+[^+]+\+[^+]+\+[^+]+\+4\+7/);
    assert.equal((await target.store.listCertificates({ number: numberOf('AU', 777_777) })).length, 0);
    accepted.push(messageId);
  });
});
