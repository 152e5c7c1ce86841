import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { storedBytes } from '../support/stored.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { judgeMdn } from '../../src/as2/judge.ts';
import { strictPolicy } from '../../src/as2/policy.ts';
import { readMdn } from '../../src/as2/read-mdn.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { hasOpenssl, temporaryFile, testIdentity } from '../support/openssl.ts';
import { combinations } from '../support/pairwise.ts';
import { post } from '../support/peer.ts';
import { serve, type Served } from '../support/served.ts';
import { compressByHand, encryptByOpenssl, signByOpenssl } from '../support/smime.ts';
import {
  bytesOfPart,
  encodedPart,
  multipartSigned,
  pkcs7Part,
  type Encoding,
  type Part,
} from '../support/mime-parts.ts';

const encodings = [undefined, 'binary', 'base64', 'quoted-printable', '7bit', '8bit'] as const;
const digests = ['sha256', 'sha384', 'sha512', 'sha1'] as const;

const signing = {
  form: ['detached', 'opaque'],
  signedAs: ['DER', 'BER'],
  scheme: ['rsa-pkcs1', 'rsa-pss', 'ecdsa'],
  digest: digests,
  attributes: [true, false],
  signer: ['issuer and serial', 'key id'],
  // Of the signature part, or of the opaque structure.
  signatureEncoding: ['base64', undefined, 'binary', 'quoted-printable'],
} as const;

const encrypting = {
  encryptedAs: ['DER', 'BER'],
  cipher: ['aes256-cbc', 'aes128-cbc', 'aes192-cbc', '3des', 'aes128-gcm', 'aes192-gcm', 'aes256-gcm'],
  keyTransport: ['rsa-pkcs1', 'rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-oaep-sha384', 'rsa-oaep-sha512'],
  envelopeEncoding: [undefined, 'binary', 'base64', 'quoted-printable', '8bit'],
} as const;

const transport = { encoding: encodings, body: ['sized', 'chunked'] } as const;

/** One message, in words; what a kind of message does not have is left out. */
interface Choice {
  readonly form?: (typeof signing.form)[number];
  readonly signedAs?: 'DER' | 'BER';
  readonly scheme?: (typeof signing.scheme)[number];
  readonly digest: DigestName;
  readonly attributes?: boolean;
  readonly signer?: (typeof signing.signer)[number];
  readonly signatureEncoding?: Encoding;
  readonly encryptedAs?: 'DER' | 'BER';
  readonly cipher?: (typeof encrypting.cipher)[number];
  readonly keyTransport?: (typeof encrypting.keyTransport)[number];
  readonly envelopeEncoding?: Encoding;
  readonly compress?: 'none' | 'before signing' | 'after signing';
  readonly encoding: Encoding;
  readonly body: 'sized' | 'chunked';
}

/** A message as it goes over the wire, and the bytes that its MIC covers. */
interface Made {
  readonly part: Part;
  readonly covered: Buffer;
}

