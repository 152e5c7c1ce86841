import { randomBytes } from 'node:crypto';

import { signDetached } from '../../src/as2/sign-detached.ts';
import { bytesOfPart } from '../as2/by-hand.ts';
import { bytesOf, collect } from './bytes.ts';
import { cbc, enveloped, envelopeOf } from './envelope.ts';
import type { TestIdentity } from './identities.ts';
import type { Part } from './mime-parts.ts';

/** The same message, recorded on its way and broken in every way that must not be told from another. */
export function cbcFaults(us: TestIdentity, partner: TestIdentity, size: number): Readonly<Record<string, () => Part>> {
  const content = bytesOfPart({
    headers: [['Content-Type', 'application/EDIFACT']],
    body: Buffer.alloc(size, "UNB+'"),
  });
  const { headers, body } = signDetached(bytesOf(content), 'boundary', { identity: partner, digest: 'sha256' });
  const signed = bytesOfPart({ headers, body: collect(body) });
  // Blanks may follow the last boundary, so that the last block has them and padding alone.
  const filled = Buffer.concat([signed, Buffer.alloc(31 - (signed.length % 16), ' ')]);
  const captured = enveloped(filled, us.certificate);
  const { ciphertext, plaintext, key, iv } = captured;
  const altered = (at: number) => {
    const bytes = Buffer.from(ciphertext);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return envelopeOf({ ...captured, ciphertext: bytes });
  };
  const within = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(plaintext);
    change(bytes);
    return envelopeOf({ ...captured, ciphertext: cbc(bytes, key, iv) });
  };
  const keyOf = (length: number) => enveloped(filled, us.certificate, randomBytes(16)).encryptedKey.subarray(0, length);
  const signature = plaintext.lastIndexOf('\r\n--boundary') - 40;
  return {
    'another key': () => envelopeOf({ ...captured, encryptedKey: keyOf(256) }),
    'a broken key': () => envelopeOf({ ...captured, encryptedKey: randomBytes(256).fill(0, 0, 1) }),
    'the padding broken, all else good': () => within((bytes) => bytes.fill(0, bytes.length - 1)),
    'noise inside': () => within((bytes) => randomBytes(bytes.length).copy(bytes)),
    'the first block altered': () => altered(3),
    'a block in the middle altered': () => altered(ciphertext.length >> 1),
    'the last block altered': () => altered(ciphertext.length - 3),
    'the signature altered': () =>
      within((bytes) => void bytes.writeUInt8(bytes.readUInt8(signature) === 0x41 ? 0x42 : 0x41, signature)),
  };
}
