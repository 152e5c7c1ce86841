import { createPrivateKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { BerReader, TAG, context } from '../cms/ber.ts';
import { encode, octetString, sequence } from '../cms/der.ts';
import { CountersignError } from '../errors.ts';
import { MOST_BAG_ATTRIBUTES, MOST_BAGS } from '../limits.ts';
import { readCertificate, type Certificate } from './certificate.ts';
import { belongsTo } from './keyring.ts';
import { MAC_DIGESTS, macOf, openWithPassword } from './pkcs12-password.ts';
import { PkiError } from './pki-error.ts';

/** A certificate of a keystore, with its private key where the store has that too. */
export interface Pkcs12Entry {
  /** friendlyName, which Java calls alias. */
  readonly alias: string | undefined;
  readonly certificate: Certificate;
  readonly privateKey: KeyObject | undefined;
}

/** RFC 7292 Appendix D, and PKCS #9 */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;

/**
 * Reads a keystore (RFC 7292), modern (PBES2 with AES) or old (3DES, RC2 with 40 bits), of OpenSSL, Java or Windows.
 * The trusted certificates of Java are entries without a private key. A key without a certificate is no entry.
 * @throws PkiError
 */
export function readPkcs12(bytes: Buffer, password: string): Pkcs12Entry[] {
  try {
    const bags = bagsOf(readPfx(bytes, password), password);
    const keys = bags.flatMap((bag) => keyOf(bag, password));
    return bags
      .flatMap((bag) => certificateOf(bag))
      .map(({ alias, certificate }) => {
        const key = keys.find(({ privateKey }) => belongsTo(privateKey, certificate));
        return { alias: alias ?? key?.alias, certificate, privateKey: key?.privateKey };
      });
  } catch (error) {
    if (!(error instanceof CountersignError) || error instanceof PkiError) throw error;
    const hint = 'A Java keystore of type JKS is converted with keytool -importkeystore -deststoretype PKCS12';
    throw unreadable(`This is not a PKCS#12 keystore (${error.message}). ${hint}`, error);
  }
}

interface Bag {
  readonly type: string;
  readonly value: Buffer;
  readonly alias: string | undefined;
}

/** RFC 7292 §4: PFX; what is in its authSafe, once that is known to be unchanged */
function readPfx(bytes: Buffer, password: string): Buffer {
  return new BerReader(bytes).inside(TAG.sequence, (pfx) => {
    pfx.smallInteger();
    const safe = pfx.inside(TAG.sequence, (info) => {
      if (info.oid() !== OID.data) throw unreadable('The keystore is protected by a public key instead of a password');
      return info.inside(context(0, true), (content) => content.octetString());
    });
    pfx.optional(TAG.sequence, (mac) => verifyMac(mac, safe, password));
    return safe;
  });
}

/** RFC 7292 §5.1 */
function verifyMac(mac: BerReader, safe: Buffer, password: string): void {
  const { algorithm, expected } = mac.inside(TAG.sequence, (info) => ({
    algorithm: info.inside(TAG.sequence, firstOid),
    expected: info.octetString(),
  }));
  const salt = mac.octetString();
  const iterations = mac.more ? mac.smallInteger() : 1;
  const digest = Object.entries(MAC_DIGESTS).find(([oid]) => oid === algorithm)?.[1];
  if (digest === undefined) throw unreadable(`The integrity check of the keystore (${algorithm}) is not supported`);
  const found = macOf(digest, password, salt, iterations, safe);
  if (found.length !== expected.length || !timingSafeEqual(found, expected))
    throw new PkiError('PKI_PKCS12_PASSWORD_WRONG', 'The keystore does not open with this password');
}

/** RFC 7292 §4.1: AuthenticatedSafe, and the SafeContents in it */
function bagsOf(safe: Buffer, password: string): Bag[] {
  const contents = new BerReader(safe).all(TAG.sequence, MOST_BAGS, (safes) =>
    safes.inside(TAG.sequence, (info) => {
      const type = info.oid();
      return info.inside(context(0, true), (content) => {
        if (type === OID.data) return content.octetString();
        if (type === OID.encryptedData) return content.inside(TAG.sequence, (data) => readEncrypted(data, password));
        throw unreadable(`A part of the keystore (${type}) is not protected by a password`);
      });
    }),
  );
  return contents.flatMap((content) => new BerReader(content).all(TAG.sequence, MOST_BAGS, readBag));
}

/** RFC 5652 §8: EncryptedData, which differs from an encrypted key by its wrapping alone */
function readEncrypted(data: BerReader, password: string): Buffer {
  data.smallInteger();
  return data.inside(TAG.sequence, (info) => {
    info.oid();
    const algorithm = info.raw();
    const content = octetString(info.octetString(context(0, false)));
    return openWithPassword(encode(sequence([algorithm], content)), password);
  });
}

/** RFC 7292 §4.2: SafeBag */
function readBag(bags: BerReader): Bag {
  return bags.inside(TAG.sequence, (bag) => {
    const type = bag.oid();
    const value = bag.inside(context(0, true), (inner) => inner.raw());
    const attributes = bag.more ? bag.all(TAG.set, MOST_BAG_ATTRIBUTES, readAttribute) : [];
    const name = attributes.find(({ type: each }) => each === OID.friendlyName)?.value;
    return { type, value, alias: name && utf16(new BerReader(name).primitive(BMP_STRING)) };
  });
}

const BMP_STRING = 0x1e;

/** The first value alone: the attributes of interest have one. */
function readAttribute(attributes: BerReader): { readonly type: string; readonly value: Buffer | undefined } {
  return attributes.inside(TAG.sequence, (attribute) => {
    const type = attribute.oid();
    const [value] = attribute.all(TAG.set, 100, (values) => values.raw());
    return { type, value };
  });
}

function keyOf(
  { type, value, alias }: Bag,
  password: string,
): { readonly privateKey: KeyObject; readonly alias: string | undefined }[] {
  if (type !== OID.keyBag && type !== OID.shroudedKeyBag) return [];
  const der = type === OID.keyBag ? value : openWithPassword(value, password);
  try {
    return [{ privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), alias }];
  } catch (error) {
    throw unreadable(`The private key ${alias ?? ''} of the keystore is of a kind that is not supported`, error);
  }
}

function certificateOf({
  type,
  value,
  alias,
}: Bag): { readonly certificate: Certificate; readonly alias: string | undefined }[] {
  if (type !== OID.certificateBag) return [];
  const der = new BerReader(value).inside(TAG.sequence, (bag) => {
    const kind = bag.oid();
    const content = bag.inside(context(0, true), (inner) =>
      kind === OID.x509Certificate ? inner.octetString() : inner.raw(),
    );
    return kind === OID.x509Certificate ? content : undefined;
  });
  return der === undefined ? [] : [{ certificate: readCertificate(der), alias }];
}

function firstOid(algorithm: BerReader): string {
  const oid = algorithm.oid();
  while (algorithm.more) algorithm.raw();
  return oid;
}

function utf16(bigEndian: Buffer): string {
  return Buffer.from(bigEndian.subarray(0, bigEndian.length & ~1))
    .swap16()
    .toString('utf16le');
}

function unreadable(message: string, cause?: unknown): PkiError {
  return new PkiError('PKI_PKCS12_UNREADABLE', message, { cause });
}
