import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';

import { storedBytes } from '../support/stored.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { attribute, craftSignedData } from '../cms/support.ts';
import { bytesOfPart, encrypted, multipartSigned, signaturePart, signedDetached, type Part } from '../as2/by-hand.ts';
import { identity } from '../support/identities.ts';
import { speak, statusOf } from '../support/raw-socket.ts';
import { freshMessageId, refused, startTarget, type Target } from '../support/target.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const messageSize = 2 * MiB;

const aes = { cipher: 'aes128-cbc', keyTransport: 'rsa-pkcs1' } as const;

/** An attack must not hold up the others: in milliseconds, on a machine that is busy with other tests. */
const patience = 3_000;

describe('attacks: bombs', function () {
  let target: Target;
  const taken: string[] = [];

  before(async () => {
    target = await startTarget({
      settings: { limits: { messageSize: '2 MiB', inflatedSize: '4 MiB', inflateRatio: 100 } },
      prepare: async (home, { url }) => {
        const { certificate } = await identity('au-van');
        const receive = { allowUnencrypted: true, allowUnsigned: true };
        home.addPartner('open', { as2Id: 'OPEN', url, certificatePem: certificate.pem, receive, identities: [] });
      },
    });
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched(...taken);
  });

  const seal = (part: Part, cipher: 'aes128-cbc' | 'aes128-gcm') =>
    encrypted(bytesOfPart(part), target.home.own.certificate, { ...aes, cipher });
  const sign = (content: Buffer) => signedDetached(content, target.partner.identity);

  async function goesOff(part: Part, told: string, from: string) {
    const begun = performance.now();
    const result = await target.attack(part, { from });
    const took = performance.now() - begun;
    await refused(target, result, told);
    assert.ok(took < patience, `it took ${Math.round(took)} ms`);
  }

  /** In clear, in GCM and in CBC. */
  async function isDefused(part: Part, told = 'unexpected-processing-error', inCbc = 'decryption-failed') {
    await goesOff(part, told, 'OPEN');
    await goesOff(await seal(part, 'aes128-gcm'), told, 'OPEN');
    await goesOff(await seal(part, 'aes128-cbc'), inCbc, 'OPEN');
  }

  const pkcs7 = (body: Buffer, type = 'compressed-data'): Part => ({
    headers: [['Content-Type', `application/pkcs7-mime; smime-type=${type}`]],
    body,
  });
  const compressedData = (zlib: Buffer): Part =>
    pkcs7(
      encode(contentInfo(OID.compressedData, sequence(smallInteger(0), algorithm(OID.zlib), encapsulated([zlib])))),
    );
  const head = Buffer.from('Content-Type: application/EDIFACT\r\n\r\n');
  const zeros = (size: number) => deflateSync(Buffer.concat([head, Buffer.alloc(size)]), { level: 9 });

  describe('decompression', () => {
    it('a ratio of a thousand, alone', () => isDefused(compressedData(zeros(3 * MiB)), 'decompression-failed'));

    it('below the ratio, and too large', () => {
      const noise = Buffer.from(Array.from({ length: 90 * KiB }, (_, at) => (at * 2_654_435_761) >>> 24));
      const body = Buffer.concat([head, Buffer.alloc(5 * MiB), noise]);
      return isDefused(compressedData(deflateSync(body)), 'decompression-failed');
    });

    it('under a good signature', async () =>
      isDefused(await sign(bytesOfPart(compressedData(zeros(3 * MiB)))), 'decompression-failed'));

    it('around a good signature', async () => {
      const signed = await sign(Buffer.concat([head, Buffer.alloc(3 * MiB)]));
      await isDefused(compressedData(deflateSync(bytesOfPart(signed), { level: 9 })), 'decompression-failed');
    });

    it('a stream that never ends: many empty blocks, or cut off, or not zlib at all', async () => {
      const emptyBlocks = Buffer.concat([
        Buffer.from('789c', 'hex'),
        Buffer.alloc(500 * KiB, Buffer.from('000000ffff', 'hex')),
      ]);
      await isDefused(compressedData(emptyBlocks), 'decompression-failed');
      await isDefused(compressedData(zeros(1 * KiB).subarray(0, -5)), 'decompression-failed');
      await isDefused(compressedData(deflateRawSync(head)), 'decompression-failed');
      await isDefused(compressedData(Buffer.alloc(0)), 'decompression-failed');
    });

    it('a preset dictionary', () => {
      const zlib = deflateSync(head, { dictionary: head, strategy: constants.Z_FIXED });
      return isDefused(compressedData(zlib), 'decompression-failed');
    });
  });

  describe('many at once', () => {
    /** Of the memory that they take together. */
    const limit = 64 * MiB;
    let small: Target;

    before(async () => {
      small = await startTarget({ settings: { limits: { inflatedSize: '64 MiB', inflateRatio: 1000 } } });
    });
    after(() => small.stop());

    it('twenty bombs together take little more memory than one, and hold up nobody', async () => {
      const bomb = compressedData(zeros(limit + MiB));
      const sealed = await encrypted(bytesOfPart(bomb), small.home.own.certificate, aes);
      const begun = process.memoryUsage.rss();
      let most = begun;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
      const bombs = Array.from({ length: 20 }, () => small.attack(sealed));
      await small.serves();
      for (const result of await Promise.all(bombs)) await refused(small, result, 'decryption-failed');
      clearInterval(watch);
      await small.untouched();
      assert.ok(most - begun < 8 * limit, `${Math.round((most - begun) / MiB)} MiB`);
    });
  });

  describe('MIME', () => {
    const lines = (line: string, size: number) => Buffer.alloc(size, line, 'latin1');
    const signedWith = (part: Buffer) => multipartSigned([part, part]);

    it('a header without end', async () => {
      await isDefused(signedWith(lines('X', MiB / 2)));
      await isDefused(signedWith(lines('X: y\r\n', MiB / 2)));
      await isDefused(signedWith(Buffer.concat([Buffer.from('X: y\r\n'), lines(' folded\r\n', MiB / 2)])));
    });

    it('a hundred thousand parts, or delimiters that look like some', async () => {
      await isDefused({ ...multipartSigned([]), body: lines('--BOUNDARY\r\n', MiB) });
      await isDefused({ ...multipartSigned([]), body: lines('--BOUNDARYx\r\n', MiB) });
      await isDefused({ ...multipartSigned([]), body: lines('\n', MiB) });
    });

    it('multiparts in each other, ten thousand deep', async () => {
      const opening = Array.from(
        { length: 10_000 },
        (_, at) => `--b${at}\r\nContent-Type: multipart/signed; boundary=b${at + 1}\r\n\r\n`,
      ).join('');
      const headers = [['Content-Type', 'multipart/signed; boundary=b0']] as const;
      await isDefused({ headers, body: Buffer.from(opening) });
    });

    it('parameters without end', async () => {
      for (const parameters of [
        ';'.repeat(60 * KiB),
        'a;'.repeat(30 * KiB),
        'a*0=x;'.repeat(9 * KiB),
        '"'.repeat(60 * KiB),
      ]) {
        const type = `multipart/signed; ${parameters}=; boundary`;
        const entity = Buffer.from(`Content-Type: ${type}\r\nContent-Disposition: x; ${parameters}\r\n\r\n`);
        const sealed = await encrypted(entity, target.home.own.certificate, aes);
        await goesOff(sealed, 'decryption-failed', 'OPEN');
      }
    });

    it('encoded words without end in a file name are read in no time', async () => {
      const names = [
        '=?'.repeat(14_000),
        '=?u?q?_?= '.repeat(5_000),
        '=?u?q?'.repeat(9_000),
        '=?u?q?_?=' + ' '.repeat(50_000),
      ];
      for (const name of names) {
        const headers = `Content-Type: application/EDIFACT\r\nContent-Disposition: a; filename="${name}x"\r\n\r\n`;
        const begun = performance.now();
        const { messageId, told } = await target.attack(await seal(await sign(Buffer.from(headers)), 'aes128-cbc'));
        assert.ok(performance.now() - begun < patience);
        assert.equal(told, 'processed');
        await target.reached(messageId, 'unreadable');
        taken.push(messageId);
      }
    });
  });

  describe('BER', () => {
    const nested = (tag: number[], size: number) => Buffer.alloc(size, Buffer.from(tag));

    it('nesting without end, indefinite and definite, in clear and below the first levels', async () => {
      await isDefused(pkcs7(nested([0x30, 0x80], MiB)));
      await isDefused(pkcs7(nested([0x24, 0x80], MiB)));
      let definite: Buffer = Buffer.of(5, 0);
      for (let depth = 0; depth < 5_000; depth += 1) definite = encode(sequence([definite]));
      await isDefused(pkcs7(definite));
      for (const type of [OID.signedData, OID.compressedData])
        await isDefused(pkcs7(encode(contentInfo(type, sequence(smallInteger(1), [nested([0x31, 0x80], MiB)])))));
      const envelope = pkcs7(
        encode(contentInfo(OID.envelopedData, sequence(smallInteger(0), [nested([0x31, 0x80], MiB)]))),
      );
      await goesOff(envelope, 'decryption-failed', 'OPEN');
    });

    it('a million tiny elements', async () => {
      const tiny = nested([0x05, 0x00], messageSize - 64 * KiB);
      await goesOff(
        pkcs7(encode(contentInfo(OID.signedData, sequence(smallInteger(1), [tiny])))),
        'unexpected-processing-error',
        'OPEN',
      );
      const strings = Buffer.concat([
        Buffer.of(0x24, 0x80),
        nested([0x04, 0x00], messageSize - 64 * KiB),
        Buffer.alloc(2),
      ]);
      const compressed = sequence(
        smallInteger(0),
        algorithm(OID.zlib),
        sequence(oid(OID.data), [Buffer.of(0xa0, 0x80), strings, Buffer.alloc(2)]),
      );
      await goesOff(pkcs7(encode(contentInfo(OID.compressedData, compressed))), 'decompression-failed', 'OPEN');
    });

    it('lengths beyond all memory', async () => {
      for (const hex of [
        '3084ffffffff',
        '3088ffffffffffffffff0609',
        '30ff' + 'ff'.repeat(127),
        '308a00000000000000000003020100',
        '30820fff06092a864886f70d010702a084ffffffff',
        '3f' + '80'.repeat(200),
        '3fffffffffff7f00',
        '30',
        '',
      ])
        await isDefused(pkcs7(Buffer.from(hex, 'hex')));
    });

    it('an object identifier of a megabyte, an arc of 2^4000, an integer of a megabyte', async () => {
      const long = Buffer.concat([Buffer.of(0x06, 0x83, 0x10, 0, 0), Buffer.alloc(MiB, 0x81)]);
      await isDefused(pkcs7(encode(sequence([long]))));
      const arc = Buffer.concat([Buffer.of(0x06, 0x3c, 0x2a), Buffer.alloc(58, 0xff), Buffer.of(0x7f)]);
      await isDefused(pkcs7(encode(sequence([arc], [Buffer.of(0xa0, 0)]))));
      const integer = Buffer.concat([Buffer.of(0x02, 0x83, 0x10, 0, 0), Buffer.alloc(MiB, 1)]);
      await isDefused(pkcs7(encode(contentInfo(OID.signedData, sequence([integer])))));
    });

    it('ten thousand signers, recipients, attributes', async () => {
      const many = (item: Buffer) => Array.from({ length: 10_000 }, () => [item]);
      const signer = encode(sequence(smallInteger(1)));
      const entity = Buffer.concat([head, Buffer.from('x')]);
      await isDefused(multipartSigned([entity, signaturePart(craftSignedData(many(signer)))]));
      const recipients = contentInfo(OID.envelopedData, sequence(smallInteger(0), setOf(many(Buffer.of(5, 0)))));
      await goesOff(pkcs7(encode(recipients)), 'decryption-failed', 'OPEN');
      const field = Buffer.concat(many(encode(attribute('1.2.3', octetString(Buffer.of(1))))).flat());
      const info = sequence(smallInteger(1), sequence(sequence(), smallInteger(1)), algorithm(OID.data), [
        Buffer.of(0xa0, 0x83, field.length >> 16, (field.length >> 8) & 255, field.length & 255),
        field,
      ]);
      await isDefused(multipartSigned([entity, signaturePart(craftSignedData([info]))]));
    });

    it('an issuer of a megabyte', async () => {
      const name = sequence([Buffer.concat([Buffer.of(0x0c, 0x83, 0x10, 0, 0), Buffer.alloc(MiB, 'x')])]);
      const info = sequence(
        smallInteger(1),
        sequence(name, smallInteger(1)),
        algorithm('2.16.840.1.101.3.4.2.1'),
        algorithm(OID.rsaEncryption),
        octetString(Buffer.alloc(256)),
      );
      const entity = Buffer.concat([head, Buffer.from('x')]);
      const part = multipartSigned([entity, signaturePart(craftSignedData([info]))]);
      await isDefused(part, 'authentication-failed');
    });
  });

  describe('HTTP', () => {
    const request = (fields: string, body: Buffer | string = '') =>
      Buffer.concat([
        Buffer.from(
          `POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: AU-VAN\r\nAS2-To: ${target.home.as2Id}\r\n${fields}\r\n\r\n`,
          'latin1',
        ),
        typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
      ]);

    /** Of what is too large only the fact is kept. */
    async function isTooLarge(make: (messageId: string) => Buffer) {
      const messageId = freshMessageId();
      const before = await target.store.listLedger({ kind: 'message-too-large', limit: 10_000 });
      const answer = await speak(target.url, make(messageId));
      assert.equal(statusOf(answer), 413);
      assert.doesNotMatch(answer.toString('latin1'), /100 Continue|multipart/);
      assert.equal(await target.store.getMessage(messageId), undefined);
      const [latest, ...rest] = await target.store.listLedger({ kind: 'message-too-large', limit: 10_000 });
      assert.equal(rest.length, before.length);
      assert.equal(latest?.facts['messageId'], messageId);
    }

    it('a body that is announced beyond the limit is not asked for', () =>
      isTooLarge((id) =>
        request(`Message-ID: ${id}\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${messageSize + 1}`),
      ));

    it('a body that is announced beyond the limit, and comes', () =>
      isTooLarge((id) =>
        request(
          `Message-ID: ${id}\r\nConnection: close\r\nContent-Length: ${messageSize + 1}`,
          Buffer.alloc(messageSize + 1),
        ),
      ));

    it('a body that is announced beyond all numbers', async () => {
      await isTooLarge((id) =>
        request(`Message-ID: ${id}\r\nConnection: close\r\nContent-Length: 9007199254740993`, 'x'),
      );
      const answer = await speak(target.url, request(`Content-Length: ${'9'.repeat(60)}`, 'x'));
      assert.equal(statusOf(answer), 400);
    });

    it('a chunked body that grows beyond the limit', () =>
      isTooLarge((id) => {
        const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(64 * KiB), Buffer.from('\r\n')]);
        const body = Buffer.concat([...Array.from({ length: 33 }, () => chunk), Buffer.from('0\r\n\r\n')]);
        return request(`Message-ID: ${id}\r\nConnection: close\r\nTransfer-Encoding: chunked`, body);
      }));

    it('of what a stranger sends only the beginning is kept, with the length and digest of all', async () => {
      const body = Buffer.alloc(MiB, 'noise');
      const part = { headers: [['Content-Type', 'application/octet-stream']] as const, body };
      const { messageId } = await target.attack(part, { from: 'NOBODY' });
      const { id, facts } = await target.reached(messageId, 'refused');
      assert.deepEqual(await storedBytes(target.store, id, 'raw'), body.subarray(0, 64 * KiB));
      const sha256 = createHash('sha256').update(body).digest('hex');
      assert.deepEqual(facts, { cutOff: { size: MiB, sha256 } });
    });

    it('a body of exactly the limit is read', async () => {
      const { headers } = await seal({ headers: [], body: Buffer.alloc(0) }, 'aes128-cbc');
      await goesOff({ headers, body: Buffer.alloc(messageSize) }, 'unexpected-processing-error', 'AU-VAN');
    });

    it('headers that are too many, too long, or without end', async () => {
      for (const fields of [
        'X: y\r\n'.repeat(20_000),
        `X: ${'y'.repeat(100 * KiB)}`,
        `${'x'.repeat(100 * KiB)}: y`,
        'X: y\r\n'.repeat(20_000) + 'AS2-From: NZ-VAN',
      ]) {
        const answer = await speak(target.url, request(fields));
        assert.equal(statusOf(answer), 431);
      }
    });

    it('chunk extensions and trailers without end', async () => {
      const extended = `1;${'x'.repeat(100 * KiB)}\r\nx\r\n0\r\n\r\n`;
      const trailers = `0\r\n${'X: y\r\n'.repeat(20_000)}\r\n`;
      for (const body of [extended, trailers]) {
        const answer = await speak(target.url, request('Connection: close\r\nTransfer-Encoding: chunked', body));
        assert.ok([400, 413, 431].includes(statusOf(answer)), answer.toString('latin1', 0, 80));
      }
    });
  });
});
