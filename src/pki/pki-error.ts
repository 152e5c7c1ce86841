import { CountersignError } from '../errors.ts';

export type PkiErrorCode =
  | 'PKI_CERTIFICATE_UNREADABLE'
  | 'PKI_KEY_UNREADABLE'
  | 'PKI_KEY_MISMATCH'
  | 'PKI_PASSPHRASE_WRONG'
  | 'PKI_PKCS12_UNREADABLE'
  | 'PKI_PKCS12_PASSWORD_WRONG';

/** A certificate, key or keystore that cannot be used; the message says why and what to do. */
export class PkiError extends CountersignError {
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
