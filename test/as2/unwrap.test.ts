import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { strictPolicy } from '../../src/as2/policy.ts';
import type { ReceivePolicy } from '../../src/as2/policy.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import type { EnvelopeOptions } from '../../src/cms/enveloped-data.ts';
import { unwrap } from '../support/unwrap.ts';
import { identity } from '../support/identities.ts';
import type { TestIdentity } from '../support/identities.ts';
import { bytesOf, collect, inPiecesOf } from '../support/bytes.ts';
import { bytesOfPart, encrypted, signedDetached, signedOpaque, compressed } from './by-hand.ts';
import type { Part } from './by-hand.ts';

const open: ReceivePolicy = {
  ...strictPolicy,
  allowUnsigned: true,
  allowUnencrypted: true,
  digests: [...strictPolicy.digests, 'sha1'],
  ciphers: [...strictPolicy.ciphers, '3des'],
};
const edifact = Buffer.from("UNA:+.? 'UNB+UNOC:3+A+B+261122:1200+1'\nUNZ+0+1'\n", 'latin1');
const hash = (digest: string, bytes: Buffer) => createHash(digest).update(bytes).digest('base64');

let us: TestIdentity;
let partner: TestIdentity;
let ec: TestIdentity;
before(async () => {
  [us, partner, ec] = await Promise.all([identity('us'), identity('partner'), identity('partner', 'ec')]);
});

function unwrapped({ headers, body }: Part, policy = open, micDigest: DigestName = 'sha256') {
  const pinned = [partner.certificate, ec.certificate];
  return unwrap({ headers, body: bytesOf(body) }, { keys: [us], pinned, policy, micDigest });
}

const payload: Part = {
  headers: [
    ['Content-Type', 'application/EDIFACT'],
    ['Content-Disposition', 'attachment; filename="sancrt 1.edi"'],
  ],
  body: edifact,
};

type Compression = 'none' | 'before-signing' | 'after-signing';
const signings = ['none', 'detached', 'opaque'] as const;
const compressions: readonly Compression[] = ['none', 'before-signing', 'after-signing'];
const encryptions: readonly (EnvelopeOptions | undefined)[] = [
  undefined,
  { cipher: '3des', keyTransport: 'rsa-pkcs1' },
  { cipher: 'aes128-cbc', keyTransport: 'rsa-oaep-sha256' },
  { cipher: 'aes256-gcm', keyTransport: 'rsa-oaep-sha1' },
  { cipher: 'aes128-gcm', keyTransport: 'rsa-pkcs1', form: 'enveloped-data' },
];

