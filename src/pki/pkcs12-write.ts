import { createHash, randomBytes } from 'node:crypto';
import { TAG, context } from '../cms/ber.ts';
import {
  element,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  type Der,
} from '../cms/der.ts';
import type { PrivateIdentity } from '../cms/identity.ts';
import { closeWithPassword, ITERATIONS, macOf } from './pkcs12-password.ts';
import { OID } from './pkcs12.ts';

/**
 * Writes a keystore (RFC 7292) with one key and its certificate: the key encrypted by PBES2 with AES-256, the whole
 * under an HMAC with SHA-256. Java 8u301, Windows Server 2019 and OpenSSL 1.1 read it, and what came after them.
 */
export function writePkcs12({ certificate, privateKey }: PrivateIdentity, alias: string, password: string): Buffer {
  const attributes = element(TAG.set, ...attributesOf(alias, certificate.der));
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const key = bag(OID.shroudedKeyBag, [closeWithPassword(pkcs8, password)], attributes);
  const certificateBag = sequence(oid(OID.x509Certificate), explicit(octetString(certificate.der)));
  const safe = encode(sequence(dataOf(bag(OID.certificateBag, certificateBag, attributes)), dataOf(key)));
  return encode(sequence(smallInteger(3), contentInfo(octetString(safe)), macData(safe, password)));
}

/** RFC 7292 §4.1: a SafeContents with one bag */
const dataOf = (content: Der): Der => contentInfo(octetString(encode(sequence(content))));

const contentInfo = (content: Der): Der => sequence(oid(OID.data), explicit(content));
const bag = (type: string, value: Der, attributes: Der): Der => sequence(oid(type), explicit(value), attributes);
const explicit = (content: Der): Der => element(context(0, true), content);

/** The same localKeyId at key and certificate joins them. */
function attributesOf(alias: string, certificate: Buffer): Der[] {
  const name = element(BMP_STRING, [Buffer.from(alias, 'utf16le').swap16()]);
  const id = octetString(createHash('sha1').update(certificate).digest());
  return [sequence(oid(OID.friendlyName), setOf([name])), sequence(oid(OID.localKeyId), setOf([id]))];
}

const BMP_STRING = 0x1e;
const SHA256 = '2.16.840.1.101.3.4.2.1';

/** RFC 7292 §4: MacData */
function macData(safe: Buffer, password: string): Der {
  const salt = randomBytes(16);
  const mac = macOf('sha256', password, salt, ITERATIONS, safe);
  const iterations = Buffer.alloc(2);
  iterations.writeUInt16BE(ITERATIONS);
  const digestInfo = sequence(sequence(oid(SHA256), nullValue), octetString(mac));
  return sequence(digestInfo, octetString(salt), integer(iterations));
}
