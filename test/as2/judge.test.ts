import assert from 'node:assert/strict';
import fc from 'fast-check';
import { processed } from '../../src/as2/disposition.ts';
import { judgeMdn } from '../../src/as2/judge.ts';
import type { MdnExpectation, MdnVerdict } from '../../src/as2/judge.ts';
import { makeMdn } from '../../src/as2/mdn.ts';
import type { MdnDraft } from '../../src/as2/mdn.ts';
import { micOf } from '../../src/as2/mic.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { MdnUnreadable, readMdn } from '../../src/as2/read-mdn.ts';
import type { Mdn } from '../../src/as2/read-mdn.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { identity } from '../support/identities.ts';
import type { TestIdentity } from '../support/identities.ts';
import {
  bytesOfPart,
  multipartSigned,
  signaturePart,
  signedByNobody,
  signedDetached,
  signedOpaque,
} from './by-hand.ts';
import type { Part } from './by-hand.ts';

let partner: TestIdentity;
let stranger: TestIdentity;
let forger: TestIdentity;
before(async () => {
  [partner, stranger, forger] = await Promise.all([
    identity('partner'),
    identity('stranger'),
    identity('partner', 'rsa', 'forged'),
  ]);
});

const mic = micOf('sha256', [Buffer.from('content')]);
const expected = (more: Partial<MdnExpectation> = {}): MdnExpectation => ({
  messageId: '<1@us.example>',
  mic,
  signed: true,
  pinned: [partner.certificate],
  policy: strictPolicy,
  ...more,
});

const base = (): MdnDraft => ({
  from: 'VAN',
  to: 'US',
  messageId: '<mdn@van.example>',
  date: new Date('2026-11-22T12:00:00Z'),
  original: { messageId: '<1@us.example>' },
  disposition: processed,
  explanation: 'Fine.',
  mic,
  reportingUa: 'van',
  boundary: 'aBcDeF0123456789',
});

function withoutMic(): MdnDraft {
  const { mic: none, ...draft } = base();
  assert.ok(none);
  return draft;
}

function judged(
  more: Partial<MdnDraft>,
  expectation = expected(),
  signer: TestIdentity | undefined = partner,
  digest: DigestName = 'sha256',
) {
  const { headers, body } = makeMdn({ ...base(), ...more, sign: { identity: signer, digest } });
  return judgeMdn(readMdn(headers, body), expectation);
}

function judgedUnsigned(more: Partial<MdnDraft>, expectation = expected({ signed: false })) {
  const { headers, body } = makeMdn({ ...base(), ...more });
  return judgeMdn(readMdn(headers, body), expectation);
}

/** A report, and what is signed around it by hand. */
function reportBytes(more: Partial<MdnDraft> = {}): Buffer {
  const { headers, body } = makeMdn({ ...base(), ...more });
  return bytesOfPart({ headers: headers.filter(([name]) => name === 'Content-Type'), body });
}

function judgedPart({ headers, body }: Part, expectation = expected()) {
  return judgeMdn(readMdn(headers, body), expectation);
}

function isInvalid(verdict: MdnVerdict, reason: RegExp) {
  assert.equal(verdict.kind, 'invalid', verdict.reason);
  assert.match(verdict.reason, reason);
  assert.equal(verdict.signer, undefined);
}

