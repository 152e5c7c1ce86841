import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';

import { storedBytes } from '../support/stored.ts';
import { header, type HeaderField } from '../../src/mime/headers.ts';
import { bytesOfPart, encrypted, signedDetached, type Part } from '../as2/by-hand.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { speak, statusOf } from '../support/raw-socket.ts';
import { freshMessageId, refused, startTarget, type Target } from '../support/target.ts';
import { countersign } from '../support/terminal.ts';

const garbage: Part = { headers: [['Content-Type', 'application/pkcs7-mime']], body: Buffer.from('garbage') };

/** What moves a cursor, or turns the direction of reading: no terminal should be given it. */
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Bidi_Control}]/u;

describe('attacks: injection', () => {
  let target: Target;
  const accepted: string[] = [];

  before(async () => {
    target = await startTarget();
  });
  after(() => target.stop());
  afterEach(() => target.serves());

  /** A message of the partner's, signed and encrypted, whose innermost headers are these. */
  async function deliver(fields: readonly HeaderField[], body: Buffer = Buffer.from('no EDIFACT')) {
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const entity = Buffer.concat([Buffer.from(`${lines}\r\n`, 'latin1'), body]);
    const signed = await signedDetached(entity, target.partner.identity);
    const sealed = await encrypted(bytesOfPart(signed), target.home.own.certificate);
    const result = await target.attack(sealed);
    if (result.told === 'processed') accepted.push(result.messageId);
    return result;
  }

  /** Everything below the home but what the database does by itself. */
  const files = () =>
    readdirSync(target.home.directory, { recursive: true })
      .map(String)
      .filter((name) => !/\.(?:db|lock|db-wal|db-shm|lock-journal)$/.test(name))
      .sort();

  describe('headers of HTTP', () => {
    const request = (fields: string) =>
      Buffer.from(
        `POST /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAS2-From: AU-VAN\r\nAS2-To: ${target.home.as2Id}\r\n` +
          `Disposition-Notification-To: x\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 7\r\n${fields}\r\n\r\ngarbage`,
        'latin1',
      );

    const hostile: readonly (readonly [name: string, value: string])[] = [
      ['a folded line', 'x\r\n X-Injected: y'],
      ['a folded line with a tab', 'x\r\n\tX-Injected: y'],
      ['a line of its own', 'x\r\nX-Injected: y'],
      ['a bare CR', 'x\rX-Injected: y'],
      ['a bare LF', 'x\nX-Injected: y'],
      ['NUL', 'x\0X-Injected: y'],
      ['ESC', 'x\u001b[31mX-Injected: y'],
      ['C1', 'x\u009b31mX-Injected: y\u0085z'],
      ['UTF-8', Buffer.from('größer – X-Injected: y').toString('latin1')],
      ['percent', 'x%0d%0aX-Injected: y'],
      ['an encoded word', '=?utf-8?Q?x=0D=0AX-Injected:_y?='],
      ['a boundary', '--report\r\n'],
      ['a disposition', 'x Disposition: automatic-action/MDN-sent-automatically; processed'],
      ['HTML and shell', '<script>alert(1)</script> `id` $(id) ${jndi:ldap://x/} ; rm -rf /'],
    ];

    const fields = ['Subject', 'Message-ID', 'Date', 'AS2-From-Name', 'AS2-Product', 'EDIINT-Features'];

    for (const [name, value] of hostile)
      it(`${name} in a header makes no line of its own in the answer`, async () => {
        for (const field of fields) {
          const messageId = field === 'Message-ID' ? value : freshMessageId();
          const sent = field === 'Message-ID' ? '' : `\r\n${field}: ${value}`;
          const answer = (await speak(target.url, request(`Message-ID: ${messageId}${sent}`))).toString('latin1');
          assert.match(answer, /^HTTP\/1\.1 (?:200|400) /, field);
          assert.doesNotMatch(answer, /^\s*X-Injected/m, field);
          const [head = '', ...rest] = answer.split('\r\n\r\n');
          assert.doesNotMatch(head, /X-Injected|alert|jndi/, field);
          const [text = '', report = ''] = rest.join('\r\n\r\n').split('message/disposition-notification');
          assert.doesNotMatch(text.replaceAll('\r\n', ''), control, field);
          assert.equal([...report.matchAll(/^Disposition: .*processed\r$/gm)].length, 0, field);
        }
      });

    it('a Message-ID comes back as it was, to the last octet', async () => {
      for (const id of [
        '<\u00e9\u00ff@x>',
        'no brackets',
        '<a b@c>',
        `<${'x'.repeat(900)}@x>`,
        '<%0d%0a@x>',
        "<'; DROP TABLE messages; --@x>",
      ]) {
        const answer = await speak(target.url, request(`Message-ID: ${id}`));
        assert.ok(answer.includes(Buffer.from(`\r\nOriginal-Message-ID: ${id}\r\n`, 'latin1')), id);
      }
    });

    it('a Message-ID that is missing, there twice, or too long is refused, and no other is made up', async () => {
      for (const fields of [
        'X: y',
        'Message-ID: <a@b>\r\nMessage-ID: <c@d>',
        `Message-ID: <${'x'.repeat(1000)}@x>`,
        'Message-ID: ',
      ]) {
        const answer = (await speak(target.url, request(fields))).toString('latin1');
        assert.equal(statusOf(Buffer.from(answer)), 200);
        assert.match(answer, /processed\/error: invalid-message-id/);
        assert.doesNotMatch(answer, /Original-Message-ID/);
      }
    });
  });

  describe('file names', () => {
    const names: readonly (readonly [name: string, disposition: string, seen: string | RegExp])[] = [
      ['a path upwards', 'filename="../../../../../../tmp/countersign-pwned"', /countersign-pwned$/],
      ['an absolute path', 'filename="/tmp/countersign-pwned"', '/tmp/countersign-pwned'],
      ['a path of Windows', 'filename="..\\..\\C:\\countersign-pwned"', /countersign-pwned$/],
      ['our own configuration', 'filename="partners/au-van.yaml"', 'partners/au-van.yaml'],
      ['percent', "filename*=UTF-8''%2e%2e%2f%2e%2e%2fcountersign-pwned", '../../countersign-pwned'],
      ['an encoded word', 'filename="=?utf-8?B?Li4vLi4vcHduZWQ=?="', '../../pwned'],
      ['CR and LF', "filename*=UTF-8''a%0d%0aX-Injected:%20y", 'a\r\nX-Injected: y'],
      ['NUL', "filename*=UTF-8''a.edi%00.sh", 'a.edi\0.sh'],
      ['ESC', "filename*=UTF-8''%1b%5b2J%1b%5b31m", '\u001b[2J\u001b[31m'],
      ['right-to-left', "filename*=UTF-8''a%e2%80%aeide.exe", 'a\u202eide.exe'],
      ['a dot', 'filename="."', '.'],
      ['two dots', 'filename=".."', '..'],
      ['a pipe', 'filename="| id"', '| id'],
      ['ten thousand letters', `filename="${'x'.repeat(10_000)}"`, /^x{10000}$/],
    ];

    for (const [name, disposition, seen] of names)
      it(`${name} is a label and no path`, async () => {
        const before = files();
        const fields = [
          ['Content-Type', 'application/EDIFACT'],
          ['Content-Disposition', `attachment; ${disposition}`],
        ] as const;
        const { messageId, told, answered } = await deliver(fields);
        assert.equal(told, 'processed');
        const { fileName, id } = await target.reached(messageId, 'unreadable');
        if (typeof seen === 'string') assert.equal(fileName, seen);
        else assert.match(fileName ?? '', seen);
        assert.deepEqual(files(), before);
        assert.doesNotMatch(answered.body.toString('latin1'), /pwned|X-Injected/);
        for (const command of [['list'], ['show', id]]) {
          const { stdout, stderr } = await countersign(target.home.directory, 'message', ...command);
          assert.doesNotMatch(stdout + stderr, control);
        }
      });
  });

  describe('what people look at', () => {
    it('a Subject and a Content-Type of control characters move no cursor', async () => {
      const subject = 'x\u009b2J\u009b31m\u0085y';
      const refusedResult = await target.attack(garbage, { subject });
      await refused(target, refusedResult, 'unexpected-processing-error');
      const { messageId } = await deliver([['Content-Type', 'application/x; name="\u009b2J"']]);
      await target.reached(messageId, 'unreadable');
      for (const command of [
        ['message', 'list'],
        ['message', 'show', refusedResult.messageId],
        ['message', 'show', messageId],
        ['mdn', 'list'],
        ['audit', 'list'],
      ]) {
        const { stdout, stderr } = await countersign(target.home.directory, ...command);
        assert.doesNotMatch(stdout + stderr, control, command.join(' '));
      }
    });
  });

  describe('EDIFACT in our answers', () => {
    it('what a certificate says comes back as data: it makes no segment, no header and no path', async () => {
      const number = numberOf('AU', 31_337);
      const hostile = "?'UNT?+1?'UNZ";
      const body = interchange([{ number, importer: hostile }, { number: `A?'BGM?+961?:x` }], { reference: "R?'?+X" });
      const { messageId, told } = await deliver([['Content-Type', 'application/EDIFACT']], body);
      assert.equal(told, 'processed');
      const { answeredBy } = await target.reached(messageId, 'answered');
      for (const id of answeredBy) {
        const { headers } = await target.reached(id, 'delivered');
        for (const [name, value] of headers) assert.doesNotMatch(name + value, /[^ -~]/);
        assert.match(header(headers, 'Subject') ?? '', /^(?:CUSRES|CONTRL) for R'\+X$/);
        const sent = (await storedBytes(target.store, id, 'payload'))?.toString('latin1') ?? '';
        const segments = sent.split(/(?<!\?)'\s*/).filter((segment) => segment !== '');
        assert.equal(segments.filter((segment) => segment.startsWith('UNZ')).length, 1);
        assert.equal(
          segments.filter((segment) => segment.startsWith('UNT')).length,
          segments.filter((segment) => segment.startsWith('UNH')).length,
        );
        assert.equal(
          segments.filter((segment) => segment.startsWith('BGM')).length,
          segments.filter((segment) => /^UNH.*CUSRES/.test(segment)).length,
        );
      }
      assert.deepEqual(await target.store.listCertificates({ number }), []);
    });
  });

  describe('afterwards', () => {
    it('the evidence of all of it is whole, and nothing was taken that should not have been', async () => {
      const verdict = await target.store.verifyLedger();
      assert.equal(verdict.kind, 'whole');
      await target.untouched(...accepted);
    });
  });
});
