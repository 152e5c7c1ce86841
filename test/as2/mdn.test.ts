import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dispositionOf, processed } from '../../src/as2/disposition.ts';
import { makeMdn } from '../../src/as2/mdn.ts';
import type { MdnDraft } from '../../src/as2/mdn.ts';
import { micOf } from '../../src/as2/mic.ts';
import { isMdn, MdnUnreadable, readMdn } from '../../src/as2/read-mdn.ts';
import { DecryptionFailed } from '../../src/errors.ts';
import { header } from '../../src/mime/headers.ts';
import type { Headers } from '../../src/mime/headers.ts';
import { identity } from '../support/identities.ts';
import type { TestIdentity } from '../support/identities.ts';

let us: TestIdentity;
before(async () => {
  us = await identity('us');
});

const draft = (): MdnDraft => ({
  from: 'US Customs',
  to: 'VAN',
  messageId: '<mdn-1@us.example>',
  date: new Date('2026-11-22T12:00:00Z'),
  original: { messageId: '<1@van.example>', subject: 'SANCRT 77', date: 'Sun, 22 Nov 2026 11:59:00 GMT' },
  disposition: processed,
  explanation: 'The message was received, verified and stored.',
  mic: micOf('sha256', [Buffer.from('content')]),
  reportingUa: 'us.example; Countersign',
  boundary: 'aBcDeF0123456789',
});
const signedDraft = (): MdnDraft => ({ ...draft(), sign: { identity: us, digest: 'sha256' } });
const textOf = (given: MdnDraft) => makeMdn(given).body.toString('latin1');

