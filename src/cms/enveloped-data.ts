import { randomBytes } from 'node:crypto';
import { bytesOf, collect } from '../mime/bytes.ts';
import type { Bytes } from '../mime/bytes.ts';
import { CIPHERS, OID } from './algorithms.ts';
import type { CipherName, KeyTransportName } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { CmsError } from './cms-error.ts';
import { decipherCbc, decipherGcm, encipher, expectTagLength, readContentEncryption } from './content-cipher.ts';
import type { ContentEncryption } from './content-cipher.ts';
import { contentInfo, expectType, readContentInfo } from './content-info.ts';
import { canonical, element, encode, octetString, oid, sequence, setOf, smallInteger } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { receiveKey } from './key-transport.ts';
import { makeRecipient, readRecipients } from './recipient-info.ts';
import type { ReceivedKey } from './recipient-info.ts';

/** What everybody can see of an encrypted message. */
export interface EnvelopeFacts {
  readonly structure: 'enveloped-data' | 'auth-enveloped-data';
  readonly cipher: CipherName;
  /** How the key was sent to us; undefined when no recipient is us. */
  readonly keyTransport: KeyTransportName | undefined;
  readonly recipients: number;
}

export interface Envelope {
  readonly facts: EnvelopeFacts;
  /**
   * Decrypts. When there is no key for us, or a wrong one, CBC goes on with a random key, and gives rubbish.
   * @throws DecryptionFault when authenticated content does not hold, for whatever reason
   */
  readonly open: () => Promise<OpenedEnvelope>;
}

export interface OpenedEnvelope {
  readonly content: Bytes;
  /**
   * Whether the padding of CBC was good and nothing followed the structure. To be asked last, after the content and
   * everything inside it was found good: who can make us tell bad padding from other faults can decrypt (Vaudenay).
   */
  readonly intact: () => boolean;
}

interface Enclosed {
  readonly recipients: number;
  readonly ours: ReceivedKey | undefined;
  readonly encryption: ContentEncryption;
  readonly encrypted: Buffer;
  /** Of AuthEnvelopedData only. */
  readonly authenticated?: Buffer | undefined;
  readonly tag?: Buffer;
}

/**
 * Reads EnvelopedData (RFC 5652 §6.1) or AuthEnvelopedData (RFC 5083 §2.1); uses no key yet.
 * @throws CmsError for what everybody can see
 */
export async function readEnvelope(body: Bytes, keys: readonly PrivateIdentity[]): Promise<Envelope> {
  const { value, trailing } = readContentInfo(await collect(body), (type, reader) => {
    if (type === OID.authEnvelopedData) return reader.inside(TAG.sequence, (inner) => readAuthEnveloped(inner, keys));
    expectType(type, OID.envelopedData, 'enveloped-data or auth-enveloped-data');
    return reader.inside(TAG.sequence, (inner) => readEnveloped(inner, keys));
  });
  const { encryption, ours, recipients, tag } = value;
  return {
    facts: {
      structure: tag ? 'auth-enveloped-data' : 'enveloped-data',
      cipher: encryption.name,
      keyTransport: ours?.transport.name,
      recipients,
    },
    open: () => Promise.resolve().then(() => open(value, keys, trailing)),
  };
}

function readEnveloped(reader: BerReader, keys: readonly PrivateIdentity[]): Enclosed {
  const enclosed = readCommon(reader, keys);
  if (reader.next === context(1, true)) reader.raw(); // unprotected attributes
  return enclosed;
}

function readAuthEnveloped(reader: BerReader, keys: readonly PrivateIdentity[]): Enclosed {
  const enclosed = readCommon(reader, keys);
  if (enclosed.encryption.cipher.mode !== 'gcm')
    throw new CmsError('CMS_STRUCTURE', 'The cipher of authenticated content does not authenticate');
  const attributes = reader.next === context(1, true) ? reader.raw() : undefined;
  const tag = reader.octetString();
  if (reader.next === context(2, true)) reader.raw(); // unauthenticated attributes
  expectTagLength(tag.length);
  return { ...enclosed, tag, authenticated: attributes && authenticatedBytes(attributes) };
}

