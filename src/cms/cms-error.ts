import { CountersignError } from '../errors.ts';

export type CmsErrorCode =
  'CMS_STRUCTURE' | 'CMS_LIMIT' | 'CMS_UNSUPPORTED' | 'CMS_KEY' | 'CMS_DECRYPTION' | 'CMS_COMPRESSION';

/** Bytes that are not CMS as we read it. `offset` counts from the first byte of the outermost structure. */
export class CmsError extends CountersignError {
  readonly code: CmsErrorCode;
  readonly offset: number | undefined;

  constructor(code: CmsErrorCode, message: string, offset?: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.offset = offset;
  }
}

/** Authenticated decryption failed. It has one text, because the cause is nobody's business. */
export class DecryptionFault extends CmsError {
  constructor() {
    super('CMS_DECRYPTION', 'The content could not be decrypted');
  }
}

/** The content does not expand, or expands beyond what is allowed. */
export class CompressionFault extends CmsError {
  constructor(message: string, options?: ErrorOptions) {
    super('CMS_COMPRESSION', message, undefined, options);
  }
}
