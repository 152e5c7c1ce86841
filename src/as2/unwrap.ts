import { DecryptionFailed, UnexpectedProcessingError } from '../errors.ts';
import { Reader } from '../bytes/reader.ts';
import { sourceOf } from '../bytes/source.ts';
import type { Source } from '../bytes/source.ts';
import { LARGEST_IN_MEMORY, spooled } from '../bytes/spool.ts';
import type { Spool } from '../bytes/spool.ts';
import type { DigestName } from '../cms/algorithms.ts';
import { readCompressedData } from '../cms/compressed-data.ts';
import type { EnvelopeFacts } from '../cms/enveloped-data.ts';
import type { CertificateIdentity, PrivateIdentity } from '../cms/identity.ts';
import type { SignatureFacts, VerifiedSigner } from '../cms/signed-data.ts';
import { contentTypeOf, readHead, wholeOf } from '../mime/entity.ts';
import type { Entity } from '../mime/entity.ts';
import { header } from '../mime/headers.ts';
import type { Headers } from '../mime/headers.ts';
import { MimeError } from '../mime/mime-error.ts';
import { fileNameOf } from '../mime/parameters.ts';
import type { ContentType } from '../mime/parameters.ts';
import { decoded, transferEncodingOf } from '../mime/transfer-encoding.ts';
import { createEffort } from './effort.ts';
import type { Effort } from './effort.ts';
import { openEnvelope } from './envelope.ts';
import { entityIn, layerOf } from './layer.ts';
import type { Layer, SignedLayer } from './layer.ts';
import { micOf } from './mic.ts';
import type { Mic } from './mic.ts';
import { demandEncryption, demandSignature, isSignatureAllowed, signatureFault } from './policy.ts';
import type { ReceivePolicy } from './policy.ts';
import { beginsWithMediaType, isPlainText } from './plain-entity.ts';
import { isSelfConsistent, readSignedPart, signedEntity, verifySignedPart } from './signed-part.ts';
import type { CheckedPart } from './signed-part.ts';
import { toldFault } from './told-fault.ts';

export interface UnwrapContext {
  readonly keys: readonly PrivateIdentity[];
  /** the partner's certificates that are valid now, and no others */
  readonly pinned: readonly CertificateIdentity[];
  readonly policy: ReceivePolicy;
  /** of the MIC when the message is not signed: the receipt plan has it */
  readonly micDigest: DigestName;
  /** for what is found inside */
  readonly spool: Spool;
}

