import { digestAlgorithm, digestOf, isSameAlgorithm, readAlgorithm } from './algorithm-identifier.ts';
import type { DigestName, SignatureScheme } from './algorithms.ts';
import { context, TAG } from './ber.ts';
import type { BerReader } from './ber.ts';
import { describeReference, issuerAndSerial, readReference } from './certificate-reference.ts';
import type { CertificateReference } from './certificate-reference.ts';
import { octetString, sequence, smallInteger } from './der.ts';
import type { Der } from './der.ts';
import type { CertificateIdentity } from './identity.ts';
import { readSignatureAlgorithm, signatureAlgorithm } from './signature.ts';
import type { SignatureAlgorithm } from './signature.ts';
import { makeSignedAttributes, readSignedAttributes } from './signed-attributes.ts';
import type { SignedAttributes } from './signed-attributes.ts';

/** What a message claims of one signature, before anything is verified. */
export interface SignatureFacts {
  readonly digest: DigestName;
  readonly scheme: SignatureScheme;
  /** Whom the message names: issuer and serial number, or key identifier; for people. */
  readonly signer: string;
  readonly signingTime?: Date;
}

/** SignerInfo (RFC 5652 §5.3) */
export interface SignerInfo {
  readonly signer: CertificateReference;
  /** The object identifiers in dotted form, when the algorithm is none that we know. */
  readonly algorithm: SignatureAlgorithm | string;
  readonly attributes: SignedAttributes | undefined;
  readonly signature: Buffer;
  /** False when CMSAlgorithmProtection names other algorithms than those that stand here. */
  readonly isProtected: boolean;
}

/** @throws CmsError */
export function readSignerInfo(reader: BerReader): SignerInfo {
  return reader.inside(TAG.sequence, (info) => {
    info.smallInteger();
    const signer = readReference(info);
    const digestId = readAlgorithm(info);
    const attributes = info.next === context(0, true) ? readSignedAttributes(info.raw()) : undefined;
    const signatureId = readAlgorithm(info);
    const signature = info.octetString();
    if (info.next === context(1, true)) info.raw();
    const digest = digestOf(digestId);
    const known = digest && readSignatureAlgorithm(signatureId, digest);
    const protection = attributes?.algorithmProtection;
    return {
      signer,
      algorithm: known ?? `${signatureId.oid} with ${digestId.oid}`,
      attributes,
      signature,
      // RFC 6211 §3: both MUST be the same as those of the SignerInfo.
      isProtected:
        protection === undefined ||
        (isSameAlgorithm(digestId, protection.digest) && isSameAlgorithm(signatureId, protection.signature)),
    };
  });
}

/** @param certificate that the message names, if it is known */
export function factsOf(
  { signer, attributes }: SignerInfo,
  { digest, scheme }: SignatureAlgorithm,
  certificate?: CertificateIdentity,
): SignatureFacts {
  return {
    digest,
    scheme,
    signer: describeReference(signer, certificate),
    ...(attributes?.signingTime && { signingTime: attributes.signingTime }),
  };
}

/** @param sign makes the signature over the signed attributes */
export function makeSignerInfo(
  messageDigest: Buffer,
  certificate: CertificateIdentity,
  algorithm: { readonly digest: DigestName; readonly scheme: SignatureScheme },
  signingTime: Date | undefined,
  sign: (bytes: Buffer) => Buffer,
): Der {
  const { digest, scheme } = algorithm;
  const attributes = makeSignedAttributes(messageDigest, signingTime);
  return sequence(
    smallInteger(1),
    issuerAndSerial(certificate),
    digestAlgorithm(digest),
    attributes.field,
    signatureAlgorithm(scheme, digest),
    octetString(sign(attributes.bytes)),
  );
}
