import type { Agreement } from '../peer.ts';
import { compressed, decrypted, encrypted, expanded, notAgreed, signed, verify } from './openssl-cms.ts';
import { bytesOf, contentOf, field, parameterOf, partsOf, pkcs7Entity, readEntity, typeOf } from './openssl-mime.ts';
import type { Entity } from './openssl-mime.ts';

/** A message that the peer does not take, with what its MDN says (RFC 4130 §7.4.3). */
export class Refused extends Error {
  readonly modifier: string;
  constructor(modifier: string, why: string) {
    super(why);
    this.modifier = modifier;
  }
}

export interface Layered {
  readonly entity: Entity;
  /** What the MIC is of (RFC 4130 §7.3.1, RFC 5402 §4). */
  readonly covered: Buffer;
}

/** Puts on the layers of the case, innermost first. */
export async function wrap(payload: Entity, { case: how, peer, us }: Agreement): Promise<Layered> {
  let entity = payload;
  let covered = how.layers === 'plain' ? payload.body : bytesOf(payload);
  for (const layer of how.layers.split('-')) {
    const inner = bytesOf(entity);
    if (layer === 'compressed') entity = pkcs7Entity('compressed-data', await compressed(inner));
    if (layer === 'signed') {
      covered = inner;
      entity = readEntity(await signed(inner, peer.sign, how));
    }
    if (layer === 'encrypted') {
      const smimeType = how.cipher.includes('gcm') ? 'authEnveloped-data' : 'enveloped-data';
      entity = pkcs7Entity(smimeType, await encrypted(inner, us.encryptCertificate, how));
    }
  }
  return { entity, covered };
}

/** Takes all layers off, and nothing but those agreed upon. `file` names what it leaves behind. @throws Refused */
export async function unwrap(message: Entity, agreement: Agreement, file: string): Promise<Layered> {
  const layers: string[] = [];
  let entity = message;
  let covered: Buffer | undefined;
  for (let layer = layerOf(entity); layer !== undefined; layer = layerOf(entity)) {
    layers.unshift(layer);
    if (layer === 'compressed') {
      entity = readEntity(await refusing('decompression-failed', expanded(contentOf(entity))));
    } else if (layer === 'encrypted') {
      const envelope = contentOf(entity);
      await mustBeAgreed(envelope, layer, agreement);
      entity = await refusing('decryption-failed', decrypted(envelope, agreement.peer.decrypt).then(readEntity));
    } else {
      const { content, signature } = signedParts(entity);
      await mustBeAgreed(signature, layer, agreement);
      await refusing('authentication-failed', verify(content, signature, agreement.us.signCertificate, file));
      covered = content;
      entity = readEntity(content);
    }
  }
  const { direction, event, layers: ofCase } = agreement.case;
  const agreed = direction === 'from-peer' || event === 'unsigned' ? 'signed-encrypted' : ofCase;
  const found = layers.join('-') || 'plain';
  if (found !== agreed) throw new Refused('insufficient-message-security', `${found} where ${agreed} was agreed`);
  return { entity, covered: covered ?? (found === 'plain' ? message.body : bytesOf(entity)) };
}

export function signedParts(entity: Entity): { content: Buffer; signature: Buffer } {
  const [content, signature, ...more] = partsOf(entity);
  if (content === undefined || signature === undefined || more.length > 0)
    throw new Error('multipart/signed has other than two parts');
  return { content, signature: contentOf(readEntity(signature)) };
}

function layerOf(entity: Entity): string | undefined {
  const type = typeOf(entity);
  if (type === 'multipart/signed') return 'signed';
  if (!/^application\/(x-)?pkcs7-mime$/.test(type)) return undefined;
  const smimeType = parameterOf(field(entity.headers, 'Content-Type') ?? '', 'smime-type')?.toLowerCase();
  return smimeType === 'compressed-data' ? 'compressed' : 'encrypted';
}

/** What we answer to messages of the peer is as we are set up, and not what the case is about. */
async function mustBeAgreed(structure: Buffer, layer: string, { case: how }: Agreement): Promise<void> {
  const wrong = how.direction === 'to-peer' ? await notAgreed(structure, layer, how) : undefined;
  if (wrong !== undefined) throw new Refused('insufficient-message-security', wrong);
}

async function refusing<T>(modifier: string, done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw new Refused(modifier, (error as Error).message);
  }
}
