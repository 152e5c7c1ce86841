import { constants, createCipheriv, createDecipheriv, publicEncrypt, randomBytes } from 'node:crypto';

import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { OID } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { contentInfo } from '../../src/cms/content-info.ts';
import { element, encode, nullValue, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import type { CertificateIdentity } from '../../src/cms/identity.ts';
import type { Part } from './mime-parts.ts';

/** EnvelopedData in its parts, each of which an attacker may choose. AES-128-CBC unless another is named. */
export interface RawEnvelope {
  /** Whom it says it is for; none: nobody. */
  readonly recipient: CertificateIdentity | undefined;
  readonly encryptedKey: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly cipherOid?: string;
}

export const AES_128_CBC = '2.16.840.1.101.3.4.1.2';
export const AES_128_GCM = '2.16.840.1.101.3.4.1.6';

export function envelopeOf({ recipient, encryptedKey, iv, ciphertext, cipherOid }: RawEnvelope): Part {
  const recipients =
    recipient === undefined
      ? []
      : [
          sequence(
            smallInteger(0),
            issuerAndSerial(recipient),
            algorithm(OID.rsaEncryption, nullValue),
            octetString(encryptedKey),
          ),
        ];
  return envelopeFor(recipients, iv, ciphertext, cipherOid);
}

/** With any RecipientInfos. */
export function envelopeFor(recipients: readonly Der[], iv: Buffer, ciphertext: Buffer, cipherOid = AES_128_CBC): Part {
  const content = sequence(
    oid(OID.data),
    algorithm(cipherOid, octetString(iv)),
    element(context(0, false), [ciphertext]),
  );
  const body = encode(contentInfo(OID.envelopedData, sequence(smallInteger(0), setOf(recipients), content)));
  return { headers: [['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m']], body };
}

/** Encrypted to a recipient by AES-128-CBC, with the key and the padding in the open. */
export function enveloped(content: Buffer, recipient: CertificateIdentity, key = randomBytes(16)) {
  const encryptedKey = publicEncrypt({ key: recipient.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
  return { recipient, encryptedKey, ...padded(content, key) };
}

/** The same to nobody yet. */
export function padded(content: Buffer, key = randomBytes(16)) {
  const iv = randomBytes(16);
  const padding = 16 - (content.length % 16);
  const plaintext = Buffer.concat([content, Buffer.alloc(padding, padding)]);
  return { iv, key, plaintext, ciphertext: cbc(plaintext, key, iv) };
}

/** CBC without padding. */
export function cbc(plaintext: Buffer, key: Buffer, iv: Buffer): Buffer {
  return createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(plaintext);
}

export function openCbc(ciphertext: Buffer, key: Buffer, iv: Buffer): Buffer {
  return createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(ciphertext);
}

/** RSA without padding: what Bleichenbacher's attack sends. @param block as long as the modulus */
export function rawRsa(recipient: CertificateIdentity, block: Buffer): Buffer {
  return publicEncrypt({ key: recipient.publicKey, padding: constants.RSA_NO_PADDING }, block);
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((octet, at) => octet ^ (b[at] ?? 0)));
}
