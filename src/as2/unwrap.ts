import { DecryptionFailed, UnexpectedProcessingError } from '../errors.ts';
import type { DigestName } from '../cms/algorithms.ts';
import { readCompressedData } from '../cms/compressed-data.ts';
import type { EnvelopeFacts } from '../cms/enveloped-data.ts';
import type { CertificateIdentity, PrivateIdentity } from '../cms/identity.ts';
import type { SignatureFacts, VerifiedSigner } from '../cms/signed-data.ts';
import { bytesOf, collect } from '../mime/bytes.ts';
import type { Bytes } from '../mime/bytes.ts';
import { parseEntity } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { header } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { MimeError } from '../mime/mime-error.ts';
import { fileNameOf } from '../mime/parameters.ts';
import type { ContentType } from '../mime/parameters.ts';
import { openEnvelope } from './envelope.ts';
import { decodedBody, layerOf } from './layer.ts';
import type { Layer, SignedLayer } from './layer.ts';
import { micOf } from './mic.ts';
import type { Mic } from './mic.ts';
import { demandEncryption, demandSignature, isSignatureAllowed, signatureFault } from './policy.ts';
import type { ReceivePolicy } from './policy.ts';
import { beginsWithMediaType, isPlainText } from './plain-entity.ts';
import { isSelfConsistent, readSignedPart, verifySignedPart } from './signed-part.ts';
import { toldFault } from './told-fault.ts';

export interface UnwrapContext {
  readonly keys: readonly PrivateIdentity[];
  /** the partner's certificates that are valid now, and no others */
  readonly pinned: readonly CertificateIdentity[];
  readonly policy: ReceivePolicy;
  /** of the MIC when the message is not signed: the receipt plan has it */
  readonly micDigest: DigestName;
}

export interface Unwrapped {
  /** undefined: the message is not signed, which the policy allowed */
  readonly signer?: VerifiedSigner;
  readonly payload: Payload;
  readonly mic: Mic;
  readonly facts: UnwrapFacts;
}

export interface Payload {
  readonly headers: Headers;
  /** transfer encoding undone; of a multipart, the whole body with its boundaries (RFC 6362 §2) */
  readonly content: Bytes;
  readonly contentType: ContentType;
  /** as the sender gave it: a label, never a path */
  readonly fileName?: string;
}

/** What was found on the way in; fit for JSON. */
export interface UnwrapFacts {
  /** from outside in */
  readonly layers: readonly ('encrypted' | 'compressed' | 'signed')[];
  readonly envelope?: EnvelopeFacts;
  readonly signature?: SignatureFacts & { readonly form: 'detached' | 'opaque'; readonly variant: string };
}

/**
 * Takes a message out of its layers: [encrypted] → [compressed] → [signed] → [compressed] → payload.
 *
 * @throws As2Error for every fault of the message
 */
export async function unwrap(
  request: { readonly headers: Headers; readonly body: Bytes },
  context: UnwrapContext,
): Promise<Unwrapped> {
  const body = await collect(request.body);
  // RFC 4130 §7.3.1: of a message that is neither signed nor encrypted the MIC covers the content without its
  // headers, as HTTP may change these.
  const outer: Entity = { headers: isBer(body) ? unencoded(request.headers) : request.headers, bytes: body, body };
  try {
    const layer = layerOf(outer);
    if (layer.kind === 'encrypted') {
      const { facts, inside } = await openEnvelope(layer.cms, context, (content, strict) =>
        readEnclosed(parseEntity(content), context, strict),
      );
      return { ...inside, facts: { ...inside.facts, layers: ['encrypted', ...inside.facts.layers], envelope: facts } };
    }
    demandEncryption(context.policy);
    return await readInside(outer, context, false);
  } catch (error) {
    throw toldFault(error);
  }
}

/** A SEQUENCE with a long or indefinite length: neither base64 nor quoted-printable can begin so. */
function isBer(body: Buffer): boolean {
  return body[0] === 0x30 && (body[1] ?? 0) >= 0x80;
}

/** Some systems (as2-lib) announce an encoding in the HTTP header, and send the bytes themselves. */
function unencoded(headers: Headers): Headers {
  return headers.filter(([name]) => name.toLowerCase() !== 'content-transfer-encoding');
}