/** The same, while a message is read. */
interface Reading extends UnwrapContext {
  readonly effort: Effort;
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
  readonly content: Source;
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
 * What is large goes through it in pieces: deciphered, searched for its boundary, digested and spooled in one pass.
 *
 * @throws As2Error for every fault of the message
 */
export async function unwrap(
  { headers, body }: { readonly headers: Headers; readonly body: Source },
  given: UnwrapContext,
): Promise<Unwrapped> {
  const effort = createEffort(given.spool);
  const { keys, pinned, policy, micDigest } = given;
  const context: Reading = { keys, pinned, policy, micDigest, spool: effort.spool, effort };
  // RFC 4130 §7.3.1: of a message that is neither signed nor encrypted the MIC covers the content without its
  // headers, as HTTP may change these.
  const outer: Entity = { headers: unencoded(headers, body), head: NO_HEAD, body };
  try {
    const layer = layerOf(outer);
    if (layer.kind === 'encrypted') {
      const { facts, inside } = await openEnvelope(layer.cms, context, (content, strict) =>
        readEnclosed(content, context, strict),
      );
      return { ...inside, facts: { envelope: facts, ...inside.facts, layers: ['encrypted', ...inside.facts.layers] } };
    }
    demandEncryption(context.policy);
    return await readInside(outer, layer, context, false);
  } catch (error) {
    throw toldFault(error);
  }
}

/** A SEQUENCE with a long or indefinite length: neither base64 nor quoted-printable can begin so. */
function isBer(body: Source): boolean {
  const [first, second = 0] = new Reader(body.pieces(0, 2)).peek(2);
  return first === 0x30 && second >= 0x80;
}

/** Some systems (as2-lib) announce an encoding in the HTTP header, and send the bytes themselves. */
function unencoded(headers: Headers, body: Source): Headers {
  if (header(headers, 'Content-Transfer-Encoding') === undefined || !isBer(body)) return headers;
  return headers.filter(([name]) => name.toLowerCase() !== 'content-transfer-encoding');
}

/** Bytes that decrypt to noise must not pass for a message without signature: that one has a header, and a Content-Type. */
async function readEnclosed(content: Reader, context: Reading, strict: boolean): Promise<Unwrapped> {
  const { headers, head } = readHead(content);
  const contentType = contentTypeOf(headers);
  const isDetached = contentType.type === 'multipart/signed';
  // What is signed is spooled where its end is found; the rest, whatever it is, here.
  const body = isDetached ? nothing : spooled(content.rest(), context.spool);
  const entity: Entity = { headers, head, body };
  const typed = header(headers, 'Content-Type') !== undefined;
  if (strict && !(typed && (context.policy.allowUnsigned || isPlainText(entity))))
    throw new MimeError('MIME_HEADER', 'There is no Content-Type, or what should be plain text is not');
  const layer = layerOf(entity, contentType);
  return readInside(
    entity,
    layer.kind === 'signed-detached' ? { kind: layer.kind, contentType, reader: content } : layer,
    context,
    strict,
  );
}

const NO_HEAD = Buffer.alloc(0);
const nothing = sourceOf(NO_HEAD);

/**
 * @param strict refuse whatever lies loose around a structure. It matters where somebody can alter what is encrypted:
 * then nothing may be taken that its signature does not cover.
 */
async function readInside(outer: Entity, outermost: Layer, context: Reading, strict: boolean): Promise<Unwrapped> {
  const afterSigning = await inflated(outer, outermost, context, strict);
  const { layer } = afterSigning;
  if (!isSigned(layer)) {
    if (strict && !context.policy.allowUnsigned && !beginsWithMediaType(outer))
      throw new MimeError('MIME_HEADER', 'What has no signature does not begin with its media type');
    demandSignature(context.policy);
    // RFC 5402 §4.2, §4.3: uncompressed, with all its MIME headers.
    const mic = micOf(context.micDigest, wholeOf(afterSigning.entity).pieces());
    return { payload: payloadOf(layer, context), mic, facts: { layers: afterSigning.layers } };
  }
  const { signer, part, signature } = verified(layer, context, strict);
  // RFC 5402 §3: compressed before or after signing, and not both.
  const entity = signedEntity(part);
  const signed: Inflated = { entity, layer: layerOf(entity), layers: [] };
  const innermost = afterSigning.layers.length === 0 ? await inflated(entity, signed.layer, context, strict) : signed;
  return {
    signer,
    payload: payloadOf(innermost.layer, context),
    // RFC 4130 §7.3.1, RFC 5402 §4.1: over what was signed, by the digest it was signed with.
    mic: micOfSigned(part, signer.facts.digest),
    facts: { layers: [...afterSigning.layers, 'signed', ...innermost.layers], signature },
  };
}

/** An entity with the layer that it is, and what was taken off before. */
interface Inflated {
  readonly entity: Entity;
  readonly layer: Layer;
  readonly layers: readonly 'compressed'[];
}

/** RFC 5402 §3: a compressed layer holds a whole MIME entity. */
async function inflated(
  entity: Entity,
  layer: Layer,
  { policy, spool }: UnwrapContext,
  strict: boolean,
): Promise<Inflated> {
  if (layer.kind !== 'compressed') return { entity, layer, layers: [] };
  const limits = { maxSize: policy.maxInflatedSize, maxRatio: policy.maxInflateRatio };
  const { content, trailing } = await readCompressedData(layer.cms, limits, spool);
  if (strict && trailing) throw new MimeError('MIME_BOUNDARY', 'Bytes follow the compressed-data');
  const inside = entityIn(content);
  return { entity: inside, layer: layerOf(inside), layers: ['compressed'] };
}

const isSigned = (layer: Layer): layer is SignedLayer =>
  layer.kind === 'signed-detached' || layer.kind === 'signed-opaque';

function verified(layer: SignedLayer, { pinned, policy, effort }: Reading, strict: boolean) {
  const part = readSignedPart(layer, effort);
  if (strict && part.loose) throw new MimeError('MIME_BOUNDARY', 'Something that is not signed lies beside what is');
  const checked = verifySignedPart(part, pinned, (facts) => isSignatureAllowed(facts, policy), effort);
  const { verdict, variant } = checked;
  if (verdict.kind !== 'verified') {
    const fault = signatureFault(verdict, policy);
    // What is not what was signed is not so under another certificate either; and asking would double its cost.
    if (strict && (verdict.kind === 'content-changed' || !isSelfConsistent(part, pinned, effort)))
      throw new DecryptionFailed(fault.message, { cause: fault });
    throw fault;
  }
  const { signer } = verdict;
  const form = part.detached ? ('detached' as const) : ('opaque' as const);
  return { signer, part: checked, signature: { form, variant, ...signer.facts } };
}

function micOfSigned({ entity, digests }: CheckedPart, digest: DigestName): Mic {
  const value = digests.get(digest);
  return value === undefined ? micOf(digest, wholeOf(entity).pieces()) : { digest, value };
}

/** What is left after the layers; any other layer is one too many, or in the wrong place. */
function payloadOf(layer: Layer, { spool }: UnwrapContext): Payload {
  if (layer.kind !== 'payload')
    throw new UnexpectedProcessingError(
      `There is a further layer inside: ${layer.kind}`,
      'The layers of the message are not in an order that AS2 knows: compressed or signed, then encrypted, each once.',
    );
  const { entity, contentType } = layer;
  const { headers, body } = entity;
  const fileName = fileNameOf(headers);
  // RFC 2045 §6.4: a multipart has no transfer encoding of its own. RFC 4130 §7.1, RFC 6362 §3: it is one payload.
  const encoding = contentType.type.startsWith('multipart/') ? undefined : transferEncodingOf(headers);
  // What lies within a file becomes a file of its own.
  const isApart = encoding === undefined && (body.file !== undefined || body.size <= LARGEST_IN_MEMORY);
  const content = isApart ? body : spooled(decoded(body.pieces(), encoding), spool);
  return { headers, content, contentType, ...(fileName !== undefined && { fileName }) };
}
