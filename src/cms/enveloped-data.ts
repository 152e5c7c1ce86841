import { randomBytes } from 'node:crypto';
import { withoutTail } from '../bytes/regroup.ts';
import type { Pieces, Sized } from '../bytes/source.ts';
import { LONGEST_ALGORITHM, LONGEST_ATTRIBUTES, LONGEST_ORIGINATOR, LONGEST_RECIPIENTS } from '../limits.ts';
import { CIPHERS, isAuthenticated, isEcdh, OID } from './algorithms.ts';
import type { CipherName, KeyTransportName } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import { BerStream } from './ber-stream.ts';
import type { Encoded } from './ber-stream.ts';
import { CmsError } from './cms-error.ts';
import {
  decipherCbc,
  decipherAuthenticated,
  encipher,
  expectTagLength,
  readContentEncryption,
} from './content-cipher.ts';
import type { ContentEncryption } from './content-cipher.ts';
import { contentInfo, enterContentInfo, expectType, leaveContentInfo } from './content-info.ts';
import { canonical, element, encode, oid, sequence, setOf, smallInteger, streamed } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { makeRecipient, noKey, readRecipients, usualTransport } from './recipient-info.ts';
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
   */
  readonly open: () => OpenedEnvelope;
}

export interface OpenedEnvelope {
  /** To be read once. Of authenticated encryption nothing counts before its end was reached: it throws DecryptionFault there. */
  readonly content: Pieces;
  /**
   * Whether the padding of CBC was good, the structure whole, and nothing followed it. To be asked last, after the
   * content and everything inside it was found good: who can make us tell bad padding from other faults can decrypt
   * (Vaudenay).
   */
  readonly intact: () => boolean;
}

/** What stands before the content. */
interface Head {
  readonly type: string;
  readonly recipients: number;
  readonly ours: ReceivedKey | undefined;
  readonly encryption: ContentEncryption;
}

/** What stands after the content of AuthEnvelopedData. */
interface Authentication {
  readonly tag: Buffer;
  readonly authenticated: Buffer | undefined;
}

/**
 * Reads EnvelopedData (RFC 5652 §6.1) or AuthEnvelopedData (RFC 5083 §2.1) up to its content; uses no key yet.
 * @throws CmsError for what everybody can see
 */
export function readEnvelope(encoded: Encoded, keys: readonly PrivateIdentity[]): Envelope {
  const stream = new BerStream(encoded);
  const head = readHead(stream, keys);
  const hasTag = head.type === OID.authEnvelopedData;
  if (hasTag && !isAuthenticated(head.encryption.name))
    throw new CmsError('CMS_STRUCTURE', 'The cipher of authenticated content does not authenticate');
  // The attributes that the tag covers stand behind the content, and have to be known before it is deciphered.
  const authentication = hasTag ? readAuthentication(encoded, keys) : undefined;
  return {
    facts: {
      structure: hasTag ? 'auth-enveloped-data' : 'enveloped-data',
      cipher: head.encryption.name,
      keyTransport: head.ours?.name,
      recipients: head.recipients,
    },
    open: () => open(stream, head, authentication, keys),
  };
}

function readHead(stream: BerStream, keys: readonly PrivateIdentity[]): Head {
  const types = [OID.envelopedData, OID.authEnvelopedData];
  const type = enterContentInfo(stream, types, 'enveloped-data or auth-enveloped-data');
  stream.gather(LONGEST_ALGORITHM).smallInteger();
  if (stream.next === context(0, true)) stream.raw(LONGEST_ORIGINATOR); // the originator's certificates
  const { count, ours } = readRecipients(stream.gather(LONGEST_RECIPIENTS), keys);
  stream.enter(TAG.sequence);
  expectType(stream.gather(LONGEST_ALGORITHM).oid(), OID.data, 'id-data');
  const encryption = readContentEncryption(stream.gather(LONGEST_ALGORITHM));
  return { type, recipients: count, ours, encryption };
}

/** Reads on after the content. */
function readAuthentication(encoded: Encoded, keys: readonly PrivateIdentity[]): Authentication {
  const stream = new BerStream(encoded);
  readHead(stream, keys);
  if (stream.next !== undefined) stream.skipOctetString(CONTENT);
  stream.leave();
  const attributes = stream.next === context(1, true) ? stream.raw(LONGEST_ATTRIBUTES) : undefined;
  const tag = stream.gather(LONGEST_ALGORITHM).octetString();
  expectTagLength(tag.length);
  return { tag, authenticated: attributes && authenticatedBytes(attributes) };
}

