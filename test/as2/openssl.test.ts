import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { processed } from '../../src/as2/disposition.ts';
import { judgeMdn } from '../../src/as2/judge.ts';
import { makeMdn } from '../../src/as2/mdn.ts';
import { micOf } from '../../src/as2/mic.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import { parseEntity } from '../../src/mime/entity.ts';
import { formatHeaders } from '../../src/mime/headers.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { unwrap } from '../support/unwrap.ts';
import { wrap } from '../support/wrap.ts';
import { hasOpenssl, openssl, testIdentity } from '../support/openssl.ts';
import { bytesOf, collect } from '../support/bytes.ts';

const policy = {
  ...strictPolicy,
  allowUnsigned: true,
  allowUnencrypted: true,
  digests: [...strictPolicy.digests, 'sha1' as const],
  ciphers: [...strictPolicy.ciphers, '3des' as const],
};
const boundary = 'aBcDeF0123456789';
const content = Buffer.from("UNB+UNOC:3+A+B'\nUNZ+0+1'\n");
const headers: Headers = [['Content-Type', 'application/EDIFACT']];
const entity = Buffer.concat([formatHeaders([...headers, ['Content-Transfer-Encoding', 'binary']]), content]);
const hash = (digest: string, bytes: Buffer) => createHash(digest).update(bytes).digest('hex');
const asMail = (made: { readonly headers: Headers; readonly body: Buffer }) =>
  Buffer.concat([formatHeaders(made.headers), made.body]);

