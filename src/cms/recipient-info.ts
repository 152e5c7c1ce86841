import { randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { MOST_RECIPIENTS } from '../limits.ts';
import { readAlgorithm } from './algorithm-identifier.ts';
import { isEcdh } from './algorithms.ts';
import type { KeyTransportName } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { issuerAndSerial, readReference, refersTo } from './certificate-reference.ts';
import type { CertificateReference } from './certificate-reference.ts';
import { CmsError } from './cms-error.ts';
import { element, octetString, sequence, smallInteger } from './der.ts';
import type { Der } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { agreementWithItself, readKeyAgreement, readOriginatorKey } from './key-agreement.ts';
import { receiveAgreedKey, sendAgreedKey } from './key-agreement.ts';
import type { AgreedKey, KeyAgreement, OriginatorKey } from './key-agreement.ts';
import { keyTransportAlgorithm, readKeyTransport, receiveKey, sendKey } from './key-transport.ts';
import type { KeyTransport } from './key-transport.ts';

/** One for whom the key was encrypted; `by` is undefined when it was by a means that we do not know. */
interface Recipient {
  readonly certificate: CertificateReference;
  readonly by: KeyTransport | KeyAgreement | undefined;
  readonly encryptedKey: Buffer;
}

/** The key of a message as it was sent to us. */
export interface ReceivedKey {
  readonly name: KeyTransportName;
  /** Decrypts it. It never fails: whatever is wrong gives a random key of that many octets. */
  readonly receive: (length: number) => Buffer;
}

/**
 * Reads RecipientInfos and finds the first that is for one of `keys` by a means that we know. One is chosen,
 * by what everybody can see, and no other is tried when it fails: to try them tells which of them was right.
 * @throws CmsError
 */
export function readRecipients(
  reader: BerReader,
  keys: readonly PrivateIdentity[],
): { count: number; ours: ReceivedKey | undefined } {
  const recipients = reader.all(TAG.set, MOST_RECIPIENTS, readRecipient).flat();
  const count = recipients.length;
  if (count > MOST_RECIPIENTS) throw new CmsError('CMS_LIMIT', `There are more than ${MOST_RECIPIENTS} recipients`);
  for (const recipient of recipients) {
    if (recipient?.by === undefined) continue;
    const { certificate, by, encryptedKey } = recipient;
    const identity = keys.find((key) => fits(by, key.privateKey) && refersTo(certificate, key.certificate));
    if (identity) return { count, ours: receivedKey(by, identity.privateKey, encryptedKey) };
  }
  return { count, ours: undefined };
}

const fits = (by: KeyTransport | KeyAgreement, { asymmetricKeyType }: KeyObject): boolean =>
  asymmetricKeyType === ('wrap' in by ? by.originator.keyType : 'rsa');

const receivedKey = (by: KeyTransport | KeyAgreement, privateKey: KeyObject, encryptedKey: Buffer): ReceivedKey => ({
  name: by.name,
  receive: (length) =>
    'wrap' in by
      ? receiveAgreedKey(by, privateKey, encryptedKey, length)
      : receiveKey(by, privateKey, encryptedKey, length),
});

/** undefined: a recipient by a shared key, or by password, which is never us. */
function readRecipient(reader: BerReader): (Recipient | undefined)[] {
  if (reader.next === KEY_AGREEMENT) return readKeyAgreementRecipients(reader);
  if (reader.next !== TAG.sequence) return [void reader.raw()];
  return reader.inside(TAG.sequence, (info) => {
    info.smallInteger();
    const certificate = readReference(info);
    return [{ certificate, by: readKeyTransport(readAlgorithm(info)), encryptedKey: info.octetString() }];
  });
}

/** kari [1] IMPLICIT KeyAgreeRecipientInfo (RFC 5652 §6.2.2) */
const KEY_AGREEMENT = context(1, true);

function readKeyAgreementRecipients(reader: BerReader): Recipient[] {
  return reader.inside(KEY_AGREEMENT, (info) => {
    info.smallInteger();
    const originator = info.inside(context(0, true), readOriginator);
    const userKeyingMaterial = info.optional(context(1, true), (inner) => inner.octetString());
    const algorithm = readAlgorithm(info);
    const by = originator && readKeyAgreement(algorithm, { originator, userKeyingMaterial });
    return info.all(TAG.sequence, MOST_RECIPIENTS, (each) =>
      each.inside(TAG.sequence, (inner) => ({
        certificate: readRecipientReference(inner),
        by,
        encryptedKey: inner.octetString(),
      })),
    );
  });
}

/**
 * The originatorKey. undefined: a certificate of the sender, whose static key takes part then, which S/MIME does not
 * have (RFC 5753 §3.1.1, RFC 8418 §3.1: originatorKey MUST be used).
 */
function readOriginator(originator: BerReader): OriginatorKey | undefined {
  if (originator.next !== context(1, true)) return void originator.raw();
  return originator.inside(context(1, true), readOriginatorKey);
}

/** KeyAgreeRecipientIdentifier: rKeyId [0] holds the key identifier, then a date and other things. */
function readRecipientReference(reader: BerReader): CertificateReference {
  if (reader.next !== context(0, true)) return readReference(reader);
  return reader.inside(context(0, true), (inner) => {
    const subjectKeyIdentifier = inner.octetString();
    while (inner.more) inner.raw();
    return { subjectKeyIdentifier };
  });
}

/** For a message without a key for us: what costs as much as to decrypt one. */
export function noKey(keys: readonly PrivateIdentity[]): ReceivedKey['receive'] {
  const any = keys.find(({ privateKey: { asymmetricKeyType } }) => asymmetricKeyType === 'rsa') ?? keys[0];
  return (length) => {
    const encrypted = randomBytes(length);
    const key = any?.privateKey;
    if (key?.asymmetricKeyType === 'rsa')
      return receiveKey({ name: 'rsa-pkcs1', oaep: undefined }, key, encrypted, length);
    if (key?.asymmetricKeyType === 'ec' || key?.asymmetricKeyType === 'x25519')
      return receiveAgreedKey(agreementWithItself(key), key, encrypted, length);
    return encrypted;
  };
}

/** What every system takes that has such a key (RFC 8551 §2.3; RFC 5753 §8: ECDH by the KDF with SHA-256 MUST be supported). */
export function usualTransport({ asymmetricKeyType }: KeyObject): KeyTransportName {
  // RFC 8551 §2.3: X25519 MUST be supported with HKDF by SHA-256.
  if (asymmetricKeyType === 'x25519') return 'ecdh-hkdf-sha256';
  return asymmetricKeyType === 'ec' ? 'ecdh-sha256' : 'rsa-pkcs1';
}

/** @throws CmsError when the recipient's key is none for it */
export function makeRecipient(certificate: CertificateIdentity, name: KeyTransportName, key: Buffer): Der {
  if (isEcdh(name)) return makeKeyAgreementRecipient(certificate, sendAgreedKey(name, certificate.publicKey, key));
  return sequence(
    smallInteger(0),
    issuerAndSerial(certificate),
    keyTransportAlgorithm(name),
    octetString(sendKey(name, certificate.publicKey, key)),
  );
}

/** RFC 5652 §6.2.2: version 3; one of its own for each recipient, because curves differ. */
function makeKeyAgreementRecipient(
  certificate: CertificateIdentity,
  { originator, algorithm, encryptedKey }: AgreedKey,
): Der {
  return element(
    KEY_AGREEMENT,
    smallInteger(3),
    element(context(0, true), originator),
    algorithm,
    sequence(sequence(issuerAndSerial(certificate), octetString(encryptedKey))),
  );
}