describe('judging an MDN: delivery', () => {
  it('RFC 4130 §7.1: signed by the pinned key, for this message, with its MIC: delivered', () => {
    const verdict = judged({});
    assert.equal(verdict.kind, 'delivered');
    assert.equal(verdict.signer?.certificate, partner.certificate);
  });

  it('RFC 4130 §7.5.5: a warning is a delivery too', () => {
    const verdict = judged({
      disposition: { type: 'processed', modifier: 'warning', text: 'duplicate-document' },
    });
    assert.equal(verdict.kind, 'delivered-with-warning');
    assert.match(verdict.reason, /duplicate-document/);
  });

  it('unsigned where none was asked for', () => assert.equal(judgedUnsigned({}).kind, 'delivered'));

  it('opaque signed-data', async () =>
    assert.equal(judgedPart(await signedOpaque(reportBytes(), partner)).kind, 'delivered'));

  it('Original-Message-ID without its angle brackets', () =>
    assert.equal(judged({ original: { messageId: '1@us.example' } }).kind, 'delivered'));

  it('signed over LF, sent with CRLF and the other way round: what was signed is what is judged', async () => {
    const crlf = reportBytes();
    const lf = Buffer.from(crlf.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const part = await signedDetached(crlf, partner, { digest: 'sha256' }, lf);
    assert.equal(judgedPart(part).kind, 'delivered');
  });
});

describe('judging an MDN: refusal', () => {
  const refusals = [
    { type: 'processed', modifier: 'error', text: 'decryption-failed' },
    { type: 'processed', modifier: 'Error', text: 'x' },
    { type: 'processed', modifier: 'failed', text: 'of old' },
    { type: 'processed', modifier: 'failure' },
    { type: 'failed', modifier: 'failure', text: 'unsupported format' },
    { type: 'failed' },
  ];
  for (const disposition of refusals)
    it(`RFC 4130 §7.5: ${JSON.stringify(Object.values(disposition).join(' '))} is refused, with or without MIC`, () => {
      const verdict = judged({ disposition });
      assert.equal(verdict.kind, 'refused');
      if (disposition.text) assert.ok(verdict.reason.includes(disposition.text));
      const { headers, body } = makeMdn({
        ...withoutMic(),
        disposition,
        sign: { identity: partner, digest: 'sha256' },
      });
      assert.equal(judgeMdn(readMdn(headers, body), expected()).kind, 'refused');
    });

  it('a reason is one line of printable text, whatever the partner writes', () => {
    const body = Buffer.from(
      '--b\r\n\r\n\u001b[31mred\r\nline\u0000\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n' +
        'Original-Message-ID: <1@us.example>\r\nDisposition: x/y; processed/error: a\u001b[0m\r\n--b--',
    );
    const mdn = readMdn([['Content-Type', 'multipart/report; boundary=b']], body);
    const verdict = judgeMdn(mdn, expected({ signed: false }));
    assert.equal(verdict.kind, 'refused');
    assert.match(verdict.reason, /^[ -~]+$/);
  });
});

describe('judging an MDN: what proves nothing', () => {
  it('unsigned, though signed was asked for; also when it is a refusal', () => {
    isInvalid(judgedUnsigned({}, expected()), /not signed.*processed/);
    isInvalid(
      judgedUnsigned({ disposition: { type: 'processed', modifier: 'error', text: 'x' } }, expected()),
      /processed\/error: x/,
    );
  });

  it('signed by a stranger, though it asks for nothing signed either', () => {
    isInvalid(judged({}, expected(), stranger), /pinned/);
    isInvalid(judged({}, expected({ signed: false }), stranger), /pinned/);
  });

  it('signed by a key whose certificate copies issuer and serial number', () =>
    isInvalid(judged({}, expected(), forger), /does not verify/));

  it('signed-data without a signer', () => {
    const report = reportBytes();
    isInvalid(judgedPart(multipartSigned([report, signaturePart(signedByNobody())])), /no signature/);
    isInvalid(
      judgedPart({ headers: [['Content-Type', 'application/pkcs7-mime']], body: signedByNobody(report) }),
      /no signature/,
    );
  });

  it('changed after it was signed', async () => {
    const report = reportBytes({ disposition: { type: 'processed', modifier: 'error', text: 'x' } });
    const better = Buffer.from(report.toString('latin1').replace(/processed\/error: x/g, 'processed'), 'latin1');
    isInvalid(judgedPart(await signedDetached(report, partner, { digest: 'sha256' }, better)), /not what was signed/);
  });

  it('signed by an algorithm that the partnership does not allow', () =>
    isInvalid(judged({}, expected(), partner, 'sha1'), /sha256, sha384, sha512/));

  it('for another message, or for none', () => {
    for (const messageId of ['<2@us.example>', '<1@US.example>', ''])
      isInvalid(judgedUnsigned({ original: { messageId } }), /another message/);
  });

  it('RFC 4130 §2.4.2: processed without a MIC', () => {
    for (const disposition of [processed, { type: 'processed', modifier: 'warning', text: 'x' }]) {
      const sign = { identity: partner, digest: 'sha256' } as const;
      const { headers, body } = makeMdn({ ...withoutMic(), disposition, sign });
      const verdict = judgeMdn(readMdn(headers, body), expected());
      assert.equal(verdict.kind, 'invalid');
      assert.match(verdict.reason, /no Received-Content-MIC/);
    }
  });

  it('without a MIC, where an unsigned MDN was asked for, is no proof, and ends the message with a warning', () => {
    const { headers, body } = makeMdn({ ...withoutMic(), disposition: processed });
    const verdict = judgeMdn(readMdn(headers, body), expected({ signed: false }));
    assert.equal(verdict.kind, 'delivered-with-warning');
    assert.match(verdict.reason, /without Received-Content-MIC/);
  });

  it('RFC 4130 §7.1: a MIC of something else, or by another algorithm', () => {
    for (const other of [micOf('sha256', [Buffer.from('other')]), micOf('sha1', [Buffer.from('content')])])
      isInvalid(judgedUnsigned({ mic: other }), /not that of what was sent/);
  });

  it('a disposition that means nothing here', () => {
    for (const disposition of [{ type: 'displayed' }, { type: 'processed', modifier: 'superseded' }])
      isInvalid(judgedUnsigned({ disposition }), /means nothing/);
    isInvalid(judgedUnsigned({ disposition: { type: 'whatever' } }), /no disposition/);
  });

  it('a report beside the signed one is not read', async () => {
    const good = reportBytes();
    const { body } = await signedDetached(reportBytes({ disposition: { type: 'failed' } }), partner);
    const p7s = body.subarray(
      body.indexOf('Content-Type: application/pkcs7-signature'),
      body.lastIndexOf('\r\n--BOUNDARY--'),
    );
    const { headers, body: three } = multipartSigned([good, good, p7s]);
    assert.throws(() => readMdn(headers, three), MdnUnreadable);
  });

  it('any change to a signed MDN: it is unreadable, invalid, or says the same', () => {
    const { headers, body } = makeMdn({
      ...base(),
      disposition: { type: 'processed', modifier: 'error', text: 'x' },
      sign: { identity: partner, digest: 'sha256' },
    });
    const change = fc.record({ at: fc.nat(body.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(change, ({ at, bits }) => {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] ?? 0) ^ bits;
        const mdn = readOrRefused(headers, changed);
        if (mdn) assert.ok(['invalid', 'refused'].includes(judgeMdn(mdn, expected()).kind));
      }),
      { numRuns: 200 },
    );
  });
});

function readOrRefused(headers: Headers, body: Buffer): Mdn | undefined {
  try {
    return readMdn(headers, body);
  } catch (error) {
    assert.ok(error instanceof MdnUnreadable, String(error));
    return undefined;
  }
}
