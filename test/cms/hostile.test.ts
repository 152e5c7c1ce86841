import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BER_DEPTH } from '../../src/limits.ts';
import { CmsError } from '../../src/cms/cms-error.ts';
import { readCompressedData } from '../../src/cms/compressed-data.ts';
import { contentInfo } from '../../src/cms/content-info.ts';
import { element, encode, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import { readEnvelope } from '../../src/cms/enveloped-data.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { nameText } from '../../src/cms/name-text.ts';
import { readSignedData, undigested } from '../../src/cms/signed-data.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import { CONTENT, toBer, enveloped, compressed, signed } from './support.ts';

const LIMITS = { maxSize: 1 << 20, maxRatio: 1000 };

/** Each reads as far as it can be read. */
const readers: readonly ((bytes: Buffer) => unknown)[] = [
  (bytes) => {
    const { content, verify } = readSignedData(bytesOf(bytes), memorySpool);
    return verify(undigested(content ?? bytesOf(CONTENT)), [testIdentity().certificate], () => true);
  },
  (bytes) => {
    const { open } = readEnvelope(bytesOf(bytes), [testIdentity()]);
    const { content, intact } = open();
    collect(content);
    // What is wrong behind the content is told here, and is a fault like any other to whoever asked for the content.
    if (!intact()) throw new CmsError('CMS_STRUCTURE', 'The envelope is not intact');
    return content;
  },
  async (bytes) => collect((await readCompressedData(bytesOf(bytes), LIMITS, memorySpool)).content),
];

async function onlyCmsErrors(bytes: Buffer): Promise<void> {
  for (const read of readers)
    try {
      await read(bytes);
    } catch (error) {
      assert.ok(error instanceof CmsError, String(error instanceof Error ? error.stack : error));
    }
}

async function refused(bytes: Buffer): Promise<void> {
  for (const read of readers) await assert.rejects(async () => await read(bytes), CmsError);
}

/** One of each structure, in DER and in BER. */
async function valid(): Promise<Buffer[]> {
  const alice = testIdentity();
  const content = () => bytesOf(CONTENT);
  const made = [
    signed(CONTENT, alice, { digest: 'sha256', detached: false, signingTime: new Date(0) }),
    signed(CONTENT, alice, {
      digest: 'sha256',
      scheme: 'rsa-pss',
      detached: true,
      includeCertificate: false,
    }),
    enveloped(content(), [alice.certificate], { cipher: 'aes128-cbc', keyTransport: 'rsa-pkcs1' }),
    enveloped(content(), [alice.certificate], { cipher: 'aes256-gcm', keyTransport: 'rsa-oaep-sha256' }),
    await compressed(content()),
  ];
  return [...made, ...made.map((der) => toBer(der, alice.certificate.issuer, alice.certificate.der))];
}

describe('cms: hostile bytes raise CmsError and nothing else', function () {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it('structures with octets changed, put in, taken out or cut off', async () => {
    const structures = await valid();
    const change = fc.record({
      kind: fc.constantFrom('set', 'insert', 'remove', 'cut', 'double'),
      at: fc.nat(4000),
      octets: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...structures),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (der, changes) => {
          let bytes = Buffer.from(der);
          for (const { kind, at, octets } of changes) {
            const place = at % (bytes.length + 1);
            const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
            const rest = {
              set: tail.subarray(octets.length),
              insert: tail,
              remove: tail.subarray(octets.length),
              cut: [],
              double: bytes,
            }[kind];
            bytes = Buffer.concat([head, ...(kind === 'set' || kind === 'insert' ? [octets] : []), Buffer.from(rest)]);
          }
          await onlyCmsErrors(bytes);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('structures cut off anywhere', async () => {
    for (const der of await valid())
      for (let length = 0; length < der.length; length += 1 + Math.floor(length / 40))
        await refused(der.subarray(0, length));
  });

  it('random bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => refused(Buffer.from(bytes))));
  });

  it('nesting without end, of definite or indefinite length, at the beginning or within', async () => {
    const prefix = encode(sequence(oid(OID.signedData))).subarray(2);
    for (const unit of ['3080', '2480', 'a080', '31840fffffff', '3080020101a080'])
      for (const start of [Buffer.alloc(0), Buffer.concat([Buffer.of(0x30, 0x80), prefix, Buffer.of(0xa0, 0x80)])])
        await refused(Buffer.concat([start, Buffer.alloc(2_000_000, unit, 'hex')]));
  });

  it('lengths that nothing has', async () => {
    for (const length of [
      '84ffffffff',
      '88ffffffffffffffff',
      '88001fffffffffffff',
      `fe${'ff'.repeat(126)}`,
      '8401000000',
    ])
      for (const start of [
        '30',
        '3080 0609 2a864886f70d010702 a080 3080 0201 01 31',
        '3080 06',
        '3080 0609 2a864886f70d010703 a080 3080 02',
      ])
        await refused(Buffer.from(`${start}${length}`.replaceAll(' ', ''), 'hex'));
  });

  it('numbers and identifiers of a mebibyte', async () => {
    const huge = Buffer.alloc(1 << 20, 0x81);
    const integer = element(0x02, [huge]);
    await refused(encode(sequence(element(0x06, [huge]), element(0xa0, [huge]))));
    await refused(
      encode(contentInfo(OID.signedData, sequence(integer, setOf([]), sequence(oid(OID.data)), setOf([])))),
    );
    await refused(encode(contentInfo(OID.envelopedData, sequence(integer, setOf([])))));
  });

  it('a serial number of a mebibyte is somebody else', () => {
    const reference = sequence(sequence(), element(0x02, [Buffer.alloc(1 << 20, 0x81)]));
    const algorithm = sequence(oid('2.16.840.1.101.3.4.2.1'));
    const signer = sequence(smallInteger(1), reference, algorithm, algorithm, octetString(Buffer.alloc(256)));
    const signedData = encode(
      contentInfo(OID.signedData, sequence(smallInteger(1), setOf([]), sequence(oid(OID.data)), setOf([signer]))),
    );
    const read = readSignedData(bytesOf(signedData), memorySpool);
    assert.deepEqual(
      read.verify(undigested(bytesOf(CONTENT)), [testIdentity().certificate], () => true),
      {
        kind: 'unknown-signer',
      },
    );
  });

  it('names are shown to people without control characters, and never too long', () => {
    const part = (type: string, tag: number, value: Buffer) => setOf([sequence(oid(type), element(tag, [value]))]);
    const name = (value: Buffer, tag = 0x0c) => encode(sequence(part('2.5.4.3', tag, value)));
    assert.equal(nameText(name(Buffer.from('a\r\nb\u2028c\x7f\x1b[0m'))), 'CN=a??b?c??[0m');
    assert.equal(nameText(name(Buffer.from('Żółw', 'utf16le').swap16(), 0x1e)), 'CN=Żółw');
    assert.equal(nameText(name(Buffer.from('x, O=Bank'))), 'CN=x\\, O\\=Bank');
    assert.equal(nameText(name(Buffer.from('a\u202eb\u2066c'))), 'CN=a?b?c');
    assert.equal(nameText(name(Buffer.alloc(1 << 20, 'x'))).length, 500);
    assert.equal(nameText(Buffer.from('3080', 'hex')), 'a name that cannot be read');
    assert.equal(nameText(encode(sequence())), '');
  });

  it('constructed strings may be nested as deeply as is allowed, and no deeper', async () => {
    const nested = (depth: number) => {
      let octets = encode(octetString(CONTENT));
      for (let level = 0; level < depth; level++) octets = encode(element(0x24, [octets]));
      const info = sequence(oid(OID.data), element(0xa0, [octets]));
      return encode(contentInfo(OID.signedData, sequence(smallInteger(1), setOf([]), info, setOf([]))));
    };
    const { content } = readSignedData(bytesOf(nested(BER_DEPTH)), memorySpool);
    assert.deepEqual(content && collect(content), CONTENT);
    await refused(nested(BER_DEPTH + 1));
  });
});
