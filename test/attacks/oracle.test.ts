import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { signDetached } from '../../src/as2/sign-detached.ts';
import { bytesOfPart, encrypted, signedOpaque } from '../as2/by-hand.ts';
import {
  AES_128_CBC,
  AES_128_GCM,
  cbc,
  enveloped,
  envelopeOf,
  openCbc,
  rawRsa,
  xor,
  type RawEnvelope,
} from '../support/envelope.ts';
import { identity, type TestIdentity } from '../support/identities.ts';
import type { Part } from '../support/mime-parts.ts';
import { refused, shown, startTarget, type Attacked, type Target } from '../support/target.ts';
import { bytesOf, collect } from '../support/bytes.ts';

const block = 16;

describe('attacks: oracles (Vaudenay, Bleichenbacher, EFAIL)', () => {
  let target: Target;
  let stranger: TestIdentity;
  /** What an attacker has recorded on the way: signed by the partner, encrypted to us, and never arrived. */
  let entity: Buffer;
  let content: Buffer;
  let captured: ReturnType<typeof enveloped>;
  /** What everybody gets to see of a message that was encrypted with another key. */
  let usual: string;

  before(async () => {
    target = await startTarget({
      prepare: async (home, { url }) => {
        const other = await identity('nz-van');
        home.addPartner('nz-van', { as2Id: 'NZ-VAN', url, certificatePem: other.certificate.pem, identities: [] });
      },
    });
    stranger = await identity('stranger');
    entity = bytesOfPart({
      headers: [
        ['Content-Type', 'application/EDIFACT'],
        ['Content-Disposition', 'attachment; filename="certificates-000417.edi"'],
      ],
      body: target.newInterchange(),
    });
    // With a signature in base64, as most systems send it.
    const signature = { ...target.partner, digest: 'sha256' as const };
    const { headers, body } = signDetached(bytesOf(entity), 'boundary-of-the-partner', signature);
    content = bytesOfPart({ headers, body: collect(body) });
    captured = enveloped(content, target.home.own.certificate);
    const wrongKey = await fails({ ...captured, encryptedKey: enveloped(content, stranger.certificate).encryptedKey });
    usual = shown(wrongKey);
  });
  after(() => target.stop());
  afterEach(async () => {
    await target.serves();
    await target.untouched();
  });

  async function fails(envelope: RawEnvelope | Part, from?: string): Promise<Attacked> {
    const part = 'body' in envelope ? envelope : envelopeOf(envelope);
    const result = await target.attack(part, from === undefined ? {} : { from });
    await refused(target, result, 'decryption-failed');
    return result;
  }

  /** Each of them is refused in the same words, the same headers, the same length. */
  async function allAlike(faults: readonly (readonly [name: string, envelope: RawEnvelope | Part])[]) {
    await Promise.all(faults.map(async ([name, envelope]) => assert.equal(shown(await fails(envelope)), usual, name)));
  }

  const withEncryptedKey = (encryptedKey: Buffer): RawEnvelope => ({ ...captured, encryptedKey });

  it('a message for somebody else, or for nobody, looks like one with a wrong key', async () => {
    const forStranger = enveloped(content, stranger.certificate);
    await allAlike([
      ['for somebody else', forStranger],
      ['for nobody', { ...captured, recipient: undefined }],
      ['for somebody else, in our name', { ...forStranger, recipient: target.home.own.certificate }],
    ]);
  });

  it('Bleichenbacher: an RSA block that is malformed in any way looks like a wrong key', async () => {
    const own = target.home.own.certificate;
    const size = 256;
    /** 00 02, padding, 00, message */
    const padded = (message: Buffer, change: (bytes: Buffer) => void = () => undefined): Buffer => {
      const bytes = Buffer.alloc(size, 0xa5);
      bytes[0] = 0;
      bytes[1] = 2;
      bytes[size - message.length - 1] = 0;
      message.copy(bytes, size - message.length);
      change(bytes);
      return rawRsa(own, bytes);
    };
    const { key } = captured;
    const lengths = [0, 1, 8, 15, 17, 24, 32, 245].map((length) => [
      `a key of ${length} octets`,
      withEncryptedKey(padded(randomBytes(length))),
    ]) satisfies [string, RawEnvelope][];
    await allAlike([
      ...lengths,
      ['a key that is another', withEncryptedKey(padded(randomBytes(16)))],
      ['first octet 01', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(1, 0)))],
      ['block type 01', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(1, 1)))],
      ['block type 00', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(0, 1)))],
      ['block type 03', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(3, 1)))],
      ['no separator', withEncryptedKey(padded(key, (bytes) => bytes.fill(0xa5, 2)))],
      ['separator one too late', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(1, size - 17)))],
      ['separator one too early', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(0, size - 18)))],
      ['a zero at once', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(0, 2)))],
      ['seven octets of padding', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(0, 9)))],
      ['eight octets of padding', withEncryptedKey(padded(key, (bytes) => bytes.writeUInt8(0, 10)))],
      ['all zeros', withEncryptedKey(rawRsa(own, Buffer.alloc(size)))],
      ['one', withEncryptedKey(rawRsa(own, Buffer.alloc(size).fill(1, size - 1)))],
      ['beyond the modulus', withEncryptedKey(Buffer.alloc(size, 0xff))],
      ['zero, not encrypted', withEncryptedKey(Buffer.alloc(size))],
      ['nothing', withEncryptedKey(Buffer.alloc(0))],
      ['shorter than the modulus', withEncryptedKey(captured.encryptedKey.subarray(0, 255))],
      ['longer than the modulus', withEncryptedKey(Buffer.concat([captured.encryptedKey, Buffer.of(1)]))],
      ['noise', withEncryptedKey(randomBytes(size))],
    ]);
  });

  it('Vaudenay: every last octet but the right one looks like a wrong key', async () => {
    const { key, iv } = captured;
    // Blanks may follow the last boundary. They are no octets of padding, so that only the last one decides.
    const filled = Buffer.concat([content, Buffer.alloc(2 * block - (content.length % block), ' ')]);
    const faults: [string, RawEnvelope][] = [];
    for (let last = 0; last < 256; last += 1) {
      filled[filled.length - 1] = last;
      // One octet of padding: it is well-formed, and all else is good.
      if (last !== 1) faults.push([`last octet ${last}`, { ...captured, ciphertext: cbc(filled, key, iv) }]);
    }
    await allAlike(faults);
  });

  it('Vaudenay: padding that is wrong in another octet than the last looks like a wrong key', async () => {
    const { key, iv, plaintext } = captured;
    const length = plaintext.at(-1) ?? 0;
    const faults: [string, RawEnvelope][] = [];
    for (let at = 2; at <= length; at += 1) {
      const changed = Buffer.from(plaintext);
      changed[changed.length - at] = length ^ 0x40;
      faults.push([`octet ${at} from the end`, { ...captured, ciphertext: cbc(changed, key, iv) }]);
    }
    const bare = content.subarray(0, content.length - (content.length % block));
    faults.push(['none at all', { ...captured, ciphertext: cbc(bare, key, iv) }]);
    await allAlike(faults);
  });

  it('EFAIL: a message of which a bit was flipped, blocks swapped, dropped or added, looks like a wrong key', async () => {
    const { ciphertext, iv } = captured;
    const blocks = ciphertext.length / block;
    const flipped = (at: number) => {
      const changed = Buffer.from(ciphertext);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return changed;
    };
    const part = (from: number, to = blocks) => ciphertext.subarray(from * block, to * block);
    const spliced = (...pieces: Buffer[]): RawEnvelope => ({ ...captured, ciphertext: Buffer.concat(pieces) });
    const faults: [string, RawEnvelope][] = [];
    for (let at = 0; at < blocks; at += 7) faults.push([`a bit of block ${at}`, spliced(flipped(at * block + 5))]);
    for (let at = 1; at < blocks - 1; at += 11)
      faults.push([`block ${at} swapped`, spliced(part(0, at), part(at + 1, at + 2), part(at, at + 1), part(at + 2))]);
    await allAlike([
      ...faults,
      ['a bit of the IV', { ...captured, iv: xor(iv, Buffer.alloc(block).fill(0x80, 15)) }],
      ['the last block dropped', spliced(part(0, blocks - 1))],
      ['the last two dropped', spliced(part(0, blocks - 2))],
      ['the first dropped', spliced(part(1))],
      ['half a block dropped', spliced(ciphertext.subarray(0, -8))],
      ['one octet dropped', spliced(ciphertext.subarray(0, -1))],
      ['one block only', spliced(part(0, 1))],
      ['nothing', spliced(Buffer.alloc(0))],
      ['one octet', spliced(Buffer.of(1))],
      ['the last block twice', spliced(ciphertext, part(blocks - 1))],
      ['noise added', spliced(ciphertext, randomBytes(2 * block))],
      ['half a block added', spliced(ciphertext, randomBytes(8))],
      ['all of it twice', spliced(ciphertext, ciphertext)],
      ['noise', spliced(randomBytes(10 * block))],
    ]);
  });

  it('EFAIL: the signed content, altered by somebody who knows it, is not taken and looks like a wrong key', async () => {
    // Known plaintext: "18000" kilograms become "98000" by one bit in the block before, which itself becomes noise.
    const at = content.indexOf('KGM:18000') + 4;
    const changed = Buffer.from(captured.ciphertext);
    changed[at - block] = (changed[at - block] ?? 0) ^ 0x08;
    assert.match(openCbc(changed, captured.key, captured.iv).toString('latin1'), /:98000/);
    await allAlike([['another quantity', { ...captured, ciphertext: changed }]]);
  });

  it('format oracle: what stands in a block cannot be asked for by moving it into a header', async () => {
    // The beginning of every message is known: so the first block can be made to say anything, through the IV.
    const known = captured.plaintext.subarray(0, block);
    const wanted = Math.floor(content.indexOf('KGM:18000') / block);
    const secret = captured.ciphertext.subarray(wanted * block, (wanted + 1) * block);
    const end = captured.ciphertext.subarray(-4 * block);
    const first = captured.ciphertext.subarray(0, block);
    const heads = ['Content-Type: mu', 'Content-Type:a/b', 'Content-Type: a;', 'A:b\nContent-Typ', 'X: aaaaaaaaaaaaa'];
    for (const head of heads) {
      const iv = xor(captured.iv, xor(known, Buffer.from(head.padEnd(block, 'a').slice(0, block))));
      const spliced = (...pieces: Buffer[]) => ({ ...captured, iv, ciphertext: Buffer.concat(pieces) });
      const faults: [string, RawEnvelope][] = [];
      for (let guess = 0; guess < 8; guess += 1) {
        const noise = randomBytes(block);
        faults.push(
          [head, spliced(first, noise, secret)],
          [head, spliced(first, noise, secret, end)],
          [head, spliced(first, captured.ciphertext.subarray(block, 2 * block), noise, secret)],
          [head, spliced(first, noise, secret, captured.ciphertext.subarray(block))],
        );
      }
      await allAlike(faults);
    }
  });

  it('format oracle: a guess at a block is not confirmed by putting it in front of what follows it', async () => {
    const { plaintext, ciphertext } = captured;
    const blockOf = (bytes: Buffer, at: number) => bytes.subarray(at * block, (at + 1) * block);
    const ends = Math.ceil((content.indexOf('pkcs7-signature; name') + 200) / block);
    for (const head of ['Content-Type:a/b', 'Content-Type:\t\t\t']) {
      const faults: [string, RawEnvelope][] = [];
      for (let at = 1; at < ends; at += 1) {
        // The right guess: with it the block says what the attacker wants, and all else is as it was.
        const chosen = xor(xor(blockOf(plaintext, at), Buffer.from(head)), blockOf(ciphertext, at - 1));
        faults.push([`${head}, block ${at}`, { ...captured, iv: chosen, ciphertext: ciphertext.subarray(at * block) }]);
      }
      await allAlike(faults);
    }
  });

  it('format oracle: a message told to be of another partner gives nothing away about its blocks either', async () => {
    const { ciphertext } = captured;
    const wanted = Math.floor(content.indexOf('KGM:18000') / block);
    const secret = ciphertext.subarray(wanted * block, (wanted + 1) * block);
    const attacks: RawEnvelope[] = [];
    for (let guess = 0; guess < 24; guess += 1) {
      const middle = Buffer.concat([randomBytes(block), secret]);
      const inHeader = [ciphertext.subarray(0, 2 * block), middle, ciphertext.subarray(2 * block)];
      const inSignature = [ciphertext.subarray(0, -6 * block), middle, ciphertext.subarray(-4 * block)];
      attacks.push({ ...captured, ciphertext: Buffer.concat(inHeader) });
      attacks.push({ ...captured, ciphertext: Buffer.concat(inSignature) });
    }
    const answers = await Promise.all(attacks.map(async (each) => shown(await fails(each, 'NZ-VAN'))));
    assert.equal(new Set(answers).size, 1);
  });

  it('a GCM tag that does not hold, for whatever reason, looks like a wrong key', async () => {
    const gcm = { cipher: 'aes128-gcm', keyTransport: 'rsa-oaep-sha256' } as const;
    const { headers, body } = await encrypted(content, target.home.own.certificate, gcm);
    const changed = (at: number): Part => {
      const bytes = Buffer.from(body);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return { headers, body: bytes };
    };
    const forStranger = await encrypted(content, stranger.certificate, gcm);
    await allAlike([
      ['a bit of the tag', changed(body.length - 1)],
      ['a bit of the content', changed(body.length - 400)],
      ['a bit of the nonce', changed(body.indexOf(Buffer.from('060960864801650304010630', 'hex')) + 17)],
      ['a bit of the encrypted key', changed(400)],
      ['for somebody else', forStranger],
    ]);
  });

  it('GCM in EnvelopedData without its tag, or shorter than one, looks like a wrong key', async () => {
    const form = { ...captured, cipherOid: AES_128_GCM, iv: captured.iv.subarray(0, 12) };
    await allAlike([
      ['no tag', form],
      ['empty', { ...form, ciphertext: Buffer.alloc(0) }],
      ['eight octets', { ...form, ciphertext: randomBytes(8) }],
      ['sixteen octets', { ...form, ciphertext: randomBytes(16) }],
      ['a nonce of none', { ...form, iv: Buffer.alloc(0) }],
      ['CBC without an IV', { ...form, cipherOid: AES_128_CBC, iv: Buffer.alloc(0) }],
      ['CBC with a long IV', { ...form, cipherOid: AES_128_CBC, iv: Buffer.alloc(32) }],
    ]);
  });

  it('what is wrong inside CBC looks like a wrong key', async () => {
    const key = randomBytes(16);
    const inside = (bytes: Buffer | string) =>
      enveloped(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, target.home.own.certificate, key);
    const signed = await signedOpaque(entity, target.partner.identity);
    const rot13 = ['Content-Transfer-Encoding', 'rot13'] as const;
    await allAlike([
      ['noise', inside(randomBytes(300))],
      ['nothing', inside('')],
      ['no header', inside('\r\nUNB')],
      ['an unknown transfer encoding', inside(bytesOfPart({ ...signed, headers: [...signed.headers, rot13] }))],
      ['multipart/signed without parts', inside('Content-Type: multipart/signed; boundary=b\r\n\r\n--b--\r\n')],
      ['noise for a structure', inside('Content-Type: application/pkcs7-mime\r\n\r\nnoise')],
      ['a structure cut off', inside(bytesOfPart({ ...signed, body: signed.body.subarray(0, -9) }))],
      ['bytes behind a structure', inside(Buffer.concat([bytesOfPart(signed), randomBytes(3)]))],
      ['bytes behind a signed message', inside(Buffer.concat([content, Buffer.from('more')]))],
      [
        'noise within a signature in base64',
        inside(content.toString('latin1').replace('MII', 'M\u0001\u00ff\u0002II')),
      ],
      ['noise in the header of a signature', inside(content.toString('latin1').replace('p7s', 'p\u0001\u00ff7s'))],
      ['noise in the header of all', inside(content.toString('latin1').replace('micalg', '\u0001\u00ff=; micalg'))],
    ]);
  });

  it('what could not be decrypted is counted for each partner, so that somebody sees who tries', async () => {
    const counted = async (partner: string): Promise<number> => {
      const page = await fetch(`${target.endpoint.operatorsAddress}/metrics`);
      const line = new RegExp(`^countersign_decryption_failures_total{partner="${partner}"} (\\d+)$`, 'm');
      return Number(line.exec(await page.text())?.[1] ?? 0);
    };
    const before = [await counted('au-van'), await counted('nz-van')];
    const noise = { ...captured, ciphertext: randomBytes(10 * block) };
    for (const from of [undefined, undefined, 'NZ-VAN']) await fails(noise, from);
    assert.deepEqual([await counted('au-van'), await counted('nz-van')], [before[0]! + 2, before[1]! + 1]);
  });

  it('the captured message itself is good: it was refused only because it was altered', async () => {
    const { told, messageId } = await target.attack(envelopeOf(captured));
    assert.equal(told, 'processed');
    await target.reached(messageId, 'answered');
    // From here on it has been taken, so that the hook after each test has no say in it.
    target = { ...target, untouched: () => Promise.resolve() };
  });
});
