import { sign } from 'node:crypto';
import { algorithm, digestAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { OID } from '../../src/cms/algorithms.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { BerReader, context, TAG } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { element, encode, nullValue, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import type { CertificateIdentity, PrivateIdentity } from '../../src/cms/identity.ts';
import { readSignedData } from '../../src/cms/signed-data.ts';
import type { SignatureVerdict } from '../../src/cms/signed-data.ts';
import { bytesOf, collect } from '../../src/mime/bytes.ts';
import type { Bytes } from '../../src/mime/bytes.ts';

/** A MIME entity, as everything that is signed or encrypted here. */
export const CONTENT = Buffer.from("Content-Type: application/edifact\r\n\r\nUNA:+.? '\r\nUNB+UNOC:3'\r\n");

export const anything = () => true;

/** Reads and verifies; the content is that of the structure when none is given. */
export async function verdictOf(
  signedData: Buffer,
  pinned: readonly CertificateIdentity[],
  content?: Buffer,
  allowed: Parameters<Awaited<ReturnType<typeof readSignedData>>['verify']>[2] = anything,
): Promise<SignatureVerdict> {
  const read = await readSignedData(bytesOf(signedData));
  const enclosed = read.content && (await collect(read.content));
  return read.verify(bytesOf(content ?? enclosed ?? Buffer.alloc(0)), pinned, allowed);
}

/** The same bytes in pieces of other lengths. */
export async function* inPieces(bytes: Uint8Array, ...lengths: readonly number[]): Bytes {
  let at = 0;
  for (const length of lengths) yield bytes.subarray(at, (at += length));
  await Promise.resolve();
  yield bytes.subarray(at);
}

/**
 * The same structure as a streaming sender writes it: indefinite lengths, and OCTET STRINGs in pieces.
 * @param keep elements to leave in DER, because they are compared by their bytes
 */
export function toBer(der: Buffer, ...keep: readonly Buffer[]): Buffer {
  const tag = der.readUInt8(0);
  if (keep.some((bytes) => bytes.equals(der))) return der;
  const reader = new BerReader(der);
  if (tag === TAG.octetString) {
    const content = reader.octetString();
    const pieces: Buffer[] = [];
    for (let at = 0; at < content.length; at += 7) pieces.push(...octetString(content.subarray(at, at + 7)));
    return Buffer.concat([Buffer.of(0x24, 0x80), ...pieces, Buffer.of(0, 0)]);
  }
  if ((tag & 0x20) === 0) return der;
  return reader.inside(tag, (inner) => {
    const items: Buffer[] = [];
    while (inner.more) items.push(toBer(inner.raw(), ...keep));
    return Buffer.concat([Buffer.of(tag, 0x80), ...items, Buffer.of(0, 0)]);
  });
}

export interface CraftedSigner {
  readonly identity: PrivateIdentity;
  readonly digest?: DigestName;
  /** [0] IMPLICIT SET OF, as it goes into the message; none: without signed attributes. */
  readonly attributes?: Der;
  /** What is signed. */
  readonly signed: Buffer;
}

/** A SignerInfo by RSA PKCS#1 v1.5 with any attributes over any bytes. */
export function craftSigner({ identity, digest = 'sha256', attributes, signed }: CraftedSigner): Der {
  return sequence(
    smallInteger(1),
    issuerAndSerial(identity.certificate),
    digestAlgorithm(digest),
    ...(attributes ? [attributes] : []),
    algorithm(OID.rsaEncryption, nullValue),
    octetString(sign(digest, signed, identity.privateKey)),
  );
}

/** SignedData with any signers. */
export function craftSignedData(signers: readonly Der[], content?: Buffer, encapsulatedInfo?: Der): Buffer {
  const info = encapsulatedInfo ?? encapsulated(content && [content]);
  return encode(
    contentInfo(OID.signedData, sequence(smallInteger(1), setOf([digestAlgorithm('sha256')]), info, setOf(signers))),
  );
}

export const attribute = (type: string, ...values: readonly Der[]): Der =>
  sequence(oid(type), element(TAG.set, ...values));

/** The attributes in the order given, whether that is DER or not. */
export const attributesField = (...attributes: readonly Der[]): Der => element(context(0, true), ...attributes);
