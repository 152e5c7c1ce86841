import { randomBytes, webcrypto } from 'node:crypto';
import { readCertificate, type Certificate } from './certificate.ts';

/** draft rfc4130bis §9: no RSA below 2048 bits. */
export const KEY_TYPES = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

export interface IssueOptions {
  readonly commonName: string;
  readonly days: number;
  readonly keyType: KeyType;
  readonly now: Date;
}

/**
 * A new key with a self-signed certificate, as partners of AS2 exchange them. The key is PKCS#8 PEM, not encrypted.
 * Valid from an hour before `now`, since partners' clocks go slow.
 */
export async function issueSelfSigned(
  options: IssueOptions,
): Promise<{ readonly certificate: Certificate; readonly privateKeyPem: string }> {
  const x509 = await library();
  const algorithm = algorithmOf(options.keyType);
  const { digitalSignature, keyEncipherment, keyAgreement } = x509.KeyUsageFlags;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issued = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: new x509.Name([{ CN: [{ utf8String: options.commonName }] }]),
    notBefore: new Date(options.now.getTime() - 3_600_000),
    notAfter: new Date(options.now.getTime() + options.days * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      // RFC 5280 §4.2.1.9, §4.2.1.3, §4.2.1.2
      new x509.BasicConstraintsExtension(false, undefined, true),
      // One encrypts to both, to EC keys by agreement (RFC 5480 §3).
      new x509.KeyUsagesExtension(
        digitalSignature | (options.keyType === 'ec-p256' ? keyAgreement : keyEncipherment),
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate: readCertificate(Buffer.from(issued.rawData)),
    privateKeyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') + '\n',
  };
}

function algorithmOf(keyType: KeyType) {
  if (keyType === 'ec-p256') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const modulusLength = Number(keyType.slice('rsa-'.length));
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
}

/** Only where a certificate is issued: it takes as much memory as the whole engine. */
async function library() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** RFC 5280 §4.1.2.2: positive, not zero, at most 20 octets */
function serialNumber(): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial.toString('hex');
}
