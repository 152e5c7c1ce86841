import { CountersignError } from '../errors.ts';

/** A fault of EDIFACT bytes or of what was to be written as such. */
export abstract class EdifactError extends CountersignError {}

/**
 * The bytes are no interchange, or its header cannot be read far enough to answer it: no CONTRL can exist
 * (ISO 9735-4 needs 0020, S002 and S003 to repeat), so a person has to be told.
 */
export class UnreadableInterchange extends EdifactError {
  readonly code = 'EDIFACT_UNREADABLE';
  /** Of the first byte that could not be understood, from the start of the payload. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}

/** Where in an interchange that is being written: message 1 is the first, 0 the interchange's own segments. */
export interface WritePosition {
  readonly message: number;
  /** UNH = 1 */
  readonly segment: number;
  readonly tag: string;
  /** As 0098 counts: the tag = 1. */
  readonly element: number;
  readonly component: number;
  /** Which repeat of the element, from 2 on; absent for the first. */
  readonly occurrence?: number;
}

/** A text holds a character that the character set of the interchange has not. */
export class UnwritableCharacter extends EdifactError {
  readonly code = 'EDIFACT_UNWRITABLE_CHARACTER';
  readonly position: WritePosition;
  /** Of the character in its component, first = 1. */
  readonly character: number;

  constructor(position: WritePosition, character: number, text: string, characterSet: string) {
    const found = `U+${(text.codePointAt(character - 1) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    super(
      `${found} is not in ${characterSet}: character ${character} of component ${position.component} of element ` +
        `${position.element} of ${position.tag}, segment ${position.segment} of message ${position.message}`,
    );
    this.position = position;
    this.character = character;
  }
}

/** What was to be written breaks the form of an interchange. */
export class UnwritableInterchange extends EdifactError {
  readonly code = 'EDIFACT_UNWRITABLE';
}