/** RFC 5083 §2.2: the DER of the attributes, as a SET OF instead of [1] IMPLICIT. */
function authenticatedBytes(raw: Buffer): Buffer {
  if (raw.length > LONGEST_ATTRIBUTES) throw new CmsError('CMS_LIMIT', 'The authenticated attributes are too long');
  const set = Buffer.from(raw);
  set[0] = TAG.set;
  return encode(canonical(set));
}

/** In octets; two or three attributes of some dozen are usual. */
const LONGEST_ATTRIBUTES = 64 * 1024;

function readCommon(reader: BerReader, keys: readonly PrivateIdentity[]): Enclosed {
  reader.smallInteger();
  if (reader.next === context(0, true)) reader.raw(); // the originator's certificates
  const { count, ours } = readRecipients(reader, keys);
  return reader.inside(TAG.sequence, (info) => {
    expectType(info.oid(), OID.data, 'id-data');
    const encryption = readContentEncryption(info);
    const encrypted = info.more ? info.octetString(context(0, false)) : Buffer.alloc(0);
    return { recipients: count, ours, encryption, encrypted };
  });
}

function open(enclosed: Enclosed, keys: readonly PrivateIdentity[], trailing: boolean): OpenedEnvelope {
  const { encryption, encrypted, authenticated } = enclosed;
  const key = contentKey(enclosed, keys);
  if (encryption.cipher.mode === 'cbc') {
    const { content, isPadded } = decipherCbc(encryption, key, encrypted);
    return { content, intact: () => isPadded() && !trailing };
  }
  // BouncyCastle and others put GCM into EnvelopedData, with the tag at the end of the content.
  const end = enclosed.tag ? encrypted.length : Math.max(encrypted.length - encryption.tagLength, 0);
  const tag = enclosed.tag ?? encrypted.subarray(end);
  const pieces = decipherGcm(encryption, key, encrypted.subarray(0, end), tag, authenticated);
  return { content: bytesOf(...pieces), intact: () => true };
}

/** A message that is not for us costs the same decryption as one that is. */
function contentKey({ ours, encryption }: Enclosed, keys: readonly PrivateIdentity[]): Buffer {
  const length = encryption.cipher.key;
  if (ours) return receiveKey(ours.transport, ours.identity.privateKey, ours.encryptedKey, length);
  const any = keys.find(({ privateKey }) => privateKey.asymmetricKeyType === 'rsa');
  return any
    ? receiveKey({ name: 'rsa-pkcs1', oaep: undefined }, any.privateKey, randomBytes(length), length)
    : randomBytes(length);
}

export interface EnvelopeOptions {
  readonly cipher: CipherName;
  readonly keyTransport: KeyTransportName;
  /** For GCM, which some systems expect in EnvelopedData with the tag behind the content; by default in AuthEnvelopedData. */
  readonly form?: 'auth-enveloped-data' | 'enveloped-data';
}

/** Encrypts to each of the recipients, in DER. @throws CmsError when a recipient's key is not RSA */
export async function makeEnvelope(
  content: Bytes,
  recipients: readonly CertificateIdentity[],
  { cipher, keyTransport, form = 'auth-enveloped-data' }: EnvelopeOptions,
): Promise<Buffer> {
  const key = randomBytes(CIPHERS[cipher].key);
  const enciphered = await encipher(cipher, key, content);
  const recipientInfos = setOf(recipients.map((certificate) => makeRecipient(certificate, keyTransport, key)));
  const encrypted = (pieces: readonly Buffer[]) =>
    sequence(oid(OID.data), enciphered.algorithm, element(context(0, false), pieces));
  if (CIPHERS[cipher].mode === 'gcm' && form === 'auth-enveloped-data') {
    // RFC 5083 §2.1: version 0; no authAttrs, because the content is id-data.
    const authenticated = sequence(
      smallInteger(0),
      recipientInfos,
      encrypted(enciphered.content),
      octetString(enciphered.tag),
    );
    return encode(contentInfo(OID.authEnvelopedData, authenticated));
  }
  const enveloped = sequence(smallInteger(0), recipientInfos, encrypted([...enciphered.content, enciphered.tag]));
  return encode(contentInfo(OID.envelopedData, enveloped));
}
