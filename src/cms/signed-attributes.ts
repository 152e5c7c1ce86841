import { LONGEST_ATTRIBUTES, MOST_ATTRIBUTES } from '../limits.ts';
import { readAlgorithm } from './algorithm-identifier.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { OID } from './algorithms.ts';
import { BerReader, context, TAG } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { canonical, element, encode, octetString, oid, sequence, setOf, time } from './der.ts';
import type { Der } from './der.ts';

/** SignedAttributes (RFC 5652 §5.3): what a signer says, and what its signature covers instead of the content. */
export interface SignedAttributes {
  readonly messageDigest: Buffer;
  readonly signingTime: Date | undefined;
  /** The algorithms that the signer says it signed by; undefined when it says nothing. */
  readonly algorithmProtection: AlgorithmProtection | undefined;
  /** What the signature may be over, the likeliest first. */
  signedBytes(): Generator<Buffer>;
}

/** CMSAlgorithmProtection (RFC 6211 §2); `signature` is undefined when it speaks of a MAC. */
export interface AlgorithmProtection {
  readonly digest: AlgorithmIdentifier;
  readonly signature: AlgorithmIdentifier | undefined;
}

/**
 * @param raw [0] IMPLICIT SET OF Attribute as it stands in the message
 * @throws CmsError
 */
export function readSignedAttributes(raw: Buffer): SignedAttributes {
  if (raw.length > LONGEST_ATTRIBUTES) throw new CmsError('CMS_LIMIT', 'The signed attributes are too long');
  const attributes = new Map<string, Buffer[]>();
  new BerReader(raw).all(context(0, true), MOST_ATTRIBUTES, (reader) =>
    reader.inside(TAG.sequence, (attribute) => {
      const type = attribute.oid();
      // RFC 5652 §5.3: there MUST NOT be two of the same type. Else signer and reader could each see another.
      if (attributes.has(type)) throw new CmsError('CMS_STRUCTURE', `The attribute ${type} stands twice`);
      attributes.set(
        type,
        attribute.all(TAG.set, MOST_ATTRIBUTES, (value) => value.raw()),
      );
    }),
  );
  // RFC 5652 §11.1: contentType MUST be there, and MUST be the type of what is signed: id-data in S/MIME.
  const contentType = only(attributes, OID.contentType, 'contentType');
  if (new BerReader(contentType).oid() !== OID.data)
    throw new CmsError('CMS_STRUCTURE', 'The contentType attribute is not id-data');
  const messageDigest = only(attributes, OID.messageDigest, 'messageDigest');
  const signingTime = attributes.get(OID.signingTime)?.[0];
  return {
    messageDigest: new BerReader(messageDigest).octetString(),
    signingTime: signingTime && readTime(signingTime),
    // RFC 6211 §2: one value MUST be there, and no more than one.
    algorithmProtection: attributes.has(OID.algorithmProtection)
      ? readProtection(only(attributes, OID.algorithmProtection, 'CMSAlgorithmProtection'))
      : undefined,
    signedBytes: () => signedBytes(raw),
  };
}

/** SEQUENCE { digestAlgorithm, signatureAlgorithm [1] or macAlgorithm [2] } */
const readProtection = (value: Buffer): AlgorithmProtection =>
  new BerReader(value).inside(TAG.sequence, (protection) => {
    const digest = readAlgorithm(protection);
    const signature = protection.next === SIGNATURE ? readAlgorithm(protection, SIGNATURE) : undefined;
    while (protection.more) protection.raw();
    return { digest, signature };
  });

const SIGNATURE = context(1, true);

/** RFC 5652 §11.1, §11.2: one value MUST be there, and no more than one. */
function only(attributes: ReadonlyMap<string, readonly Buffer[]>, type: string, name: string): Buffer {
  const [value, ...more] = attributes.get(type) ?? [];
  if (value === undefined || more.length > 0)
    throw new CmsError('CMS_STRUCTURE', `The signed attributes need ${name} with one value`);
  return value;
}

/**
 * RFC 5652 §5.4: the signature is over the DER of SET OF, not over [0] IMPLICIT. Most senders transmit DER, and some
 * sign what they transmit although it is not quite DER, so that goes first; only if it does not hold the DER is made.
 */
function* signedBytes(raw: Buffer): Generator<Buffer> {
  const received = Buffer.from(raw);
  received[0] = TAG.set;
  yield received;
  const der = encode(canonical(received));
  if (!der.equals(received)) yield der;
}

/** UTCTime and GeneralizedTime (RFC 5652 §11.3, RFC 5280 §4.1.2.5); undefined when it is none, or no day of the calendar. */
export function readTime(value: Buffer): Date | undefined {
  const text = value.toString('latin1', 2);
  const century = value[0] !== TAG.utcTime ? '' : text < '50' ? '20' : '19';
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d+)?Z$/.exec(century + text);
  if (match === null || (value[0] !== TAG.utcTime && value[0] !== TAG.generalizedTime)) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1);
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // The thirtieth of February would be taken for a day of March.
  return !Number.isNaN(time.getTime()) && time.getUTCDate() === Number(day) ? time : undefined;
}

/** The attributes that every system understands; CMSAlgorithmProtection is left out, because some refuse it. */
export function makeSignedAttributes(
  messageDigest: Buffer,
  signingTime: Date | undefined,
): { bytes: Buffer; field: Der } {
  const attributes = [
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.messageDigest, octetString(messageDigest)),
    ...(signingTime ? [attribute(OID.signingTime, time(signingTime))] : []),
  ];
  const bytes = encode(setOf(attributes));
  const field = Buffer.from(bytes);
  field[0] = context(0, true);
  return { bytes, field: [field] };
}

const attribute = (type: string, value: Der): Der => sequence(oid(type), element(TAG.set, value));
