import assert from 'node:assert/strict';
import { strictPolicy } from '../../src/as2/policy.ts';
import type { As2Error } from '../../src/errors.ts';
import { DecryptionFailed, IntegrityCheckFailed } from '../../src/errors.ts';
import { unwrap as unwrapOnto } from '../../src/as2/unwrap.ts';
import { fileSpool } from '../../src/bytes/spool.ts';
import { unwrap } from '../support/unwrap.ts';
import { bytesOf } from '../support/bytes.ts';
import {
  bytesOfPart,
  encrypted,
  multipartSigned,
  signaturePart,
  signedDetached,
  signedOpaque,
  compressed,
} from './by-hand.ts';
import type { Part } from './by-hand.ts';
import {
  cbc,
  encryptedBy,
  entity,
  faultOf,
  gcm,
  makeIdentities,
  partner,
  payload,
  policies,
  stranger,
  us,
  visible,
  withBadPadding,
} from './opened.ts';

before(makeIdentities);

describe('unwrap: decryption tells nobody anything', () => {
  const noise = Buffer.alloc(1024, 'n\u0001\u00f7ise');
  const part = (body: Buffer, type = 'application/pkcs7-mime'): Part => ({ headers: [['Content-Type', type]], body });
  const cut = async (made: Promise<Part>, bytes: number) => {
    const { headers, body } = await made;
    return { headers, body: body.subarray(0, body.length - bytes) };
  };
  const changed = () =>
    signedDetached(entity, partner, { digest: 'sha256' }, Buffer.from(entity.toString().replace('UNB', 'UNC')));

  const inside: [string, () => Part | Promise<Part>][] = [
    ['noise for a CMS structure', () => part(noise)],
    ['CMS of an unknown kind', () => part(Buffer.from('3006060429030405', 'hex'))],
    ['a content type that is none', () => part(payload.body, 'nonsense')],
    ['multipart/signed without boundary', () => part(payload.body, 'multipart/signed')],
    ['multipart/signed that does not begin', () => part(payload.body, 'multipart/signed; boundary=x')],
    ['a signature that is noise', () => multipartSigned([entity, signaturePart(noise)])],
    ['a signed part alone', () => multipartSigned([entity])],
    [
      'a third part',
      async () => multipartSigned([entity, signaturePart((await signedOpaque(entity, partner)).body), entity]),
    ],
    ['multipart/signed that does not close', () => cut(signedDetached(entity, partner), 4)],
    [
      'an epilogue',
      async () => ({
        ...(await signedDetached(entity, partner)),
        body: Buffer.concat([(await signedDetached(entity, partner)).body, noise]),
      }),
    ],
    ['bytes behind signed-data', async () => part(Buffer.concat([(await signedOpaque(entity, partner)).body, noise]))],
    [
      'bytes behind compressed-data',
      async () =>
        part(Buffer.concat([(await compressed(bytesOfPart(await signedOpaque(entity, partner)))).body, noise])),
    ],
    ['content that was changed', changed],
    ['a broken zlib stream', () => cut(compressed(entity), 6)],
    [
      'an unknown transfer encoding',
      async () => {
        const { headers, body } = await signedOpaque(entity, partner);
        return { headers: [...headers, ['Content-Transfer-Encoding', 'rot13']], body };
      },
    ],
    ['signed content of which nothing can be read', () => signedDetached(noise, partner)],
  ];

  it('every fault inside CBC looks the same as a wrong key, bad padding, and a message for somebody else', async () => {
    const good = () => signedDetached(entity, partner);
    const expected = visible(new DecryptionFailed(''));
    const messages: [string, Part][] = [
      ['somebody else', await encrypted(bytesOfPart(await good()), stranger.certificate, cbc)],
      ['bad padding, detached', await withBadPadding(good())],
      ['bad padding, opaque', await withBadPadding(signedOpaque(entity, partner))],
      ['noise', await encrypted(noise, us.certificate, cbc)],
      ['no header at all', await encrypted(Buffer.from('\nnoise'), us.certificate, cbc)],
      ['nothing', await encrypted(Buffer.alloc(0), us.certificate, cbc)],
    ];
    for (const [name, made] of inside) messages.push([name, await encryptedBy(made(), cbc)]);
    for (const [name, message] of messages)
      assert.deepEqual(visible(await faultOf(message, strictPolicy)), expected, name);
  });

  it('a disk that takes no more is no fault of the message, and is not told as one', async () => {
    const { spool } = fileSpool('/nowhere', 16);
    const context = {
      keys: [us],
      pinned: [partner.certificate],
      policy: strictPolicy,
      micDigest: 'sha256',
      spool,
    } as const;
    const signed = bytesOfPart(await signedDetached(entity, partner));
    for (const protection of [cbc, gcm])
      for (const content of [signed, bytesOfPart(await compressed(signed))]) {
        const { headers, body } = await encrypted(content, us.certificate, protection);
        await assert.rejects(unwrapOnto({ headers, body: bytesOf(body) }, context), { code: 'ENOENT' });
      }
  });

  it('a wrong CEK, which our key decrypts, looks the same too', async () => {
    const { headers, body } = await encryptedBy(signedDetached(entity, partner), cbc);
    const context = {
      keys: [{ certificate: us.certificate, privateKey: stranger.privateKey }],
      pinned: [],
      policy: strictPolicy,
      micDigest: 'sha256' as const,
    };
    await assert.rejects(unwrap({ headers, body: bytesOf(body) }, context), (fault) => {
      assert.deepEqual(visible(fault as As2Error), visible(new DecryptionFailed('')));
      return true;
    });
  });

  it('Vaudenay: that a signature is missing is told whatever the padding', async () =>
    assert.deepEqual(
      visible(await faultOf(withBadPadding(payload), strictPolicy)),
      visible(await faultOf(encryptedBy(payload, cbc), strictPolicy)),
    ));

  it("Vaudenay: a stranger's signature is told only when it is whole, so that padding behind it stays hidden", async () => {
    // The block before the last is the end of the signature's value. A stranger's signature is one that nobody checks;
    // if it did not have to hold, that block could be chosen freely, and the last one be decrypted by its padding.
    const { headers, body } = await encryptedBy(signedOpaque(entity, stranger), cbc);
    for (let last = 1; last < 256; last++) {
      const changed = Buffer.from(body);
      changed[body.length - 17] = (changed[body.length - 17] ?? 0) ^ last;
      const fault = await faultOf({ headers, body: changed }, strictPolicy);
      assert.deepEqual(visible(fault), visible(new DecryptionFailed('')));
    }
    const nobody = signedOpaque(entity, stranger, { digest: 'sha256', includeCertificate: false });
    assert.ok((await faultOf(encryptedBy(nobody, cbc), strictPolicy)) instanceof DecryptionFailed);
  });

  it('a header that is not plain text is no header of a message without signature', async () => {
    for (const header of ['X: \u0001', 'X: \u00e9', 'X: y\r\n\t\u0007'])
      for (const body of [payload.body, Buffer.alloc(0)]) {
        const noise = Buffer.from(`Content-Type: application/edifact\r\n${header}\r\n\r\n${body.toString()}`, 'latin1');
        assert.ok((await faultOf(encrypted(noise, us.certificate, cbc), strictPolicy)) instanceof DecryptionFailed);
      }
    const endless = Buffer.from('Content-Type: application/edifact');
    assert.ok((await faultOf(encrypted(endless, us.certificate, cbc), strictPolicy)) instanceof DecryptionFailed);
  });

  it('where unsigned messages are allowed, bad padding is decryption-failed after all else was read', async () =>
    assert.ok((await faultOf(withBadPadding(payload), policies.unsigned)) instanceof DecryptionFailed));

  it('an authenticated envelope that was changed is decryption-failed', async () => {
    const { headers, body } = await encryptedBy(signedDetached(entity, partner), gcm);
    for (const at of [body.length - 1, body.length - 200]) {
      const spliced = Buffer.from(body);
      spliced[at] = (spliced[at] ?? 0) ^ 1;
      assert.deepEqual(
        visible(await faultOf({ headers, body: spliced }, strictPolicy)),
        visible(new DecryptionFailed('')),
      );
    }
  });

  it('the operator learns the cause', async () => {
    const fault = await faultOf(encryptedBy(changed(), cbc), strictPolicy);
    assert.match(fault.message, /not what was signed/);
    assert.ok(fault.cause instanceof IntegrityCheckFailed);
  });
});
