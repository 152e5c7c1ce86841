import { CountersignError } from '../errors.ts';

/** None of our own keys may sign at this moment. */
export class NoSigningIdentity extends CountersignError {
  readonly code = 'NO_SIGNING_IDENTITY';
  constructor() {
    super('No identity of countersign.yaml is valid for signing now. Add one with `countersign key generate`.');
  }
}

/** None of the partner's certificates may be encrypted to at this moment. */
export class NoEncryptionCertificate extends CountersignError {
  readonly code = 'NO_ENCRYPTION_CERTIFICATE';
  constructor(partner: string) {
    super(`No certificate in partners/${partner}.yaml is valid for encryption now. Ask the partner for its new one.`);
  }
}

/** The thread that worked on a message came to its end: out of memory, or by a fault of ours that nothing caught. */
export class ThreadDied extends CountersignError {
  readonly code = 'THREAD_DIED';
  constructor(options: ErrorOptions) {
    super('A thread died over a message', options);
  }
}