describe('unwrap: every permutation with the MIC over the right bytes', () => {
  for (const signing of signings)
    for (const compression of compressions)
      for (const encryption of encryptions) {
        const name = `${signing} signature, compression ${compression}, ${encryption?.cipher ?? 'no encryption'}`;
        it(`RFC 4130 §7.3.1, RFC 5402 §4: ${name}${encryption?.form ? ` in ${encryption.form}` : ''}`, async () => {
          let part = payload;
          const layers: string[] = [];
          // What the MIC covers, after the text of the RFCs: body alone; or entity with headers; or what was signed.
          let covered = encryption || compression !== 'none' ? bytesOfPart(payload) : payload.body;
          let digest = 'sha384';
          if (compression === 'before-signing') {
            part = await compressed(bytesOfPart(part));
            layers.unshift('compressed');
          }
          if (signing !== 'none') {
            covered = bytesOfPart(part);
            digest = 'sha512';
            const options = { digest: 'sha512' as const };
            part = await (signing === 'opaque' ? signedOpaque : signedDetached)(covered, partner, options);
            layers.unshift('signed');
          }
          if (compression === 'after-signing') {
            part = await compressed(bytesOfPart(part));
            layers.unshift('compressed');
          }
          if (encryption) {
            part = await encrypted(bytesOfPart(part), us.certificate, encryption);
            layers.unshift('encrypted');
          }

          const found = await unwrapped(part, open, 'sha384');
          assert.deepEqual(collect(found.payload.content), edifact);
          assert.equal(found.payload.contentType.type, 'application/edifact');
          assert.equal(found.payload.fileName, 'sancrt 1.edi');
          assert.deepEqual(found.facts.layers, layers);
          assert.equal(found.mic.digest, digest);
          assert.equal(found.mic.value.toString('base64'), hash(digest, covered));
          assert.equal(found.facts.envelope?.cipher, encryption?.cipher);
          assert.equal(found.facts.envelope?.keyTransport, encryption?.keyTransport);
          assert.equal(found.signer?.certificate, signing === 'none' ? undefined : partner.certificate);
          assert.equal(found.facts.signature?.form, signing === 'none' ? undefined : signing);
          assert.doesNotThrow(() => JSON.stringify(found.facts));
        });
      }

  it('RFC 5753 §3.1: encrypted to our EC key, by what the partnership allows alone', async () => {
    const message = await encrypted(bytesOfPart(payload), ec.certificate, { cipher: 'aes256-gcm' });
    const read = (policy: ReceivePolicy) =>
      unwrap(
        { headers: message.headers, body: bytesOf(message.body) },
        { keys: [us, ec], pinned: [], policy, micDigest: 'sha256' },
      );
    const { facts, payload: found } = await read(open);
    assert.equal(facts.envelope?.keyTransport, 'ecdh-sha256');
    assert.deepEqual(collect(found.content), edifact);
    await assert.rejects(read({ ...open, keyTransports: ['rsa-pkcs1', 'ecdh-sha512'] }), /the message has ecdh-sha256/);
  });

  const digests: DigestName[] = ['sha1', 'sha256', 'sha384', 'sha512'];
  for (const digest of digests)
    for (const scheme of ['rsa-pkcs1', 'rsa-pss', 'ecdsa'] as const)
      it(`RFC 4130 §7.4.3: ${scheme} over ${digest} has its MIC by ${digest}`, async () => {
        const content = bytesOfPart(payload);
        const signer = scheme === 'ecdsa' ? ec : partner;
        const { mic, facts } = await unwrapped(await signedDetached(content, signer, { digest, scheme }));
        assert.equal(mic.value.toString('base64'), hash(digest, content));
        assert.equal(facts.signature?.digest, digest);
        assert.equal(facts.signature.scheme, scheme);
      });
});

