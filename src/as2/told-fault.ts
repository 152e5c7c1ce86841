import { As2Error, DecompressionFailed, DecryptionFailed, UnexpectedProcessingError } from '../errors.ts';
import { CmsError, CompressionFault, DecryptionFault } from '../cms/cms-error.ts';
import { MimeError } from '../mime/mime-error.ts';

/**
 * What the sender is told of a fault in reading its message. The cause stays for the operator.
 *
 * @throws the error itself when it is no fault of the message
 */
export function toldFault(error: unknown): As2Error {
  if (error instanceof As2Error) return error;
  // RFC 5402 §5
  if (error instanceof CompressionFault) return new DecompressionFailed(error.message, { cause: error });
  if (error instanceof DecryptionFault) return new DecryptionFailed(error.message, { cause: error });
  if (error instanceof CmsError)
    return new UnexpectedProcessingError(error.message, 'A CMS structure in the message could not be read.', {
      cause: error,
    });
  if (error instanceof MimeError)
    return new UnexpectedProcessingError(error.message, 'The MIME structure of the message could not be read.', {
      cause: error,
    });
  throw error;
}