describe('the MDN that is sent', () => {
  it('RFC 4130 §6.2: has our name as AS2-From, theirs as AS2-To, quoted as needed', () => {
    const { headers } = makeMdn(draft());
    assert.equal(header(headers, 'AS2-From'), '"US Customs"');
    assert.equal(header(headers, 'AS2-To'), 'VAN');
  });

  it('RFC 4130 §7.6: has a Message-ID of its own, Date and Subject', () => {
    const { headers } = makeMdn(draft());
    assert.equal(header(headers, 'Message-ID'), '<mdn-1@us.example>');
    assert.equal(header(headers, 'Date'), 'Sun, 22 Nov 2026 12:00:00 GMT');
    assert.equal(header(headers, 'Subject'), 'Message disposition notification');
    assert.equal(header(headers, 'AS2-Version'), '1.2');
    assert.equal(header(headers, 'EDIINT-Features'), 'AS2-Reliability');
  });

  it('RFC 3798 §2.1: never asks for an MDN', () => {
    for (const given of [draft(), signedDraft()]) {
      const { headers, body } = makeMdn(given);
      assert.equal(header(headers, 'Disposition-Notification-To'), undefined);
      assert.doesNotMatch(body.toString('latin1'), /Disposition-Notification-To/i);
    }
  });

  it('RFC 4130 §7.4.1: unsigned, it is multipart/report of two parts', () => {
    const { headers, body } = makeMdn(draft());
    assert.match(
      header(headers, 'Content-Type')!,
      /^multipart\/report; report-type=disposition-notification; boundary=/,
    );
    assert.equal(
      body.toString('latin1'),
      [
        '--report.aBcDeF0123456789',
        'Content-Type: text/plain; charset=us-ascii',
        'Content-Transfer-Encoding: 7bit',
        '',
        'The message was received, verified and stored.',
        '',
        '  Message-ID: <1@van.example>',
        '  From: VAN',
        '  To: US Customs',
        '  Subject: SANCRT 77',
        '  Date: Sun, 22 Nov 2026 11:59:00 GMT',
        '  Disposition: processed',
        '',
        '--report.aBcDeF0123456789',
        'Content-Type: message/disposition-notification',
        'Content-Transfer-Encoding: 7bit',
        '',
        'Reporting-UA: us.example; Countersign',
        'Original-Recipient: rfc822; "US Customs"',
        'Final-Recipient: rfc822; "US Customs"',
        'Original-Message-ID: <1@van.example>',
        'Disposition: automatic-action/MDN-sent-automatically; processed',
        'Received-Content-MIC: 7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=, sha-256',
        '',
        '--report.aBcDeF0123456789--',
        '',
      ].join('\r\n'),
    );
  });

  it('RFC 3798 §3.1: nothing follows the last field but the boundary', () => {
    for (const given of [draft(), signedDraft()]) {
      assert.match(textOf(given), /\r\nReceived-Content-MIC: \S+, sha-256\r\n\r\n--report\.\w+--\r\n/);
    }
  });

  it('RFC 4130 §7.4.2: signed, it is multipart/signed around the report', () => {
    const { headers, body } = makeMdn(signedDraft());
    const type = header(headers, 'Content-Type')!;
    assert.match(type, /^multipart\/signed; protocol="application\/pkcs7-signature"; micalg=sha-256; boundary=/);
    assert.match(body.toString('latin1'), /^--signed\.aBcDeF0123456789\r\nContent-Type: multipart\/report;/);
    assert.doesNotMatch(type, /[\r\n]/);
  });

  it('Received-Content-MIC and micalg are spelled as the sender asked', () => {
    const given = { ...signedDraft(), micalgsAsked: ['sha1', 'SHA256'] };
    assert.match(header(makeMdn(given).headers, 'Content-Type')!, /micalg=SHA256;/);
    assert.match(textOf(given), /Received-Content-MIC: \S+=, SHA256\r\n/);
  });

  it('RFC 4130 §7.5.4: tells of an error, without a MIC when there is none', () => {
    const fault = new DecryptionFailed('secret detail');
    const { mic, ...rest } = draft();
    assert.ok(mic);
    const text = textOf({ ...rest, disposition: dispositionOf(fault), explanation: fault.explanation });
    assert.match(
      text,
      /Disposition: automatic-action\/MDN-sent-automatically; processed\/error: decryption-failed\r\n/,
    );
    assert.match(text, /could not be decrypted/);
    assert.doesNotMatch(text, /Received-Content-MIC|secret detail/);
  });

  it('RFC 3798 §3.2.5: Original-Message-ID is exactly as received', () => {
    for (const messageId of ['no brackets', '<a b@c>', 'x'.repeat(998), '<\u00e9@x>'])
      assert.ok(textOf({ ...draft(), original: { messageId } }).includes(`\r\nOriginal-Message-ID: ${messageId}\r\n`));
  });

  it('header injection: what the partner wrote makes no line of its own, whatever it is', () => {
    const evil = 'x\r\nBcc: victim@example\r\n\r\n--report.aBcDeF0123456789\r\n\u0000\u0085\u2028\u010a\u010d';
    const given = {
      ...draft(),
      original: { messageId: evil, subject: evil, date: evil },
      explanation: evil,
      reportingUa: evil,
    };
    const { headers, body } = makeMdn(given);
    const lines = body.toString('latin1').split('\r\n');
    assert.ok(lines.every((line) => /^[ -~]*$/.test(line)));
    assert.ok(!lines.some((line) => line.startsWith('Bcc')));
    assert.equal(lines.filter((line) => line.startsWith('--')).length, 3);
    assert.ok(!lines.some((line) => line.startsWith('Original-Message-ID')));
    assert.ok(headers.every(([, value]) => /^[ -~]*$/.test(value)));
  });

  it('what is made is read as the same', () => {
    for (const given of [
      draft(),
      signedDraft(),
      { ...signedDraft(), disposition: dispositionOf(new DecryptionFailed('')) },
    ]) {
      const { headers, body } = makeMdn(given);
      const { report, signature } = readMdn(headers, body);
      assert.ok(isMdn(headers, body));
      assert.equal(signature === undefined, given.sign === undefined);
      assert.equal(report.originalMessageId, '<1@van.example>');
      assert.deepEqual(report.disposition, given.disposition);
      assert.deepEqual(report.mic, given.mic);
      assert.equal(report.finalRecipient, 'rfc822; "US Customs"');
      assert.equal(report.reportingUa, 'us.example; Countersign');
      assert.match(report.text, /^The message was received/);
    }
  });
});

