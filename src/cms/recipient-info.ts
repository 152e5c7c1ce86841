import { readAlgorithm } from './algorithm-identifier.ts';
import type { KeyTransportName } from './algorithms.ts';
import { TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { issuerAndSerial, readReference, refersTo } from './certificate-reference.ts';
import type { CertificateReference } from './certificate-reference.ts';
import { octetString, sequence, smallInteger } from './der.ts';
import type { Der } from './der.ts';
import type { CertificateIdentity, PrivateIdentity } from './identity.ts';
import { keyTransportAlgorithm, readKeyTransport, sendKey } from './key-transport.ts';
import type { KeyTransport } from './key-transport.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';

/** Reading one costs little; this is a bound on memory, and above any list of recipients that a sender would use. */
const MAX_RECIPIENTS = 256;

/** KeyTransRecipientInfo (RFC 5652 §6.2.1) */
interface Recipient {
  readonly certificate: CertificateReference;
  readonly algorithm: AlgorithmIdentifier;
  readonly encryptedKey: Buffer;
}

/** The key of a message as it was sent to us. */
export interface ReceivedKey {
  readonly identity: PrivateIdentity;
  readonly transport: KeyTransport;
  readonly encryptedKey: Buffer;
}

/**
 * Reads RecipientInfos and finds the first that is for one of `keys` by a key transport that we know. One is chosen,
 * by what everybody can see, and no other is tried when it fails: to try them tells which of them was right.
 * @throws CmsError
 */
export function readRecipients(
  reader: BerReader,
  keys: readonly PrivateIdentity[],
): { count: number; ours: ReceivedKey | undefined } {
  const recipients = reader.all(TAG.set, MAX_RECIPIENTS, readRecipient);
  for (const recipient of recipients) {
    const identity = recipient && keys.find((key) => isFor(recipient, key));
    const transport = identity && readKeyTransport(recipient.algorithm);
    if (transport)
      return { count: recipients.length, ours: { identity, transport, encryptedKey: recipient.encryptedKey } };
  }
  return { count: recipients.length, ours: undefined };
}

const isFor = (recipient: Recipient, { certificate, privateKey }: PrivateIdentity): boolean =>
  privateKey.asymmetricKeyType === 'rsa' && refersTo(recipient.certificate, certificate);

/** undefined: a recipient by key agreement, by a shared key, or by password, which is never us. */
function readRecipient(reader: BerReader): Recipient | undefined {
  if (reader.next !== TAG.sequence) return void reader.raw();
  return reader.inside(TAG.sequence, (info) => {
    info.smallInteger();
    return { certificate: readReference(info), algorithm: readAlgorithm(info), encryptedKey: info.octetString() };
  });
}

/** @throws CmsError when the recipient's key is not RSA */
export function makeRecipient(certificate: CertificateIdentity, name: KeyTransportName, key: Buffer): Der {
  return sequence(
    smallInteger(0),
    issuerAndSerial(certificate),
    keyTransportAlgorithm(name),
    octetString(sendKey(name, certificate.publicKey, key)),
  );
}
