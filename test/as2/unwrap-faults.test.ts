import assert from 'node:assert/strict';
import fc from 'fast-check';
import { strictPolicy } from '../../src/as2/policy.ts';
import type { ReceivePolicy } from '../../src/as2/policy.ts';
import {
  As2Error,
  AuthenticationFailed,
  DecompressionFailed,
  DecryptionFailed,
  InsufficientMessageSecurity,
  IntegrityCheckFailed,
  UnexpectedProcessingError,
} from '../../src/errors.ts';
import { unwrap } from '../support/unwrap.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import {
  bytesOfPart,
  multipartSigned,
  signaturePart,
  signedByNobody,
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
  forger,
  gcm,
  makeIdentities,
  opaque,
  open,
  partner,
  payload,
  policies,
  stranger,
  us,
} from './opened.ts';

before(makeIdentities);

describe('unwrap: what a partnership demands', () => {
  const demands: [what: string, part: () => Part | Promise<Part>, policy: ReceivePolicy, explanation: RegExp][] = [
    ['encryption', () => signedDetached(entity, partner), strictPolicy, /are encrypted/],
    ['a signature', () => payload, policies.unencrypted, /are signed/],
    ['a signature in CBC', () => encryptedBy(payload, cbc), strictPolicy, /are signed/],
    ['a signature in GCM', () => encryptedBy(payload, gcm), strictPolicy, /are signed/],
    ['a signature around compression', () => compressed(entity), policies.unencrypted, /are signed/],
    [
      'no SHA-1',
      () => signedDetached(entity, partner, { digest: 'sha1' }),
      policies.unencrypted,
      /sha256, sha384, sha512/,
    ],
    [
      'no SHA-1 in CBC',
      () => encryptedBy(signedOpaque(entity, partner, { digest: 'sha1' }), cbc),
      strictPolicy,
      /sha256, sha384, sha512/,
    ],
    [
      'no PSS',
      () => signedDetached(entity, partner, { digest: 'sha256', scheme: 'rsa-pss' }),
      { ...policies.unencrypted, signatureSchemes: ['rsa-pkcs1'] },
      /by rsa-pkcs1 over/,
    ],
    ['no 3DES', () => encryptedBy(payload, { cipher: '3des', keyTransport: 'rsa-pkcs1' }), strictPolicy, /has 3des/],
    ['OAEP', () => encryptedBy(payload, cbc), { ...strictPolicy, keyTransports: ['rsa-oaep-sha256'] }, /has rsa-pkcs1/],
    [
      'AEAD, so that an envelope can not be labelled as CBC (RFC 9709)',
      () => encryptedBy(signedOpaque(entity, partner), cbc),
      { ...strictPolicy, ciphers: ['aes128-gcm'] },
      /has aes128-cbc/,
    ],
  ];
  for (const [what, part, policy, explanation] of demands)
    it(`insufficient-message-security when it demands ${what}`, async () => {
      const fault = await faultOf(part(), policy);
      assert.ok(fault instanceof InsufficientMessageSecurity, fault.message);
      assert.match(fault.explanation, explanation);
    });

  it('ciphers are judged before a key is used', async () => {
    const message = await encryptedBy(payload, { cipher: '3des', keyTransport: 'rsa-pkcs1' });
    // A public key in its place can't decrypt: whoever tried would throw.
    const unusable = { certificate: us.certificate, privateKey: us.certificate.publicKey };
    const context = {
      keys: [unusable],
      pinned: [],
      policy: strictPolicy,
      micDigest: 'sha256' as const,
    };
    await assert.rejects(
      unwrap({ headers: message.headers, body: bytesOf(message.body) }, context),
      InsufficientMessageSecurity,
    );
  });
});

