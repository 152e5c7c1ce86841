import { CountersignError } from '../errors.ts';
import type { SignatureScheme } from '../cms/algorithms.ts';

/** None of our own keys may sign at this moment. */
export class NoSigningIdentity extends CountersignError {
  readonly code = 'NO_SIGNING_IDENTITY';
  constructor(scheme?: SignatureScheme) {
    const by = scheme === undefined ? '' : ` by ${scheme}`;
    super(`No identity of countersign.yaml is valid for signing${by} now. Add one with \`countersign key generate\`.`);
  }
}

/** None of the partner's certificates may be encrypted to at this moment. */
export class NoEncryptionCertificate extends CountersignError {
  readonly code = 'NO_ENCRYPTION_CERTIFICATE';
  constructor(partner: string) {
    super(`No certificate in partners/${partner}.yaml is valid for encryption now. Ask the partner for its new one.`);
  }
}

/** What a message holds could not be found out, by no fault of its own that could be told. */
export abstract class ExaminationAbandoned extends CountersignError {}

/** The thread that worked on a message came to its end: out of memory, or by a fault of ours that nothing caught. */
export class ThreadDied extends ExaminationAbandoned {
  readonly code = 'THREAD_DIED';
  constructor(cause: unknown) {
    super(`A thread died over a message: ${String(cause)}`, { cause });
  }
}

/** Every thread died before it was ready to work. */
export class NoThread extends ExaminationAbandoned {
  readonly code = 'NO_THREAD';
  constructor(cause: unknown) {
    super(`No thread can be started: ${String(cause)}`, { cause });
  }
}

/** Its thread was ended. */
export class ExaminationTooLong extends ExaminationAbandoned {
  readonly code = 'EXAMINATION_TOO_LONG';
  constructor() {
    super('A message took longer than limits.examinationTime to be opened');
  }
}

/** The body of a message stopped coming, or came so slowly that it would take longer than limits.receiveTime. */
export class BodyTooSlow extends CountersignError {
  readonly code = 'BODY_TOO_SLOW';
  constructor() {
    super('The body of a message did not come in time');
  }
}

/** There is no room for a body. */
export class SpoolFull extends CountersignError {
  readonly code = 'SPOOL_FULL';
  constructor() {
    super('What lies in the spool has come to limits.spoolSpace');
  }
}