describe('MDNs as others send them', () => {
  const fields = [
    'reporting-ua: x',
    'FINAL-RECIPIENT: rfc822;VAN',
    'original-message-id:<1@x>',
    'disposition: automatic-action/MDN-sent-automatically;processed',
    'received-content-mic: 7XACtDnprIRfIjV9giusFERzD722AW0+\r\n yUMil7nsn3M= ,SHA256',
  ].join('\r\n');
  const report: Headers = [['content-type', 'Multipart/Report; Report-Type="Disposition-Notification"; boundary=b']];
  const notification = `Content-Type: message/disposition-notification\r\n\r\n${fields}`;
  const shapes: [name: string, headers: Headers, body: string][] = [
    [
      'as the RFC has it',
      report,
      `--b\r\nContent-Type: text/plain\r\n\r\nok\r\n--b\r\n${notification}\r\n\r\n--b--\r\n`,
    ],
    ['no headers on the text', report, `--b\r\n\r\nok\r\n--b\r\n${notification}\r\n--b--`],
    ['no headers on the text, and no empty line', report, `--b\r\nok\r\n--b\r\n${notification}\r\n--b--`],
    ['HTML', report, `--b\r\nContent-Type: text/html\r\n\r\nok\r\n--b\r\n${notification}\r\n--b--\r\n`],
    [
      'its own headers again in the body',
      report,
      `Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nok\r\n--b\r\n${notification}\r\n--b--`,
    ],
    ['a third part', report, `--b\r\n\r\nok\r\n--b\r\n${notification}\r\n--b\r\n\r\nheaders\r\n--b--`],
    [
      'an empty line before the fields',
      report,
      `--b\r\n\r\nok\r\n--b\r\n${notification.replace('\r\n\r\n', '\r\n\r\n\r\n')}\r\n--b--`,
    ],
    [
      'RFC 8098 §3.3: with fields that nobody knows',
      report,
      `--b\r\n\r\nok\r\n--b\r\n${notification}\r\nX-Notary: yes\r\nFailure: none\r\nWeather: fine\r\n\r\n--b--`,
    ],
    ['the notification first', report, `--b\r\n${notification}\r\n--b\r\n\r\nok\r\n--b--`],
    ['no end', report, `--b\r\n\r\nok\r\n--b\r\n${notification}\r\n`],
    ['LF alone', report, `--b\n\nok\n--b\n${notification.replaceAll('\r\n', '\n')}\n--b--\n`],
    [
      'base64',
      report,
      `--b\r\n\r\nok\r\n--b\r\nContent-Type: message/disposition-notification\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(fields).toString('base64')}\r\n--b--`,
    ],
    [
      'no report-type',
      [['Content-Type', 'multipart/report; boundary=b']],
      `--b\r\n\r\nok\r\n--b\r\n${notification}\r\n--b--`,
    ],
    ['the notification alone', [['Content-Type', 'message/disposition-notification']], fields],
  ];
  for (const [name, headers, text] of shapes)
    it(`are read: ${name}`, () => {
      const body = Buffer.from(text);
      assert.ok(isMdn(headers, body));
      const { report, signature } = readMdn(headers, body);
      assert.equal(signature, undefined);
      assert.equal(report.originalMessageId, '<1@x>');
      assert.deepEqual(report.disposition, { type: 'processed' });
      assert.deepEqual(report.mic, micOf('sha256', [Buffer.from('content')]));
      if (name !== 'the notification alone') assert.equal(report.text.trim(), 'ok');
    });
  const others: [name: string, headers: Headers, body: string][] = [
    ['nothing', [], ''],
    ['HTML of a proxy', [['Content-Type', 'text/html']], '<h1>OK</h1>'],
    [
      'another report',
      [['Content-Type', 'multipart/report; report-type=delivery-status; boundary=b']],
      '--b\r\n\r\n--b--',
    ],
    [
      'a signed message',
      [['Content-Type', 'multipart/signed; boundary=b']],
      '--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b\r\n\r\n--b--',
    ],
    ['multipart/signed without boundary', [['Content-Type', 'multipart/signed']], ''],
    ['a type that is none', [['Content-Type', '???']], ''],
  ];
  for (const [name, headers, text] of others)
    it(`${name} is no MDN`, () => {
      assert.equal(isMdn(headers, Buffer.from(text)), false);
      assert.throws(() => readMdn(headers, Buffer.from(text)), MdnUnreadable);
    });

  it('a report without a notification is unreadable', () =>
    assert.throws(() => readMdn(report, Buffer.from('--b\r\n\r\nok\r\n--b--')), MdnUnreadable));

  it('hostile bytes give an MDN or MdnUnreadable', () => {
    const types = fc.constantFrom(
      'multipart/report; boundary=b',
      'multipart/signed; boundary=b',
      'message/disposition-notification',
      'application/pkcs7-mime',
    );
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '--b',
        '--b--',
        '',
        'Disposition: processed',
        'Content-Type: message/disposition-notification',
        'Content-Type: multipart/report; boundary=b',
        'Content-Type: application/pkcs7-signature',
        'Received-Content-MIC: ,',
      ),
    );
    fc.assert(
      fc.property(types, fc.array(line), (type, lines) => {
        const body = Buffer.from(lines.join('\r\n'));
        isMdn([['Content-Type', type]], body);
        try {
          readMdn([['Content-Type', type]], body);
        } catch (error) {
          assert.ok(error instanceof MdnUnreadable, String(error));
        }
      }),
    );
  });
});