describe('unwrap: signatures are trusted by the pinned key alone', () => {
  const signings = { detached: signedDetached, opaque: signedOpaque };
  for (const [form, sign] of Object.entries(signings))
    for (const [layer, wrapped, policy] of [
      ['in the open', (part: Promise<Part>) => part, policies.open],
      ['in CBC', (part: Promise<Part>) => encryptedBy(part, cbc), policies.unsigned],
      ['in GCM', (part: Promise<Part>) => encryptedBy(part, gcm), policies.unsigned],
    ] as const) {
      it(`${form} ${layer}: a stranger's signature is authentication-failed`, async () =>
        assert.ok((await faultOf(wrapped(sign(entity, stranger)), policy)) instanceof AuthenticationFailed));

      it(`${form} ${layer}: a certificate with copied issuer and serial number counts for nothing`, async () =>
        assert.ok((await faultOf(wrapped(sign(entity, forger)), policy)) instanceof AuthenticationFailed));
    }

  it('signed-data without a signer is authentication-failed, even where unsigned messages are allowed', async () => {
    const detached = multipartSigned([entity, signaturePart(signedByNobody())]);
    for (const part of [detached, opaque(signedByNobody(entity))])
      assert.ok((await faultOf(part, policies.open)) instanceof AuthenticationFailed);
  });

  it('changed content is integrity-check-failed where the layer outside vouches for itself', async () => {
    const changed = signedDetached(
      entity,
      partner,
      { digest: 'sha256' },
      Buffer.from(entity.toString().replace('UNB', 'UNC')),
    );
    assert.ok((await faultOf(changed, policies.unencrypted)) instanceof IntegrityCheckFailed);
    assert.ok((await faultOf(encryptedBy(changed, gcm), strictPolicy)) instanceof IntegrityCheckFailed);
  });

  it('that a header cannot be read is told only of what was signed so', async () => {
    const destroyed = Buffer.concat([Buffer.from('\0'), entity]);
    const changed = await signedDetached(entity, partner, { digest: 'sha256' }, destroyed);
    assert.ok((await faultOf(changed, policies.unencrypted)) instanceof IntegrityCheckFailed);
    for (const sign of [signedDetached, signedOpaque]) {
      assert.ok((await faultOf(sign(destroyed, stranger), policies.unencrypted)) instanceof AuthenticationFailed);
      assert.ok((await faultOf(sign(destroyed, partner), policies.unencrypted)) instanceof UnexpectedProcessingError);
    }
  });

  it('a signed part is the whole message: nothing unsigned stands beside it', async () => {
    const { body } = await signedDetached(entity, partner);
    const p7s = signaturePart(body.subarray(body.indexOf('\r\n\r\n', body.indexOf('pkcs7-signature')) + 4, -16));
    for (const parts of [[entity], [entity, p7s, entity], [entity, entity, p7s], [p7s, entity], []])
      assert.ok((await faultOf(multipartSigned(parts), policies.open)) instanceof UnexpectedProcessingError);
    const mixed: Part = {
      headers: [['Content-Type', 'multipart/mixed; boundary=m']],
      body: Buffer.concat([
        Buffer.from('--m\r\n'),
        bytesOfPart(await signedDetached(entity, partner)),
        Buffer.from('\r\n--m--'),
      ]),
    };
    assert.ok((await faultOf(mixed, policies.unencrypted)) instanceof InsufficientMessageSecurity);
  });
});

describe('unwrap: layers are in an order that AS2 knows', () => {
  const wrapped = async (part: Part | Promise<Part>, wrap: (content: Buffer) => Promise<Part>) =>
    wrap(bytesOfPart(await part));
  const sign = (content: Buffer) => signedDetached(content, partner);
  const orders: [string, () => Promise<Part>][] = [
    ['signed twice', () => wrapped(sign(entity), sign)],
    ['signed twice, opaque inside', () => wrapped(signedOpaque(entity, partner), sign)],
    ['signed after encryption', () => wrapped(encryptedBy(payload, cbc), sign)],
    ['compressed twice', () => wrapped(compressed(entity), compressed)],
    ['compressed before and after signing', () => wrapped(wrapped(compressed(entity), sign), compressed)],
    ['encrypted inside compression', () => wrapped(encryptedBy(payload, cbc), compressed)],
  ];
  for (const [order, part] of orders)
    it(`RFC 5402 §3: not ${order}`, async () => {
      assert.ok((await faultOf(part(), policies.open)) instanceof UnexpectedProcessingError);
      assert.ok((await faultOf(encryptedBy(part(), gcm), policies.unsigned)) instanceof UnexpectedProcessingError);
      assert.ok((await faultOf(encryptedBy(part(), cbc), policies.unsigned)) instanceof DecryptionFailed);
    });

  it('not encrypted twice', async () =>
    assert.ok(
      (await faultOf(encryptedBy(encryptedBy(payload, gcm), gcm), policies.open)) instanceof UnexpectedProcessingError,
    ));
});

