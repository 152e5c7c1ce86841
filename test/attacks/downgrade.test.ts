import assert from 'node:assert/strict';

import { contentInfo } from '../../src/cms/content-info.ts';
import { OID, type CipherName, type KeyTransportName } from '../../src/cms/algorithms.ts';
import { BerReader, TAG, context } from '../../src/cms/ber.ts';
import { algorithm, readAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { element, encode, octetString, oid, sequence, smallInteger } from '../../src/cms/der.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import { bytesOfPart, compressed, encrypted, signedDetached, signedOpaque, type Part } from '../as2/by-hand.ts';
import { AES_128_CBC } from '../support/envelope.ts';
import { identity } from '../support/identities.ts';
import { refused, shown, startTarget, type Target } from '../support/target.ts';

describe('attacks: downgrades', () => {
  let target: Target;
  let entity: Buffer;

  before(async () => {
    target = await startTarget({
      prepare: async (home, { url }) => {
        const { certificate } = await identity('au-van');
        const base = { url, certificatePem: certificate.pem, identities: [] };
        const receive = {
          ciphers: ['aes256-gcm' as const],
          keyTransports: ['rsa-oaep-sha256' as const],
          signatureSchemes: ['rsa-pss' as const],
          digests: ['sha512' as const],
        };
        home.addPartner('modern', { ...base, as2Id: 'MODERN', receive });
      },
    });
    entity = bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: target.newInterchange() });
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched();
  });

  const sign = (options = { digest: 'sha256' } as Parameters<typeof signedDetached>[2]) =>
    signedDetached(entity, target.partner.identity, options);
  const encrypt = async (
    part: Part | Promise<Part>,
    cipher: CipherName = 'aes128-cbc',
    keyTransport: KeyTransportName = 'rsa-pkcs1',
  ) => encrypted(bytesOfPart(await part), target.home.own.certificate, { cipher, keyTransport });

  async function isTooWeak(part: Part | Promise<Part>, from = 'AU-VAN') {
    const result = await target.attack(await part, { from });
    await refused(target, result, 'insufficient-message-security');
    assert.match(result.explanation ?? '', /^This partnership demands/);
  }

  it('no encryption', () => isTooWeak(sign()));
  it('no signature, in CBC', () =>
    isTooWeak(encrypt({ headers: [['Content-Type', 'application/EDIFACT']], body: entity })));
  it('no signature, in GCM', () =>
    isTooWeak(encrypt({ headers: [['Content-Type', 'application/EDIFACT']], body: entity }, 'aes256-gcm')));
  it('compression in place of a signature', async () => isTooWeak(encrypt(compressed(entity))));
  it('neither', () => isTooWeak({ headers: [['Content-Type', 'application/EDIFACT']], body: entity }));
  it('SHA-1', () => isTooWeak(encrypt(sign({ digest: 'sha1' }))));
  it('SHA-1, in an opaque signature', async () =>
    isTooWeak(encrypt(signedOpaque(entity, target.partner.identity, { digest: 'sha1' }))));
  it('3DES', () => isTooWeak(encrypt(sign(), '3des')));
  it('RSA v1.5 for the key, where OAEP is demanded', () => isTooWeak(encrypt(sign(), 'aes256-gcm'), 'MODERN'));
  it('OAEP with SHA-1, where SHA-256 is demanded', () =>
    isTooWeak(encrypt(sign(), 'aes256-gcm', 'rsa-oaep-sha1'), 'MODERN'));
  it('a shorter key than is demanded', () => isTooWeak(encrypt(sign(), 'aes128-gcm', 'rsa-oaep-sha256'), 'MODERN'));
  it('a weaker digest than is demanded', () =>
    isTooWeak(encrypt(sign({ digest: 'sha256', scheme: 'rsa-pss' }), 'aes256-gcm', 'rsa-oaep-sha256'), 'MODERN'));
  it('a weaker kind of signature than is demanded', () =>
    isTooWeak(encrypt(sign({ digest: 'sha512' }), 'aes256-gcm', 'rsa-oaep-sha256'), 'MODERN'));

  it('what is claimed in Content-Type counts for nothing: micalg, protocol and smime-type lie', async () => {
    const { headers, body } = await sign({ digest: 'sha1' });
    const lies = headers.map(([name, value]) => [name, value.replace('sha-256', 'sha-512')] as const);
    await isTooWeak(encrypt({ headers: lies, body }));
    const naked = await sign();
    const type = [['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m']] as const;
    const opaque = await signedOpaque(entity, target.partner.identity);
    await isTooWeak({ headers: type, body: opaque.body });
    await isTooWeak({ headers: naked.headers, body: naked.body });
  });

  /** AuthEnvelopedData relabelled: the same key and the same bytes, said to be CBC (RFC 9709 §1). */
  async function relabelled(keyTransport: KeyTransportName): Promise<Part> {
    const { headers, body } = await encrypt(sign(), 'aes256-gcm', keyTransport);
    const parts = new BerReader(body).inside(TAG.sequence, (info) => {
      info.oid();
      return info.inside(context(0, true), (content) =>
        content.inside(TAG.sequence, (envelope) => {
          envelope.smallInteger();
          const recipients = envelope.raw();
          const ciphertext = envelope.inside(TAG.sequence, (encryptedContent) => {
            encryptedContent.oid();
            readAlgorithm(encryptedContent);
            return encryptedContent.octetString(context(0, false));
          });
          envelope.raw();
          return { recipients, ciphertext };
        }),
      );
    });
    const whole = parts.ciphertext.subarray(0, parts.ciphertext.length & ~15);
    const aes256cbc = AES_128_CBC.replace(/2$/, '42');
    const content = sequence(
      oid(OID.data),
      algorithm(aes256cbc, octetString(Buffer.alloc(16))),
      element(context(0, false), [whole]),
    );
    const relabelled = sequence(smallInteger(0), [parts.recipients], content);
    return { headers, body: encode(contentInfo(OID.envelopedData, relabelled)) };
  }

  it('GCM relabelled as CBC is refused before a key is used, where GCM is demanded (RFC 9709)', async () =>
    isTooWeak(relabelled('rsa-oaep-sha256'), 'MODERN'));

  it('GCM relabelled as CBC looks like a wrong key elsewhere', async () => {
    const once = await target.attack(await relabelled('rsa-pkcs1'));
    await refused(target, once, 'decryption-failed');
    const stranger = await identity('stranger');
    const signed = await sign();
    const wrong = await encrypted(bytesOfPart(signed), stranger.certificate, {
      cipher: 'aes256-cbc',
      keyTransport: 'rsa-pkcs1',
    });
    assert.equal(shown(once), shown(await target.attack(wrong)));
  });

  describe('of the receipt', () => {
    const asks = (options: string) => ({
      receipt: [
        ['Disposition-Notification-To', 'x'],
        ['Disposition-Notification-Options', options],
      ] as const,
    });
    const garbage = { headers: [['Content-Type', 'application/pkcs7-mime']] as const, body: Buffer.from('garbage') };

    it('a receipt signed over MD5 or SHA-1 is not to be had, nor an MIC', async () => {
      const options = 'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, md5, sha1';
      const { answered, told } = await target.attack(garbage, asks(options));
      assert.equal(told, 'processed/error: unexpected-processing-error');
      const { signature } = readMdn(answered.headers, answered.body);
      assert.deepEqual(
        signature?.signed.signatures.map(({ digest }) => digest),
        ['sha256'],
      );
    });

    it('a receipt that must be over MD5, or by PGP, is refused as a whole', async () => {
      for (const [options, told] of [
        [
          'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5',
          /^failed\/failure: unsupported MIC-algorithms$/,
        ],
        [
          'signed-receipt-protocol=required, pgp-signature; signed-receipt-micalg=required, sha-256',
          /^failed\/failure: unsupported format$/,
        ],
        [
          'signed-receipt-protocol=optional, pkcs7-signature; no-such-option=required, x',
          /^failed\/failure: unsupported format$/,
        ],
      ] as const) {
        const good = await encrypt(sign());
        const result = await target.attack(good, asks(options));
        assert.match(result.told ?? '', told);
        assert.equal((await target.store.getMessage(result.messageId))?.state, 'refused');
      }
    });
  });
});