/** encryptedContent [0] IMPLICIT OCTET STRING */
const CONTENT = context(0, false);

/** RFC 5083 §2.2: the DER of the attributes, as a SET OF instead of [1] IMPLICIT. */
function authenticatedBytes(raw: Buffer): Buffer {
  const set = Buffer.from(raw);
  set[0] = TAG.set;
  return encode(canonical(set));
}

function open(
  stream: BerStream,
  head: Head,
  authentication: Authentication | undefined,
  keys: readonly PrivateIdentity[],
): OpenedEnvelope {
  const { encryption } = head;
  // A message that is not for us costs the same decryption as one that is.
  const key = (head.ours?.receive ?? noKey(keys))(encryption.cipher.key);
  const encrypted = stream.next === undefined ? [] : stream.octetString(CONTENT);
  const isWhole = () => readToEnd(stream);
  if (encryption.cipher.mode === 'cbc') {
    const { content, isPadded } = decipherCbc(encryption, key, encrypted);
    // Both are looked at in any case.
    return { content, intact: () => [isPadded(), isWhole()].every(Boolean) };
  }
  if (authentication !== undefined) {
    const { tag, authenticated } = authentication;
    const content = decipherAuthenticated(
      { ...encryption, tagLength: tag.length },
      key,
      encrypted,
      () => tag,
      authenticated,
    );
    return { content, intact: isWhole };
  }
  // BouncyCastle and others put GCM into EnvelopedData, with the tag at the end of the content.
  let tag: Buffer = Buffer.alloc(0);
  const body = withoutTail(encrypted, encryption.tagLength, (tail) => (tag = tail));
  return { content: decipherAuthenticated(encryption, key, body, () => tag), intact: isWhole };
}

/** Whether what follows the content is as it should be, and nothing follows that. */
function readToEnd(stream: BerStream): boolean {
  try {
    stream.leave();
    while (stream.next !== undefined) stream.raw(LONGEST_ORIGINATOR); // attributes, and the tag
    return !leaveContentInfo(stream);
  } catch (error) {
    if (error instanceof CmsError) return false;
    throw error;
  }
}

export interface EnvelopeOptions {
  readonly cipher: CipherName;
  /** By default the usual one of each recipient's key. */
  readonly keyTransport?: KeyTransportName;
  /** For GCM and CCM, which some systems expect in EnvelopedData with the tag behind the content; by default in AuthEnvelopedData. */
  readonly form?: 'auth-enveloped-data' | 'enveloped-data';
}

/**
 * Encrypts to each of the recipients, in DER, while it is read; once.
 * @throws CmsError when a recipient's key is none for the key transport
 */
export function makeEnvelope(
  content: Sized,
  recipients: readonly CertificateIdentity[],
  { cipher, keyTransport, form = 'auth-enveloped-data' }: EnvelopeOptions,
): Sized {
  const key = randomBytes(CIPHERS[cipher].key);
  const enciphered = encipher(cipher, key, content);
  const by = ({ publicKey }: CertificateIdentity) => keyTransport ?? usualTransport(publicKey);
  const recipientInfos = setOf(recipients.map((certificate) => makeRecipient(certificate, by(certificate), key)));
  const encrypted = (...pieces: readonly Sized[]) =>
    sequence(oid(OID.data), enciphered.algorithm, element(CONTENT, pieces));
  if (isAuthenticated(cipher) && form === 'auth-enveloped-data') {
    // RFC 5083 §2.1: version 0; no authAttrs, because the content is id-data.
    const authenticated = sequence(
      smallInteger(0),
      recipientInfos,
      encrypted(enciphered.content),
      element(TAG.octetString, [enciphered.tag]),
    );
    return streamed(contentInfo(OID.authEnvelopedData, authenticated));
  }
  // RFC 5652 §6.1: version 2 as soon as one recipient is not of version 0.
  const version = smallInteger(recipients.map(by).some(isEcdh) ? 2 : 0);
  const enveloped = sequence(version, recipientInfos, encrypted(enciphered.content, enciphered.tag));
  return streamed(contentInfo(OID.envelopedData, enveloped));
}
