import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NotAnAs2Message, parseAs2Request } from '../../src/as2/request.ts';
import { InvalidMessageId, SenderEqualsReceiver } from '../../src/errors.ts';
import { CountersignError } from '../../src/errors.ts';
import type { HeaderField } from '../../src/mime/headers.ts';

const base: HeaderField[] = [
  ['AS2-From', 'VAN'],
  ['AS2-To', '"US Customs"'],
  ['Message-ID', '<1@van.example>'],
];
const without = (name: string) => base.filter(([found]) => found !== name);

describe('AS2 request headers', () => {
  it('reads all of them, their names in any case', () => {
    const request = parseAs2Request([
      ...base.map(([name, value]): HeaderField => [name.toLowerCase(), value]),
      ['SUBJECT', 'SANCRT'],
      ['date', 'whenever'],
      ['as2-version', '1.9'],
      ['ediint-features', 'multiple-attachments, CEM ,,X'],
      ['AS2-Product', 'thing:1.0'],
      ['disposition-notification-to', 'anybody'],
    ]);
    assert.equal(request.from, 'VAN');
    assert.equal(request.to, 'US Customs');
    assert.equal(request.messageId, '<1@van.example>');
    assert.equal(request.subject, 'SANCRT');
    assert.equal(request.date, 'whenever');
    assert.equal(request.version, '1.9');
    assert.deepEqual(request.features, ['multiple-attachments', 'CEM', 'X']);
    assert.equal(request.product, 'thing:1.0');
    assert.equal(request.receipt?.protocol, undefined);
    assert.notEqual(request.receipt, undefined);
    assert.equal(request.fault, undefined);
  });

  it('RFC 4130 §6.1: a missing AS2-Version is no fault', () => {
    const request = parseAs2Request(base);
    assert.equal(request.version, undefined);
    assert.equal(request.fault, undefined);
  });

  it('RFC 4130 §6.1: every version is understood, from 1.0 to 1.9 and beyond', () => {
    for (const version of ['1.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8', '1.9', '2.0', 'new']) {
      const request = parseAs2Request([...base, ['AS2-Version', version]]);
      assert.deepEqual([request.version, request.fault], [version, undefined]);
    }
  });

  const unusable: [string, HeaderField[]][] = [
    ['AS2-From is missing', without('AS2-From')],
    ['AS2-To is missing', without('AS2-To')],
    ['AS2-From is there twice', [...base, ['as2-from', 'OTHER']]],
    ['AS2-To is there twice, though the same', [...base, ['AS2-To', '"US Customs"']]],
    ['AS2-From is no name', [...without('AS2-From'), ['AS2-From', 'a b']]],
    ['AS2-To is empty', [...without('AS2-To'), ['AS2-To', '']]],
  ];
  for (const [name, headers] of unusable)
    it(`RFC 4130 §6.2: it is no AS2 message when ${name}`, () =>
      assert.throws(() => parseAs2Request(headers), NotAnAs2Message));

  const identifiers: [messageId: string, usable: boolean][] = [
    ['<a@b>', true],
    ['no-brackets', true],
    ['<with blank inside@x>', true],
    ['\u00e9\u0080', true],
    ['x'.repeat(998), true],
    ['x'.repeat(999), false],
    ['a\tb', false],
    ['a\u0007b', false],
    ['', false],
  ];
  for (const [messageId, usable] of identifiers)
    it(`Message-ID ${JSON.stringify(messageId.slice(0, 24))} of ${messageId.length} is ${usable ? 'kept as received' : 'invalid-message-id'}`, () => {
      const request = parseAs2Request([...without('Message-ID'), ['Message-ID', messageId]]);
      assert.equal(request.messageId, usable ? messageId : '');
      assert.equal(request.fault instanceof InvalidMessageId, !usable);
    });

  it('a Message-ID that is missing, or there twice, is a fault that can be answered', () => {
    for (const headers of [without('Message-ID'), [...base, ['Message-Id', '<2@x>'] as const]]) {
      const request = parseAs2Request(headers);
      assert.equal(request.messageId, '');
      assert.ok(request.fault instanceof InvalidMessageId);
      assert.equal(request.from, 'VAN');
    }
  });

  it('RFC 4130 §7.5.6: sender and receiver must differ, in case too', () => {
    const request = (to: string) => parseAs2Request([...without('AS2-To'), ['AS2-To', to]]);
    assert.ok(request('VAN').fault instanceof SenderEqualsReceiver);
    assert.equal(request('van').fault, undefined);
  });

  it('hostile headers throw typed errors alone', () => {
    const names = [
      'AS2-From',
      'AS2-To',
      'Message-ID',
      'Disposition-Notification-To',
      'Disposition-Notification-Options',
      'EDIINT-Features',
    ];
    const field = fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(fc.string({ unit: 'binary' }), fc.constant('A'), fc.constant('B')),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (headers) => {
        try {
          parseAs2Request(headers);
        } catch (error) {
          assert.ok(error instanceof CountersignError);
        }
      }),
    );
  });
});
