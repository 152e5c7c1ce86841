import { AuthenticationFailed, DecryptionFailed, InsufficientMessageSecurity } from '../errors.ts';
import { CIPHERS } from '../cms/algorithms.ts';
import { CmsError } from '../cms/cms-error.ts';
import { readEnvelope } from '../cms/enveloped-data.ts';
import type { Envelope, EnvelopeFacts } from '../cms/enveloped-data.ts';
import type { PrivateIdentity } from '../cms/identity.ts';
import { bytesOf, collect } from '../mime/bytes.ts';
import { judgeEnvelope } from './policy.ts';
import type { ReceivePolicy } from './policy.ts';

/**
 * Opens an encrypted layer and reads what is inside.
 *
 * Encryption by CBC is not authenticated: whoever gets hold of a message can alter it, send it again, and learn from
 * the answer (Vaudenay; Bleichenbacher; EFAIL). So every fault inside is the same `decryption-failed`, and padding is
 * looked at last, when all that is inside has verified. Two faults alone are told, because altered content does not
 * come to have them: no signature where one is demanded, below a header of plain text, and never mind what follows it;
 * and a signature that is whole, which takes somebody who knows the content, but not the partner's.
 *
 * @param read gets the content, and whether it must refuse all that no signature covers
 * @throws As2Error, and what `read` throws when the encryption is authenticated
 */
export async function openEnvelope<T>(
  cms: Buffer,
  { keys, policy }: { readonly keys: readonly PrivateIdentity[]; readonly policy: ReceivePolicy },
  read: (content: Buffer, strict: boolean) => Promise<T>,
): Promise<{ readonly facts: EnvelopeFacts; readonly inside: T }> {
  const envelope = await readable(cms, keys);
  judgeEnvelope(envelope.facts, policy);
  const opened = await envelope.open();
  const content = await collect(opened.content);
  const { facts } = envelope;
  if (CIPHERS[facts.cipher].mode === 'gcm') return { facts, inside: await read(content, false) };
  const inside = await concealed(() => read(content, true));
  if (!opened.intact()) throw new DecryptionFailed('The padding is wrong, or something follows the envelope');
  return { facts, inside };
}

/** Faults of the outside, which anybody can see. */
async function readable(cms: Buffer, keys: readonly PrivateIdentity[]): Promise<Envelope> {
  try {
    return await readEnvelope(bytesOf(cms), keys);
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
    // Also an error of our own: were it told apart, it would be an answer too.
    throw new DecryptionFailed(`Inside the envelope: ${String(error)}`, { cause: error });
  }
}
