import assert from 'node:assert/strict';
import { planReceipt } from '../../src/as2/receipt-plan.ts';
import { parseReceiptRequest } from '../../src/as2/receipt-request.ts';
import { UnsupportedFormat, UnsupportedMicAlgorithms } from '../../src/errors.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import type { HeaderField } from '../../src/mime/headers.ts';

const strict: DigestName[] = ['sha256', 'sha384', 'sha512'];
const lenient: DigestName[] = [...strict, 'sha1'];

function requestOf(options: string, more: HeaderField[] = []) {
  return parseReceiptRequest([
    ['Disposition-Notification-To', 'x'],
    ['Disposition-Notification-Options', options],
    ...more,
  ]);
}
const planOf = (options: string, allowed = strict) => planReceipt(requestOf(options), allowed);

describe('what receipt is asked for', () => {
  it('RFC 4130 §7.3: none without Disposition-Notification-To, whatever else is there', () => {
    const headers: HeaderField[] = [
      ['Disposition-Notification-Options', 'signed-receipt-protocol=required, pkcs7-signature'],
      ['Receipt-Delivery-Option', 'https://x.example/'],
    ];
    assert.equal(parseReceiptRequest(headers), undefined);
    assert.deepEqual(planReceipt(undefined, strict), { delivery: 'none', micDigest: 'sha256', micalgsAsked: [] });
  });

  it('RFC 4130 §7.3: its value is ignored, an empty one too', () =>
    assert.notEqual(parseReceiptRequest([['Disposition-Notification-To', '']]), undefined));

  it('an unsigned one without options', () => {
    const plan = planReceipt(parseReceiptRequest([['disposition-notification-to', 'a@b']]), strict);
    assert.deepEqual(plan, { delivery: 'sync', micDigest: 'sha256', micalgsAsked: [] });
  });

  const spellings = [
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-384, sha1',
    'signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=optional,sha-384,sha1',
    'Signed-Receipt-Protocol = Optional , PKCS7-Signature ; SIGNED-RECEIPT-MICALG=OPTIONAL , sha-384 , sha1 ;',
    'signed-receipt-micalg="optional", "sha-384","sha1"; signed-receipt-protocol="optional", "pkcs7-signature"',
    'signed-receipt-protocol=pkcs7-signature; signed-receipt-micalg=sha-384, sha1',
  ];
  for (const options of spellings)
    it(`RFC 4130 §7.3: is read from ${options}`, () =>
      assert.deepEqual(requestOf(options), {
        protocol: 'pkcs7-signature',
        protocolRequired: false,
        micalgs: ['sha-384', 'sha1'],
        micalgRequired: false,
        unknownRequired: [],
      }));

  it('RFC 4130 §7.2: Receipt-Delivery-Option asks for an asynchronous one, an empty value does not', () => {
    const asked = (value: string) => planReceipt(requestOf('', [['Receipt-Delivery-Option', value]]), strict);
    assert.equal(asked('https://van.example/mdn').delivery, 'async');
    assert.equal(asked('https://van.example/mdn').asyncUrl, 'https://van.example/mdn');
    assert.equal(asked('  ').delivery, 'sync');
    assert.equal(asked('').asyncUrl, undefined);
  });
});

describe('what receipt is sent', () => {
  const protocol = 'signed-receipt-protocol=optional, pkcs7-signature';
  const rows: [options: string, allowed: DigestName[], signWith: DigestName | undefined, micDigest: DigestName][] = [
    [`${protocol}; signed-receipt-micalg=optional, sha-512, sha-256`, strict, 'sha512', 'sha512'],
    [`${protocol}; signed-receipt-micalg=optional, md5, sha256`, strict, 'sha256', 'sha256'],
    [`${protocol}; signed-receipt-micalg=optional, sha1, sha-384`, strict, 'sha384', 'sha384'],
    [`${protocol}; signed-receipt-micalg=optional, sha1, sha-384`, lenient, 'sha1', 'sha1'],
    [`${protocol}; signed-receipt-micalg=optional, sha-384, sha1`, lenient, 'sha384', 'sha384'],
    [`${protocol}; signed-receipt-micalg=optional, sha1`, strict, 'sha256', 'sha256'],
    [`${protocol}; signed-receipt-micalg=optional, md5`, strict, 'sha256', 'sha256'],
    [protocol, lenient, 'sha256', 'sha256'],
    [protocol, ['sha1'], 'sha256', 'sha256'],
    ['signed-receipt-micalg=optional, sha-512', strict, undefined, 'sha512'],
    ['signed-receipt-protocol=optional, pgp; signed-receipt-micalg=optional, sha-512', strict, undefined, 'sha512'],
  ];
  for (const [options, allowed, signWith, micDigest] of rows)
    it(`RFC 4130 §7.3: ${signWith ?? 'unsigned'} for "${options}" where ${allowed.join(', ')} are allowed`, () => {
      const plan = planOf(options, allowed);
      assert.equal(plan.signWith, signWith);
      assert.equal(plan.micDigest, micDigest);
      assert.equal(plan.fault, undefined);
    });

  it('RFC 4130 §7.5.3: required algorithms of which none is supported fail the message, and the receipt is signed', () => {
    const plan = planOf('signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5, sha1');
    assert.ok(plan.fault instanceof UnsupportedMicAlgorithms);
    assert.equal(plan.signWith, 'sha256');
  });

  it('RFC 4130 §7.5.3: a required protocol that is not supported fails the message', () => {
    const plan = planOf('signed-receipt-protocol=required, pgp; signed-receipt-micalg=optional, sha-256');
    assert.ok(plan.fault instanceof UnsupportedFormat);
    assert.equal(plan.signWith, undefined);
  });

  it('RFC 3798 §2.2: a required option that is unknown fails the message, an optional one is passed over', () => {
    assert.ok(planOf(`${protocol}; x-notary=required, yes`).fault instanceof UnsupportedFormat);
    assert.equal(planOf(`${protocol}; x-notary=optional, yes`).fault, undefined);
  });

  it('RFC 4130 §7.3.1: required and supported is no fault', () =>
    assert.equal(
      planOf('signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha-256').fault,
      undefined,
    ));

  it('what the sender wrote reaches the operator as printable text alone', () =>
    assert.doesNotMatch(planOf('signed-receipt-protocol=required, p\r\nX: \u0007').fault!.message, /[^ -~]/));
});
