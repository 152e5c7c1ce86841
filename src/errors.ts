/**
 * Every fault the product names. A `code` is stable and may be relied on by scripts; the message is for people.
 */
export abstract class CountersignError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A fault in an AS2 message that its sender is told of in the MDN (RFC 4130 §7.5).
 *
 * `message` is the operator's detail: it goes to the log and the ledger, never over the wire.
 * `explanation` is what the partner reads. It is fixed text, or made from our own configuration, so that an
 * attacker learns nothing from it.
 */
export abstract class As2Error extends CountersignError {
  /** `processed/error: …` or `failed/failure: …` */
  abstract readonly severity: 'error' | 'failure';
  /** The text after the colon, as the RFCs spell it. */
  abstract readonly modifier: string;
  abstract readonly explanation: string;
}

/** The message could not be decrypted. One text for every cause, so that no cause can be told from another. */
export class DecryptionFailed extends As2Error {
  readonly code = 'AS2_DECRYPTION_FAILED';
  readonly severity = 'error';
  readonly modifier = 'decryption-failed';
  readonly explanation =
    'The message could not be decrypted, or what is in it could not be read or verified. Please check that it was ' +
    'encrypted to our current certificate, and signed with the certificate that we hold for the sender.';
}

/** The signer is not a currently valid certificate of the partner that AS2-From names. */
export class AuthenticationFailed extends As2Error {
  readonly code = 'AS2_AUTHENTICATION_FAILED';
  readonly severity = 'error';
  readonly modifier = 'authentication-failed';
  readonly explanation =
    'The signature could not be attributed to a certificate that we hold for the sender and that is valid now.';
}

/** The content is not what was signed. */
export class IntegrityCheckFailed extends As2Error {
  readonly code = 'AS2_INTEGRITY_CHECK_FAILED';
  readonly severity = 'error';
  readonly modifier = 'integrity-check-failed';
  readonly explanation = 'The content does not match its signature: it was changed after it was signed.';
}

/** The message is less protected than the partnership demands, or by an algorithm that it does not allow. */
export class InsufficientMessageSecurity extends As2Error {
  readonly code = 'AS2_INSUFFICIENT_MESSAGE_SECURITY';
  readonly severity = 'error';
  readonly modifier = 'insufficient-message-security';
  readonly explanation: string;

  /** @param explanation what the partnership demands; goes to the partner, so it must come from our configuration */
  constructor(explanation: string, options?: ErrorOptions) {
    super(explanation, options);
    this.explanation = explanation;
  }
}

/** RFC 5402 §5 */
export class DecompressionFailed extends As2Error {
  readonly code = 'AS2_DECOMPRESSION_FAILED';
  readonly severity = 'error';
  readonly modifier = 'decompression-failed';
  readonly explanation = 'The compressed content could not be expanded, or expands beyond what we accept.';
}

/** Nothing more precise is true. */
export class UnexpectedProcessingError extends As2Error {
  readonly code = 'AS2_UNEXPECTED_PROCESSING_ERROR';
  readonly severity = 'error';
  readonly modifier = 'unexpected-processing-error';
  readonly explanation: string;

  constructor(message: string, explanation = 'The message could not be processed.', options?: ErrorOptions) {
    super(message, options);
    this.explanation = explanation;
  }
}

/** AS2-From and AS2-To name no partnership of ours (RFC 4130 §6.2, draft rfc4130bis §8.5.4). */
export class UnknownTradingRelationship extends As2Error {
  readonly code = 'AS2_UNKNOWN_TRADING_RELATIONSHIP';
  readonly severity = 'error';
  readonly modifier = 'unknown-trading-relationship';
  readonly explanation = 'There is no trading relationship between the parties that AS2-From and AS2-To name.';
}

/** The Message-ID is missing or cannot be used to tell messages apart (draft rfc4130bis §5.3.3, §8.5.4). */
export class InvalidMessageId extends As2Error {
  readonly code = 'AS2_INVALID_MESSAGE_ID';
  readonly severity = 'error';
  readonly modifier = 'invalid-message-id';
  readonly explanation = 'The Message-ID is missing, or longer than 998 characters, or holds control characters.';
}

/** A receipt was demanded in a protocol that does not exist here (RFC 4130 §7.5.3). */
export class UnsupportedFormat extends As2Error {
  readonly code = 'AS2_UNSUPPORTED_FORMAT';
  readonly severity = 'failure';
  readonly modifier = 'unsupported format';
  readonly explanation = 'The requested receipt protocol is not supported; pkcs7-signature is.';
}

/** A receipt was demanded over algorithms none of which is supported (RFC 4130 §7.5.3). */
export class UnsupportedMicAlgorithms extends As2Error {
  readonly code = 'AS2_UNSUPPORTED_MIC_ALGORITHMS';
  readonly severity = 'failure';
  readonly modifier = 'unsupported MIC-algorithms';
  readonly explanation = 'None of the requested MIC algorithms is supported; sha-256, sha-384 and sha-512 are.';
}

/** AS2-From and AS2-To are the same (RFC 4130 §7.5.6). */
export class SenderEqualsReceiver extends As2Error {
  readonly code = 'AS2_SENDER_EQUALS_RECEIVER';
  readonly severity = 'error';
  readonly modifier = 'sender-equals-receiver';
  readonly explanation = 'AS2-From and AS2-To name the same party.';
}
