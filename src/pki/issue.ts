import { randomBytes, webcrypto } from 'node:crypto';
import type { KeyUsageFlags } from '@peculiar/x509';
import { readCertificate, type Certificate } from './certificate.ts';

/**
 * draft rfc4130bis §9: no RSA below 2048 bits. Not X25519: such a key cannot sign, and so no certificate of its own either.
 */
export const KEY_TYPES = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384', 'ed25519'] as const;
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
      new x509.KeyUsagesExtension(usagesOf(options.keyType, x509.KeyUsageFlags), true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate: readCertificate(Buffer.from(issued.rawData)),
    privateKeyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') + '\n',
  };
}

/** One encrypts to RSA keys, and to EC keys by agreement (RFC 5480 §3), but not to Ed25519 keys (RFC 8410 §5). */
function usagesOf(keyType: KeyType, flags: typeof KeyUsageFlags): KeyUsageFlags {
  if (keyType === 'ed25519') return flags.digitalSignature;
  return flags.digitalSignature | (keyType.startsWith('ec-') ? flags.keyAgreement : flags.keyEncipherment);
}

function algorithmOf(keyType: KeyType) {
  if (keyType === 'ed25519') return { name: 'Ed25519', namedCurve: 'Ed25519' };
  if (keyType === 'ec-p256') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  if (keyType === 'ec-p384') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
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