describe('RFC 4130 §2.4.2, §7.3.1: what OpenSSL makes is taken, with the MIC over exactly the right bytes', function () {
  const peer = hasOpenssl ? testIdentity('rsa', 'van') : undefined;
  const ecPeer = hasOpenssl ? testIdentity('ec', 'van-ec') : undefined;
  let home: TestHome;
  let served: Served;
  let certificateFile: string;

  before(async function () {
    if (peer === undefined || ecPeer === undefined) return this.skip();
    home = await makeHome();
    const partner = {
      url: 'http://127.0.0.1:9/as2',
      certificatePem: peer.certificatePem,
      moreCertificates: [{ pem: ecPeer.certificatePem, use: ['sign' as const] }],
    };
    const open = { allowUnsigned: true, allowUnencrypted: true, allowSha1: true, allow3des: true };
    home.addPartner('open', { ...partner, as2Id: 'OPEN', receive: open });
    home.addPartner('strict', { ...partner, as2Id: 'STRICT', identities: [] });
    certificateFile = temporaryFile(home.own.certificate.pem, 'own.pem');
    served = await serve(home);
  });
  after(() => (served as Served | undefined)?.stop());

  /** All of the layers, by hand and by OpenSSL. */
  function make(choice: Choice, payload: Buffer): Made {
    const { compress = 'none', digest, form, scheme, cipher, keyTransport } = choice;
    const isPlain = form === undefined && cipher === undefined && compress === 'none';
    let part = encodedPart([['Content-Type', 'application/EDIFACT']], payload, choice.encoding);
    // §7.3.1: of a plain message the content alone; RFC 5402 §4.2, §4.3: else with its headers, uncompressed.
    let covered = isPlain ? part.body : bytesOfPart(part);
    const compressed = () => pkcs7Part('compressed-data', compressByHand(bytesOfPart(part)), 'binary');
    if (compress === 'before signing') part = compressed();
    if (form !== undefined && scheme !== undefined) {
      covered = bytesOfPart(part);
      const signature = signByOpenssl(covered, scheme === 'ecdsa' ? ecPeer! : peer!, {
        digest,
        scheme,
        detached: form === 'detached',
        streamed: choice.signedAs === 'BER',
        attributes: choice.attributes === true,
        byKeyId: choice.signer === 'key id',
      });
      part =
        form === 'detached'
          ? multipartSigned(covered, signature, digest, choice.signatureEncoding)
          : pkcs7Part('signed-data', signature, choice.signatureEncoding);
      if (compress === 'after signing') part = compressed();
    }
    if (cipher !== undefined && keyTransport !== undefined) {
      const streamed = choice.encryptedAs === 'BER';
      const envelope = encryptByOpenssl(bytesOfPart(part), certificateFile, { cipher, keyTransport, streamed });
      const smimeType = cipher.endsWith('gcm') ? 'authEnveloped-data' : 'enveloped-data';
      part = pkcs7Part(smimeType, envelope, choice.envelopeEncoding);
    }
    return { part, covered };
  }

  let count = 0;

  function deliver(from: string, { headers, body }: Part, choice: Choice) {
    const messageId = `<${(count += 1)}@openssl.test>`;
    const own = [
      ['AS2-Version', '1.2'],
      ['AS2-From', from],
      ['AS2-To', home.as2Id],
      ['Message-ID', messageId],
      ['Disposition-Notification-To', 'anybody'],
      [
        'Disposition-Notification-Options',
        `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${choice.digest}`,
      ],
    ] as const;
    const sent = post(served.url, [...own, ...headers], body, choice.body === 'chunked');
    return sent.then((answered) => ({ messageId, answered }));
  }

  async function isTaken(choice: Choice) {
    const payload = payloadFor(choice.encoding);
    const { part, covered } = make(choice, payload);
    const { messageId, answered } = await deliver('OPEN', part, choice);
    assert.equal(answered.status, 200);

    const mic = createHash(choice.digest).update(covered).digest('base64');
    const field = /^Received-Content-MIC: (.*)\r$/m.exec(answered.body.toString('latin1'))?.[1];
    const said = /^Disposition: (.*)\r$/m.exec(answered.body.toString('latin1'))?.[1];
    assert.equal(said, 'automatic-action/MDN-sent-automatically; processed');
    assert.equal(field, `${mic}, ${choice.digest}`);
    const verdict = judgeMdn(readMdn(answered.headers, answered.body), {
      messageId,
      mic: { digest: choice.digest, value: Buffer.from(mic, 'base64') },
      signed: true,
      pinned: [home.own.certificate],
      policy: { ...strictPolicy, digests },
    });
    assert.equal(verdict.kind, 'delivered');

    const message = await served.store.getMessage(messageId);
    assert.deepEqual(await storedBytes(served.store, message?.id ?? '', 'payload'), payload);
    assert.deepEqual(await storedBytes(served.store, message?.id ?? '', 'raw'), part.body);
  }

  const kinds = {
    plain: { digest: digests, compress: ['none', 'before signing'], ...transport },
    signed: { ...signing, compress: ['none', 'before signing', 'after signing'], ...transport },
    encrypted: { ...encrypting, digest: digests, compress: ['none', 'before signing'], ...transport },
    'signed and encrypted': {
      ...signing,
      ...encrypting,
      compress: ['none', 'before signing', 'after signing'],
      ...transport,
    },
  } as const;

  for (const [kind, dimensions] of Object.entries(kinds)) {
    const choices = combinations(dimensions) as Choice[];
    describe(`${kind}: each choice alone, and each with each`, () => {
      for (const choice of choices) it(inWords(choice), () => isTaken(choice));
    });
  }

  const usual = combinations(kinds['signed and encrypted'])[0] as Choice;
  const unsigned = combinations(kinds.encrypted)[0] as Choice;
  const unencrypted = combinations(kinds.signed)[0] as Choice;
  const refused: readonly (readonly [string, Choice])[] = [
    ['SHA-1', { ...usual, digest: 'sha1' }],
    ['3DES', { ...usual, cipher: '3des' }],
    ['no signature', unsigned],
    ['no encryption', unencrypted],
    ['neither', combinations(kinds.plain)[0] as Choice],
  ];
  for (const [what, choice] of refused) {
    it(`RFC 4130 §7.5.4: ${what} is insufficient-message-security where the partner's file does not allow it`, async () => {
      const { part } = make(choice, payloadFor('binary'));
      const { messageId, answered } = await deliver('STRICT', part, { ...choice, digest: 'sha256' });
      const { report } = readMdn(answered.headers, answered.body);
      assert.equal(report.disposition?.text, 'insufficient-message-security');
      assert.equal(report.originalMessageId, messageId);
      assert.equal((await served.store.getMessage(messageId))?.state, 'refused');
    });
  }

  it('a message as the strict partner has to send it is taken', async () => {
    const { part } = make(usual, payloadFor('binary'));
    const { answered } = await deliver('STRICT', part, usual);
    assert.match(answered.body.toString('latin1'), /; processed\r\n/);
  });
});

/** All octets where the encoding carries them; else what 7bit and 8bit are allowed to hold. */
function payloadFor(encoding: Encoding): Buffer {
  count += 1;
  const line = `UNB+UNOC:3+${count}'`;
  if (encoding === '7bit') return Buffer.from(`${line}\r\nUNZ'\r\n`);
  if (encoding === '8bit') return Buffer.from(`${line}\r\nFTX+\xe4\xff\x80'\r\n`, 'latin1');
  return Buffer.concat([Buffer.from(line), Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))]);
}
let count = 0;

function inWords(choice: Choice): string {
  const entries = Object.entries(choice) as [string, string | boolean | undefined][];
  return entries
    .map(([name, value]) => (typeof value === 'string' ? value : `${value ? '' : 'no '}${name}`))
    .join(', ');
}
