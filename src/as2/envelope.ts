import { AuthenticationFailed, DecryptionFailed, InsufficientMessageSecurity } from '../errors.ts';
import { Reader } from '../bytes/reader.ts';
import { drain } from '../bytes/source.ts';
import type { Pieces } from '../bytes/source.ts';
import { isAuthenticated } from '../cms/algorithms.ts';
import type { Encoded } from '../cms/ber-stream.ts';
import { CmsError } from '../cms/cms-error.ts';
import { readEnvelope } from '../cms/enveloped-data.ts';
import type { Envelope, EnvelopeFacts } from '../cms/enveloped-data.ts';
import type { CertificateIdentity, PrivateIdentity } from '../cms/identity.ts';
import { readDummy } from './dummy-part.ts';
import type { Effort } from './effort.ts';
import { judgeEnvelope } from './policy.ts';
import type { ReceivePolicy } from './policy.ts';

/** What opening an envelope needs. */
export interface Opening {
  readonly keys: readonly PrivateIdentity[];
  readonly pinned: readonly CertificateIdentity[];
  readonly policy: ReceivePolicy;
  readonly effort: Effort;
}

/**
 * Opens an encrypted layer and reads what is inside.
 *
 * Encryption by CBC is not authenticated: whoever gets hold of a message can alter it, send it again, and learn from
 * the answer (Vaudenay; Bleichenbacher; EFAIL). So every fault inside is the same `decryption-failed`, and padding is
 * looked at last, when all that is inside has verified. Two faults alone are told, because altered content does not
 * come to have them: no signature where one is demanded, below a header of plain text, and never mind what follows it;
 * and a signature that is whole, which takes somebody who knows the content, but not the partner's.
 *
 * All of it is deciphered in any case, and what a fault saves is spent: so one at the beginning costs the same as one
 * at the end, and bad padding the same as anything.
 *
 * @param read gets the content, and whether it must refuse all that no signature covers
 * @throws As2Error, and what `read` throws when the encryption is authenticated
 */
export async function openEnvelope<T>(
  cms: Encoded,
  { keys, pinned, policy, effort }: Opening,
  read: (content: Reader, strict: boolean) => Promise<T>,
): Promise<{ readonly facts: EnvelopeFacts; readonly inside: T }> {
  const envelope = readable(cms, keys);
  judgeEnvelope(envelope.facts, policy);
  const { content, intact } = envelope.open();
  let size = 0;
  const reader = new Reader(conveyed(content, (octets) => (size += octets)));
  const { facts } = envelope;
  const authenticated = isAuthenticated(facts.cipher);
  const attempt = () => read(reader, !authenticated);
  const inside = await settled(authenticated ? attempt : () => concealed(attempt));
  // Whether the tag holds is known at the end, and counts before anything that was found inside (RFC 5083 §2).
  drain(reader.rest());
  const isIntact = intact();
  const isHidden = 'fault' in inside ? inside.fault instanceof DecryptionFailed : !isIntact;
  if (isHidden && !authenticated) {
    if (effort.spent.digested === 0) readDummy(size, pinned, effort);
    effort.spendRest(size, pinned);
  }
  if ('fault' in inside) throw inside.fault;
  if (!isIntact) throw new DecryptionFailed('The padding is wrong, or something follows the envelope');
  return { facts, inside: inside.value };
}

async function settled<T>(attempt: () => Promise<T>): Promise<{ readonly value: T } | { readonly fault: unknown }> {
  try {
    return { value: await attempt() };
  } catch (fault) {
    return { fault };
  }
}

/** Faults of the outside, which anybody can see. */
function readable(cms: Encoded, keys: readonly PrivateIdentity[]): Envelope {
  try {
    return readEnvelope(cms, keys);
  } catch (error) {
    if (error instanceof CmsError) throw new DecryptionFailed(error.message, { cause: error });
    throw error;
  }
}

/** What goes wrong with the envelope while it is read is its fault, whoever reads. */
function* conveyed(content: Pieces, count: (octets: number) => void): Generator<Buffer, void, undefined> {
  try {
    for (const piece of content) {
      count(piece.length);
      yield piece;
    }
  } catch (error) {
    if (error instanceof CmsError) throw new DecryptionFailed(error.message, { cause: error });
    throw error;
  }
}

async function concealed<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AuthenticationFailed || error instanceof InsufficientMessageSecurity) throw error;
    if (error instanceof DecryptionFailed) throw error;
    // A full disk is no fault of the message: told so, its sender would not send it again.
    if (isOfTheMachine(error)) throw error;
    // Also an error of our own: were it told apart, it would be an answer too.
    throw new DecryptionFailed(`Inside the envelope: ${String(error)}`, { cause: error });
  }
}

/** What the operating system says, with an error number; zlib has a number too, and makes no call. */
const isOfTheMachine = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'errno' in error;