describe('unwrap: bombs', () => {
  it('RFC 5402 §5: what expands beyond the limits is decompression-failed', async () => {
    const zeros = bytesOfPart({ ...payload, body: Buffer.alloc(4 << 20) });
    const byRatio = { ...policies.open, maxInflateRatio: 100 };
    const bySize = { ...policies.open, maxInflatedSize: 1 << 20, maxInflateRatio: 2000 };
    for (const policy of [byRatio, bySize])
      assert.ok((await faultOf(compressed(zeros), policy)) instanceof DecompressionFailed);
    const signed = signedDetached(bytesOfPart(await compressed(zeros)), partner);
    assert.ok((await faultOf(signed, byRatio)) instanceof DecompressionFailed);
  });

  const bombs: [string, () => Part][] = [
    ['BER nested without end', () => opaque(Buffer.alloc(1 << 20, Buffer.of(0x30, 0x80)))],
    ['a length of 2^64', () => opaque(Buffer.from('3088ffffffffffffffff0609', 'hex'))],
    ['nothing', () => opaque(Buffer.alloc(0))],
    ['100,000 parts', () => ({ ...multipartSigned([]), body: Buffer.from('--BOUNDARY\r\n\r\n'.repeat(100_000)) })],
    ['a header without end', () => multipartSigned([entity, Buffer.from(`A: ${'x'.repeat(1 << 20)}`)])],
    ['no boundary', () => ({ ...multipartSigned([entity]), headers: [['Content-Type', 'multipart/signed']] })],
  ];
  for (const [name, bomb] of bombs)
    it(`${name} is a fault of the message`, async () =>
      assert.ok((await faultOf(bomb(), policies.open)) instanceof UnexpectedProcessingError));
});

describe('unwrap: any bytes', () => {
  it('give a message or an As2Error', async () => {
    const type = fc.constantFrom(
      'application/pkcs7-mime',
      'multipart/signed; boundary=b',
      'multipart/signed',
      'a/b',
      ';;',
      '',
    );
    const body = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(`--b\r\n${text}\r\n--b\r\n${text}\r\n--b--`)),
    );
    await fc.assert(
      fc.asyncProperty(type, body, async (contentType, bytes) => {
        const headers = [['Content-Type', contentType]] as const;
        await open({ headers, body: Buffer.from(bytes) }, policies.open).catch((error: unknown) =>
          assert.ok(error instanceof As2Error, String(error)),
        );
      }),
    );
  });

  it('changed in a signed message: it is refused, or it is the same message', async () => {
    const messages = await Promise.all([
      signedDetached(entity, partner),
      signedOpaque(entity, partner),
      encryptedBy(signedDetached(entity, partner), cbc),
      encryptedBy(signedOpaque(entity, partner), gcm),
      compressed(bytesOfPart(await signedDetached(entity, partner))),
    ]);
    const change = fc.record({
      message: fc.constantFrom(...messages),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      bits: fc.integer({ min: 1, max: 255 }),
      length: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ message, at, bits, length }) => {
        const offset = Math.floor(at * message.body.length);
        const changed = Buffer.concat([
          message.body.subarray(0, offset),
          Buffer.alloc(length, (message.body[offset] ?? 0) ^ bits),
          message.body.subarray(offset + 1),
        ]);
        const found = await open({ headers: message.headers, body: changed }, policies.unencrypted).catch(
          (error: unknown) => {
            assert.ok(error instanceof As2Error, String(error));
          },
        );
        if (found) assert.deepEqual(collect(found.payload.content), payload.body);
      }),
      { numRuns: 300 },
    );
  });
});
