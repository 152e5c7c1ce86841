import { CountersignError } from '../errors.ts';

export type MimeErrorCode = 'MIME_HEADER' | 'MIME_PARAMETER' | 'MIME_BOUNDARY' | 'MIME_ENCODING' | 'MIME_LIMIT';

/** Bytes that are not MIME as we read it, or values that would not make MIME. */
export class MimeError extends CountersignError {
  readonly code: MimeErrorCode;

  constructor(code: MimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