/** Bytes that decrypt to noise must not pass for a message without signature: that one has a header, and a Content-Type. */
async function readEnclosed(entity: Entity, context: UnwrapContext, strict: boolean): Promise<Unwrapped> {
  const typed = header(entity.headers, 'Content-Type') !== undefined;
  if (strict && !(typed && (context.policy.allowUnsigned || isPlainText(entity))))
    throw new MimeError('MIME_HEADER', 'There is no Content-Type, or what should be plain text is not');
  return readInside(entity, context, strict);
}

/**
 * @param strict refuse whatever lies loose around a structure. It matters where somebody can alter what is encrypted:
 * then nothing may be taken that its signature does not cover.
 */
async function readInside(outer: Entity, context: UnwrapContext, strict: boolean): Promise<Unwrapped> {
  const afterSigning = await inflated(outer, context, strict);
  const layer = layerOf(afterSigning.entity);
  if (!isSigned(layer)) {
    if (strict && !context.policy.allowUnsigned && !beginsWithMediaType(outer))
      throw new MimeError('MIME_HEADER', 'What has no signature does not begin with its media type');
    demandSignature(context.policy);
    // RFC 5402 §4.2, §4.3: uncompressed, with all its MIME headers.
    const mic = micOf(context.micDigest, afterSigning.entity.bytes);
    return { payload: payloadOf(layer), mic, facts: { layers: afterSigning.layers } };
  }
  const { signer, bytes, signature } = await verified(layer, context, strict);
  const signed = parseEntity(bytes);
  // RFC 5402 §3: compressed before or after signing, and not both.
  const innermost =
    afterSigning.layers.length === 0 ? await inflated(signed, context, strict) : { entity: signed, layers: [] };
  return {
    signer,
    payload: payloadOf(layerOf(innermost.entity)),
    // RFC 4130 §7.3.1, RFC 5402 §4.1: over what was signed, by the digest it was signed with.
    mic: micOf(signer.facts.digest, bytes),
    facts: { layers: [...afterSigning.layers, 'signed', ...innermost.layers], signature },
  };
}

type Inflated = { readonly entity: Entity; readonly layers: readonly 'compressed'[] };

/** RFC 5402 §3: a compressed layer holds a whole MIME entity. */
async function inflated(entity: Entity, { policy }: UnwrapContext, strict: boolean): Promise<Inflated> {
  const layer = layerOf(entity);
  if (layer.kind !== 'compressed') return { entity, layers: [] };
  const limits = { maxSize: policy.maxInflatedSize, maxRatio: policy.maxInflateRatio };
  const { content, trailing } = await readCompressedData(bytesOf(layer.cms), limits);
  const bytes = await collect(content);
  if (strict && trailing) throw new MimeError('MIME_BOUNDARY', 'Bytes follow the compressed-data');
  return { entity: parseEntity(bytes), layers: ['compressed'] };
}

const isSigned = (layer: Layer): layer is SignedLayer =>
  layer.kind === 'signed-detached' || layer.kind === 'signed-opaque';

async function verified(layer: SignedLayer, { pinned, policy }: UnwrapContext, strict: boolean) {
  const part = await readSignedPart(layer);
  if (strict && part.loose) throw new MimeError('MIME_BOUNDARY', 'Something that is not signed lies beside what is');
  const { verdict, bytes, variant } = await verifySignedPart(part, pinned, (facts) =>
    isSignatureAllowed(facts, policy),
  );
  if (verdict.kind !== 'verified') {
    const fault = signatureFault(verdict, policy);
    if (strict && !(await isSelfConsistent(part, pinned))) throw new DecryptionFailed(fault.message, { cause: fault });
    throw fault;
  }
  const { signer } = verdict;
  const form = part.detached ? ('detached' as const) : ('opaque' as const);
  return { signer, bytes, signature: { ...signer.facts, form, variant } };
}

/** What is left after the layers; any other layer is one too many, or in the wrong place. */
function payloadOf(layer: Layer): Payload {
  if (layer.kind !== 'payload')
    throw new UnexpectedProcessingError(
      `There is a further layer inside: ${layer.kind}`,
      'The layers of the message are not in an order that AS2 knows: compressed or signed, then encrypted, each once.',
    );
  const { entity, contentType } = layer;
  const fileName = fileNameOf(entity.headers);
  // RFC 2045 §6.4: a multipart has no transfer encoding of its own. RFC 4130 §7.1, RFC 6362 §3: it is one payload.
  const content = contentType.type.startsWith('multipart/') ? entity.body : decodedBody(entity);
  return {
    headers: entity.headers,
    content: bytesOf(content),
    contentType,
    ...(fileName !== undefined && { fileName }),
  };
}
