import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { readCertificate } from '../../src/pki/certificate.ts';
import type { Certificate } from '../../src/pki/certificate.ts';

export interface TestIdentity {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

type KeyType = 'rsa' | 'ec';

/**
 * A self-signed identity, RSA 2048 or EC P-256; the same one for the same arguments in one process. `another` makes a
 * different key under the same name and serial number: what a forger would make.
 */
export function identity(name: string, keyType: KeyType = 'rsa', another = ''): Promise<TestIdentity> {
  const key = `${name}/${keyType}/${another}`;
  const made = identities.get(key) ?? makeIdentity(name, keyType);
  identities.set(key, made);
  return made;
}

const identities = new Map<string, Promise<TestIdentity>>();

const algorithms = {
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
};

async function makeIdentity(name: string, keyType: KeyType): Promise<TestIdentity> {
  const keys = await webcrypto.subtle.generateKey(algorithms[keyType], true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      serialNumber: Buffer.from(`01${Buffer.from(name).toString('hex').slice(0, 16)}`, 'hex').toString('hex'),
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2040-01-01T00:00:00Z'),
      keys,
      signingAlgorithm: algorithms[keyType],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate: readCertificate(Buffer.from(made.rawData)),
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
  };
}