describe('openssl as second opinion', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  const us = () => testIdentity('rsa', 'us');
  const partner = () => testIdentity('rsa', 'partner');
  const verify = (mail: Buffer, certificateFile: string) =>
    openssl(['cms', '-verify', '-binary', '-crlfeol', '-CAfile', certificateFile, '-purpose', 'any'], mail);

  for (const digest of ['sha1', 'sha256', 'sha384', 'sha512'] as const)
    for (const scheme of ['rsa-pkcs1', 'rsa-pss', 'ecdsa'] as const)
      it(`verifies what we sign by ${scheme} over ${digest}, and sees the bytes of the MIC`, async () => {
        const identity = scheme === 'ecdsa' ? testIdentity('ec', 'us') : us();
        const made = await wrap(
          { headers, content },
          { compress: 'none', micDigest: 'sha256', boundary, sign: { identity, digest, scheme } },
        );
        const seen = verify(asMail(made), identity.certificateFile);
        assert.deepEqual(seen, entity);
        assert.equal(made.mic.value.toString('hex'), hash(digest, seen));
      });

  for (const keyTransport of ['rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256'] as const)
    for (const cipher of ['3des', 'aes128-cbc', 'aes256-cbc', 'aes128-gcm', 'aes256-gcm'] as const)
      it(`decrypts and verifies what we sign and encrypt by ${cipher} and ${keyTransport}`, async () => {
        const made = await wrap(
          { headers, content },
          {
            compress: 'none',
            micDigest: 'sha256',
            boundary,
            sign: { identity: us(), digest: 'sha256' },
            encrypt: { recipient: partner().certificate, cipher, keyTransport },
          },
        );
        const { certificateFile, keyFile } = partner();
        const inside = openssl(
          ['cms', '-decrypt', '-binary', '-inform', 'DER', '-recip', certificateFile, '-inkey', keyFile],
          made.body,
        );
        assert.deepEqual(verify(inside, us().certificateFile), entity);
      });

  it('verifies our signed MDN, which is the report byte for byte', () => {
    const made = makeMdn({
      from: 'US',
      to: 'VAN',
      messageId: '<m@us>',
      date: new Date('2026-11-22T12:00:00Z'),
      original: { messageId: '<1@van>' },
      disposition: processed,
      explanation: 'Fine.',
      mic: micOf('sha256', [content]),
      reportingUa: 'us',
      sign: { identity: us(), digest: 'sha256' },
      boundary,
    });
    const report = verify(asMail(made), us().certificateFile).toString('latin1');
    assert.match(report, /^Content-Type: multipart\/report; report-type=disposition-notification; boundary=/);
    assert.match(report, /\r\nOriginal-Message-ID: <1@van>\r\n/);
  });

  const signed = (options: readonly string[], name = 'partner', key: 'rsa' | 'ec' = 'rsa') => {
    const { certificateFile, keyFile } = testIdentity(key, name);
    return openssl(['cms', '-sign', '-binary', '-signer', certificateFile, '-inkey', keyFile, ...options], entity);
  };
  const detached = (options: readonly string[] = [], key: 'rsa' | 'ec' = 'rsa') => {
    const { headers, body } = parseEntity(signed(['-outform', 'SMIME', ...options], 'partner', key));
    return { headers, body: collect(body) };
  };
  const cms = (body: Buffer) => ({ headers: [['Content-Type', 'application/pkcs7-mime']] as Headers, body });
  const encrypt = (inside: Buffer, options: readonly string[]) =>
    cms(openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', ...options], inside));
  const open = (message: { readonly headers: Headers; readonly body: Buffer }) =>
    unwrap(
      { headers: message.headers, body: bytesOf(message.body) },
      {
        keys: [us()],
        pinned: [partner().certificate, testIdentity('ec', 'partner').certificate],
        policy,
        micDigest: 'sha256',
      },
    );

  const signings: [name: string, made: () => { headers: Headers; body: Buffer }, digest: string][] = [
    ['multipart/signed', () => detached(), 'sha256'],
    ['sha1', () => detached(['-md', 'sha1']), 'sha1'],
    ['sha512', () => detached(['-md', 'sha512']), 'sha512'],
    ['PSS', () => detached(['-keyopt', 'rsa_padding_mode:pss']), 'sha256'],
    ['ECDSA', () => detached([], 'ec'), 'sha256'],
    ['subject key identifier', () => detached(['-keyid']), 'sha256'],
    ['no certificates', () => detached(['-nocerts']), 'sha256'],
    ['no signed attributes', () => detached(['-noattr']), 'sha256'],
    ['opaque DER', () => cms(signed(['-nodetach', '-outform', 'DER'])), 'sha256'],
    ['opaque BER of indefinite length', () => cms(signed(['-nodetach', '-stream', '-outform', 'DER'])), 'sha256'],
  ];
  for (const [name, made, digest] of signings) {
    it(`what it signs is accepted with its MIC: ${name}`, async () => {
      const found = await open(made());
      assert.deepEqual(collect(found.payload.content), content);
      assert.equal(found.mic.value.toString('hex'), hash(digest, entity));
    });
    for (const options of [
      ['-aes256'],
      ['-des3'],
      ['-aes-128-gcm'],
      ['-aes128', '-stream'],
      ['-aes128', '-keyopt', 'rsa_padding_mode:oaep'],
    ])
      it(`and the same encrypted by ${options.join(' ')}: ${name}`, async () => {
        const recipient = ['-recip', us().certificateFile];
        const [algorithm = '', ...more] = options;
        const args = more[0] === '-keyopt' ? [algorithm, ...recipient, ...more] : [...options, us().certificateFile];
        const found = await open(encrypt(asMail(made()), args));
        assert.deepEqual(collect(found.payload.content), content);
        assert.equal(found.mic.value.toString('hex'), hash(digest, entity));
      });
  }

  it('what it encrypts for several recipients is opened as ours', async () => {
    const found = await open(encrypt(asMail(detached()), ['-aes256', partner().certificateFile, us().certificateFile]));
    assert.equal(found.facts.envelope?.recipients, 2);
    assert.deepEqual(collect(found.payload.content), content);
  });

  it('an MDN that it signs is judged as delivered', () => {
    const fields = [
      'Original-Message-ID: <1@us>',
      'Disposition: automatic-action/MDN-sent-automatically; processed',
      `Received-Content-MIC: ${createHash('sha256').update(content).digest('base64')}, sha256`,
    ];
    const report = `Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n--r\r\n\r\nok\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\n${fields.join('\r\n')}\r\n\r\n--r--\r\n`;
    const { certificateFile, keyFile } = partner();
    const mail = openssl(
      ['cms', '-sign', '-binary', '-outform', 'SMIME', '-signer', certificateFile, '-inkey', keyFile],
      Buffer.from(report),
    );
    const { headers, body } = parseEntity(mail);
    const verdict = judgeMdn(readMdn(headers, collect(body)), {
      messageId: '<1@us>',
      mic: micOf('sha256', [content]),
      signed: true,
      pinned: [partner().certificate],
      policy: strictPolicy,
    });
    assert.equal(verdict.kind, 'delivered', verdict.reason);
  });
});
