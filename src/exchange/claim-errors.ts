import { CountersignError } from '../errors.ts';
import type { ClaimRecord } from '../store/claim-record.ts';

/** The entry line has something else on file. */
export class EntryLineTaken extends CountersignError {
  readonly code = 'ENTRY_LINE_TAKEN';

  constructor({ entry, entryLine }: ClaimRecord, what: string) {
    super(`Line ${entryLine} of entry ${entry} ${what}`);
  }
}

export class NoSuchClaim extends CountersignError {
  readonly code = 'NO_SUCH_CLAIM';

  constructor({ entry, entryLine }: Pick<ClaimRecord, 'entry' | 'entryLine'>) {
    super(`Line ${entryLine} of entry ${entry} has no claim on file.`);
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of members that are not known. */
  readonly keys?: readonly string[];
}

/** What was asked cannot be understood. */
export class RequestMalformed extends CountersignError {
  readonly code = 'REQUEST_MALFORMED';
  /** What is wrong with which member. */
  readonly faults: readonly { readonly element: string; readonly text: string }[];

  constructor(issues: readonly Issue[]) {
    const faults = issues.flatMap(({ path, message, keys }) =>
      keys === undefined
        ? [{ element: path.join('.'), text: message }]
        : keys.map((key) => ({ element: [...path, key].join('.'), text: 'is not known' })),
    );
    super(faults.map(({ element, text }) => (element === '' ? text : `${element}: ${text}`)).join('; '));
    this.faults = faults;
  }
}
