import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { gather } from '../../src/bytes/source.ts';
import type { Sized } from '../../src/bytes/source.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { algorithm, digestAlgorithm } from '../../src/cms/algorithm-identifier.ts';
import { OID } from '../../src/cms/algorithms.ts';
import type { DigestName } from '../../src/cms/algorithms.ts';
import { BerReader, context, TAG } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { makeCompressedData } from '../../src/cms/compressed-data.ts';
import { contentInfo, encapsulated } from '../../src/cms/content-info.ts';
import { element, encode, nullValue, octetString, oid, sequence, setOf, smallInteger } from '../../src/cms/der.ts';
import type { Der } from '../../src/cms/der.ts';
import { makeEnvelope } from '../../src/cms/enveloped-data.ts';
import type { EnvelopeOptions } from '../../src/cms/enveloped-data.ts';
import type { CertificateIdentity, PrivateIdentity } from '../../src/cms/identity.ts';
import { makeSignedData, readSignedData, undigested } from '../../src/cms/signed-data.ts';
import type { SignatureVerdict, SigningOptions } from '../../src/cms/signed-data.ts';
import { bytesOf } from '../support/bytes.ts';

/** A MIME entity, as everything that is signed or encrypted here. */
export const CONTENT = Buffer.from("Content-Type: application/edifact\r\n\r\nUNA:+.? '\r\nUNB+UNOC:3'\r\n");

export const anything = () => true;

/** Reads and verifies; the content is that of the structure when none is given. */
export function verdictOf(
  signedData: Buffer,
  pinned: readonly CertificateIdentity[],
  content?: Buffer,
  allowed: Parameters<ReturnType<typeof readSignedData>['verify']>[2] = anything,
): SignatureVerdict {
  const read = readSignedData(bytesOf(signedData), memorySpool);
  const signed = content === undefined ? read.content : bytesOf(content);
  return read.verify(undigested(signed ?? bytesOf()), pinned, allowed);
}

/** SignedData over content that is at hand. */
export function signed(
  content: Buffer,
  identity: PrivateIdentity,
  { detached, ...options }: SigningOptions & { readonly detached: boolean },
): Buffer {
  const messageDigest = createHash(options.digest).update(content).digest();
  return makeSignedData(messageDigest, identity, options, detached ? undefined : content);
}

/** An envelope, read. */
export function enveloped(
  content: Sized,
  recipients: readonly CertificateIdentity[],
  options: EnvelopeOptions,
): Buffer {
  return wholeOf(makeEnvelope(content, recipients, options));
}

/** CompressedData, read. */
export async function compressed(content: Sized): Promise<Buffer> {
  return wholeOf(await makeCompressedData(content, memorySpool));
}

function wholeOf(made: Sized): Buffer {
  const whole = gather(made.pieces());
  assert.equal(whole.length, made.size, 'its length was told before it was made');
  return whole;
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
    for (let at = 0; at < content.length; at += 7) pieces.push(encode(octetString(content.subarray(at, at + 7))));
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
