import { createHash, createHmac } from 'node:crypto';
import forge from 'node-forge';
import { BerReader, TAG, walk } from '../cms/ber.ts';
import { MOST_ITERATIONS } from '../limits.ts';
import { PkiError } from './pki-error.ts';

/** Digests of the integrity check, by OID. */
export const MAC_DIGESTS = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
} as const;

type MacDigest = (typeof MAC_DIGESTS)[keyof typeof MAC_DIGESTS];

/** RFC 7292 §5.1 */
export function macOf(digest: MacDigest, password: string, salt: Buffer, iterations: number, content: Buffer): Buffer {
  return createHmac(digest, macKey(digest, password, salt, iterations))
    .update(content)
    .digest();
}

/** RFC 7292 Appendix B.2 for purpose 3 and a key as long as the digest, so that one round of the outer loop suffices. */
function macKey(digest: MacDigest, password: string, salt: Buffer, iterations: number): Buffer {
  assertReasonable(iterations);
  const block = digest === 'sha1' || digest === 'sha256' ? 64 : 128;
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16();
  let key = Buffer.concat([Buffer.alloc(block, 3), filled(salt, block), filled(secret, block)]);
  for (let round = 0; round < iterations; round++) key = createHash(digest).update(key).digest();
  return key;
}

/** Copies one after the other up to whole blocks. */
function filled(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/**
 * Opens an EncryptedPrivateKeyInfo (RFC 5958 §3), or whatever else is encrypted in the same form: PBES2, or the 3DES
 * and RC2 schemes of RFC 7292 Appendix C.
 * @throws PkiError
 */
export function openWithPassword(encrypted: Buffer, password: string): Buffer {
  walk(encrypted, 0, encrypted.length, ({ tag, content, end = content }) => {
    if (tag === TAG.integer) assertReasonable(Number(BigInt(`0x0${encrypted.toString('hex', content, end)}`)));
  });
  // PBES2 takes the password as UTF-8, the older schemes as UTF-16.
  const text = schemeOf(encrypted) === PBES2 ? forge.util.encodeUtf8(password) : password;
  const opened = attempt(encrypted, text);
  if (opened === null) throw new PkiError('PKI_PKCS12_PASSWORD_WRONG', 'The keystore does not open with this password');
  return derOf(opened);
}

/** Null, which the types do not tell, when the padding after decryption is wrong. */
function attempt(encrypted: Buffer, password: string): forge.asn1.Asn1 | null {
  try {
    return forge.pki.decryptPrivateKeyInfo(forge.asn1.fromDer(encrypted.toString('binary')), password);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PkiError('PKI_PKCS12_UNREADABLE', `The keystore cannot be decrypted: ${reason}`, { cause: error });
  }
}

/** Encrypts a PKCS#8 key as RFC 5958 §3 says, by PBES2 with AES-256. */
export function closeWithPassword(pkcs8: Buffer, password: string): Buffer {
  const key = forge.asn1.fromDer(pkcs8.toString('binary'));
  // `prfAlgorithm` is missing in the types.
  const options = { algorithm: 'aes256', count: ITERATIONS, saltSize: 16, prfAlgorithm: 'sha256' } as const;
  return derOf(forge.pki.encryptPrivateKeyInfo(key, forge.util.encodeUtf8(password), options));
}

/** For what we write ourselves: as many as Java takes. */
export const ITERATIONS = 10_000;

const PBES2 = '1.2.840.113549.1.5.13';
/** The number is the sender's to choose, and the time is ours. */
function assertReasonable(iterations: number): void {
  if (iterations > MOST_ITERATIONS)
    throw new PkiError('PKI_PKCS12_UNREADABLE', `The keystore demands ${iterations} iterations, which takes too long`);
}

function schemeOf(encrypted: Buffer): string {
  return new BerReader(encrypted).inside(TAG.sequence, (info) => {
    const scheme = new BerReader(info.raw()).inside(TAG.sequence, (algorithm) => {
      const name = algorithm.oid();
      while (algorithm.more) algorithm.raw();
      return name;
    });
    while (info.more) info.raw();
    return scheme;
  });
}

const derOf = (value: forge.asn1.Asn1): Buffer => Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary');