describe('unwrap: shapes that senders use', () => {
  const encodings: [encoding: string | undefined, encoded: Buffer][] = [
    [undefined, edifact],
    ['binary', edifact],
    ['8bit', edifact],
    ['7BIT', edifact],
    ['base64', Buffer.from(edifact.toString('base64'))],
    ['Base64', Buffer.from(edifact.toString('base64').replace(/(.{10})/g, '$1\n'))],
    ['quoted-printable', Buffer.from(edifact.toString('latin1').replaceAll('=', '=3D').replaceAll('\n', '=0A'))],
  ];
  for (const [encoding, encoded] of encodings) {
    const headers = [...payload.headers, ...(encoding ? [['Content-Transfer-Encoding', encoding] as const] : [])];
    it(`RFC 4130 §5.2.1: Content-Transfer-Encoding ${encoding ?? 'absent'} in a signed part`, async () => {
      const content = bytesOfPart({ headers, body: encoded });
      const found = await unwrapped(await signedDetached(content, partner));
      assert.deepEqual(collect(found.payload.content), edifact);
      assert.equal(found.mic.value.toString('base64'), hash('sha256', content));
    });
    it(`RFC 4130 §5.2.1: Content-Transfer-Encoding ${encoding ?? 'absent'} in HTTP`, async () => {
      const found = await unwrapped({ headers, body: encoded });
      assert.deepEqual(collect(found.payload.content), edifact);
      assert.equal(found.mic.value.toString('base64'), hash('sha256', encoded));
    });
  }

  it('an envelope as bytes, although HTTP announces an encoding, as as2-lib does', async () => {
    const { headers, body } = await encrypted(bytesOfPart(payload), us.certificate);
    for (const encoding of ['base64', 'quoted-printable']) {
      const found = await unwrapped({ headers: [...headers, ['Content-Transfer-Encoding', encoding]], body });
      assert.deepEqual(collect(found.payload.content), edifact);
    }
  });

  it('RFC 4130 §5.2.1: an envelope in base64, in HTTP', async () => {
    const { headers, body } = await encrypted(bytesOfPart(payload), us.certificate);
    const base64 = Buffer.from(body.toString('base64'));
    const found = await unwrapped({ headers: [...headers, ['content-transfer-encoding', 'base64']], body: base64 });
    assert.deepEqual(collect(found.payload.content), edifact);
  });

  const types = [
    'application/pkcs7-mime',
    'application/x-pkcs7-mime',
    'Application/X-PKCS7-MIME; SMIME-TYPE=Enveloped-Data; name=x',
    'application/pkcs7-mime; smime-type=signed-data',
  ];
  for (const type of types)
    it(`RFC 5652 §3: the CMS says which layer it is, not "${type}"`, async () => {
      const signed = await signedOpaque(bytesOfPart(payload), partner);
      const inner = bytesOfPart({ headers: [['content-TYPE', type]], body: signed.body });
      const { body } = await encrypted(inner, us.certificate);
      const found = await unwrapped({ headers: [['CONTENT-type', type]], body });
      assert.deepEqual(found.facts.layers, ['encrypted', 'signed']);
      assert.deepEqual(collect(found.payload.content), edifact);
    });

  it('multipart/signed in any case, with x-pkcs7-signature, a preamble, LF around the parts, and no end', async () => {
    const content = bytesOfPart(payload);
    const { body } = await signedDetached(content, partner);
    const p7s = body.subarray(body.indexOf('application/pkcs7-signature'));
    const signature = Buffer.concat([Buffer.from('content-type: Application/X-'), p7s.subarray('application/'.length)]);
    const end = signature.lastIndexOf('\r\n--BOUNDARY--');
    const loose = Buffer.concat([
      Buffer.from('This is a signed message.\n--BOUNDARY\n'),
      content,
      Buffer.from('\n--BOUNDARY\n'),
      signature.subarray(0, end),
    ]);
    const found = await unwrapped({ headers: [['content-type', 'MULTIPART/Signed; Boundary=BOUNDARY']], body: loose });
    assert.equal(found.mic.value.toString('base64'), hash('sha256', content));
  });

  it('RFC 6362 §3: multipart/related is one payload, and its MIC covers all of it', async () => {
    const body = Buffer.from('--x\r\nContent-Type: application/edifact\r\n\r\nUNB\r\n--x\r\n\r\nPDF\r\n--x--\r\n');
    const related: Part = {
      headers: [['Content-Type', 'multipart/related; type="application/edifact"; boundary=x']],
      body,
    };
    const found = await unwrapped(await signedDetached(bytesOfPart(related), partner));
    assert.deepEqual(collect(found.payload.content), body);
    assert.equal(found.payload.contentType.parameters.get('boundary'), 'x');
    assert.equal(found.mic.value.toString('base64'), hash('sha256', bytesOfPart(related)));
  });

  it('RFC 4130 §4.2: a payload may be of any type', async () => {
    for (const type of [
      'application/EDIFACT; charset=iso-8859-1',
      'application/EDI-X12',
      'application/edi-consent',
      'application/xml',
      'text/plain',
      'application/octet-stream',
      'image/tiff',
      'application/x-not-invented-yet',
    ]) {
      const content = bytesOfPart({ headers: [['Content-Type', type]], body: edifact });
      const found = await unwrapped(
        await encrypted(bytesOfPart(await signedDetached(content, partner)), us.certificate),
      );
      assert.deepEqual(collect(found.payload.content), edifact);
      assert.equal(found.payload.contentType.type, type.split(';')[0]?.toLowerCase());
    }
  });

  it('an empty payload', async () => {
    const found = await unwrapped(await signedDetached(bytesOfPart({ ...payload, body: Buffer.alloc(0) }), partner));
    assert.equal(collect(found.payload.content).length, 0);
  });

  it('a file name is handed on as it came, path and all, as a label', async () => {
    const headers = [['Content-Disposition', 'attachment; filename="../../etc/passwd"']] as const;
    const found = await unwrapped({ headers: [payload.headers[0]!, ...headers], body: edifact });
    assert.equal(found.payload.fileName, '../../etc/passwd');
  });

  it('chunks of any size', async () => {
    const { headers, body } = await encrypted(bytesOfPart(payload), us.certificate);
    const context = { keys: [us], pinned: [], policy: open, micDigest: 'sha256' as const };
    const found = await unwrap({ headers, body: inPiecesOf(body, 1) }, context);
    assert.deepEqual(collect(found.payload.content), edifact);
  });
});
