import assert from 'node:assert/strict';

import { readMdn } from '../../src/as2/read-mdn.ts';
import { newBoundary } from '../../src/exchange/ids.ts';
import { wrap } from '../support/wrap.ts';
import { bytesOfPart, multipartSigned, type Part } from '../support/mime-parts.ts';
import {
  asking,
  micOf,
  options,
  OUR_NAME,
  payload,
  plain,
  quoted,
  startReceiptTarget,
  type ReceiptTarget,
} from '../support/receipt-target.ts';

const entity = { headers: plain.headers, content: payload };

describe('RFC 4130 §7.5: every disposition, with words for a person', () => {
  let target: ReceiptTarget;

  before(async () => {
    target = await startReceiptTarget();
  });
  after(() => (target as ReceiptTarget | undefined)?.stop());

  const insideOut = async (content: Buffer, signer = target.partner.identity) =>
    wrap(
      { headers: entity.headers, content },
      {
        compress: 'none',
        micDigest: 'sha256',
        sign: { identity: signer, digest: 'sha256' },
        boundary: newBoundary(),
      },
    );

  const faults: Record<
    string,
    { make: () => Promise<Part>; from?: string; to?: string; messageId?: string; signed?: false; says: RegExp }
  > = {
    'processed/error: decryption-failed': {
      make: () =>
        target.wrapped({
          encrypt: { recipient: target.stranger.certificate, cipher: 'aes256-cbc', keyTransport: 'rsa-pkcs1' },
        }),
      says: /could not be decrypted.*current certificate/,
    },
    'processed/error: authentication-failed': {
      make: () => target.wrapped({ sign: { identity: target.stranger, digest: 'sha256' } }),
      says: /could not be attributed to a certificate/,
    },
    'processed/error: integrity-check-failed': {
      from: 'LAX',
      async make() {
        const { headers, body } = await insideOut(payload, target.stranger);
        return {
          headers,
          body: Buffer.from(body.toString('latin1').replace("UNB+UNOC:3'", "UNB+UNOC:4'"), 'latin1'),
        };
      },
      says: /changed after it was signed/,
    },
    'processed/error: insufficient-message-security': {
      make: () => Promise.resolve(plain),
      says: /demands that messages are encrypted/,
    },
    'processed/error: decompression-failed': {
      from: 'LAX',
      async make() {
        const part = await wrap(entity, { compress: 'before-signing', micDigest: 'sha256', boundary: newBoundary() });
        part.body.fill(0x55, part.body.length - 10);
        return part;
      },
      says: /could not be expanded/,
    },
    'processed/error: unexpected-processing-error': {
      from: 'LAX',
      make: () => {
        const part = multipartSigned(bytesOfPart(plain), Buffer.from('no CMS'), 'sha256', 'binary');
        return Promise.resolve(part);
      },
      says: /CMS structure in the message could not be read/,
    },
    'processed/error: unknown-trading-relationship': {
      from: 'NOBODY-WE-KNOW',
      signed: false,
      make: () => target.wrapped(),
      says: /no trading relationship/,
    },
    'processed/error: invalid-message-id': {
      messageId: '',
      make: () => target.wrapped(),
      says: /Message-ID is missing, or/,
    },
    'processed/error: sender-equals-receiver': {
      from: quoted(OUR_NAME),
      signed: false,
      make: () => target.wrapped(),
      says: /name the same party/,
    },
  };

  for (const [disposition, { make, signed, says, ...names }] of Object.entries(faults)) {
    it(disposition, async () => {
      const { answered, told, explanation, messageId } = await target.deliver(await make(), names);
      assert.equal(answered.status, 200);
      assert.equal(told, disposition);
      assert.match(explanation ?? '', says);
      const text = answered.body.toString('latin1');
      assert.doesNotMatch(text, /Received-Content-MIC/);
      assert.equal(/^Original-Message-ID: (.*)\r$/m.exec(text)?.[1], messageId === '' ? undefined : messageId);
      const verdict = target.judged(answered, messageId, `${micOf('sha256')}, sha256`, signed !== false);
      assert.equal(verdict.kind, 'refused');
      assert.equal(readMdn(answered.headers, answered.body).signature !== undefined, signed !== false);
    });
  }

  it('processed: another name of ours is as unknown as a stranger is', async () => {
    const one = await target.deliver(await target.wrapped(), { to: 'SOMEBODY-ELSE' });
    const other = await target.deliver(await target.wrapped(), { from: 'SOMEBODY-ELSE' });
    assert.equal(one.told, 'processed/error: unknown-trading-relationship');
    assert.equal(one.explanation, other.explanation);
  });

  for (const [what, asked, disposition, signed] of [
    ['algorithms', options('md5, md2', 'required'), 'failed/failure: unsupported MIC-algorithms', true],
    ['SHA-1 alone', options('sha1', 'required'), 'failed/failure: unsupported MIC-algorithms', true],
    ['protocol', options('sha-256', 'required', 'pgp-signature'), 'failed/failure: unsupported format', false],
    ['option', 'x-notarised=required, yes', 'failed/failure: unsupported format', false],
  ] as const) {
    it(`RFC 4130 §7.5.3: ${what} that are required and unsupported: ${disposition}`, async () => {
      const { answered, told, explanation, messageId } = await target.deliver(await target.wrapped(), {
        receipt: asking(asked),
      });
      assert.equal(told, disposition);
      assert.match(explanation ?? '', /supported/);
      assert.equal(readMdn(answered.headers, answered.body).signature !== undefined, signed);
      assert.equal((await target.store.getMessage(messageId))?.state, 'refused');
    });
  }

  it('processed, with a MIC', async () => {
    const { told, explanation, answered } = await target.deliver(await target.wrapped());
    assert.equal(told, 'processed');
    assert.match(explanation ?? '', /received, verified and stored/);
    assert.match(answered.body.toString('latin1'), /^Received-Content-MIC: [\w+/]+={0,2}, sha-256\r$/m);
  });

  it('the ledger is whole after all that', async () => {
    assert.equal((await target.store.verifyLedger()).kind, 'whole');
  });
});
