import { UnreadableInterchange } from './errors.ts';

/** The service characters of an interchange, one ASCII character each (ISO 9735-1, UNA). */
export interface Delimiters {
  readonly component: string;
  readonly element: string;
  readonly decimal: string;
  /** A space: none is used. */
  readonly release: string;
  /** From syntax 4; a space: none is used. */
  readonly repetition: string;
  readonly terminator: string;
}

/** Used where there is no UNA, in syntax 1 to 3. */
export const defaultDelimiters: Delimiters = {
  component: ':',
  element: '+',
  decimal: '.',
  release: '?',
  repetition: ' ',
  terminator: "'",
};

/** The same in syntax 4. */
export const defaultDelimiters4: Delimiters = { ...defaultDelimiters, repetition: '*' };

/** The information separators that level B may use instead (ISO 9735 §4); no release character is among them. */
const levelBDelimiters: Delimiters = {
  component: '\x1f',
  element: '\x1d',
  decimal: ',',
  release: ' ',
  repetition: ' ',
  terminator: '\x1c',
};

/** Why these cannot tell segments, elements and components apart; undefined when they can. */
export function delimiterFault(delimiters: Delimiters): string | undefined {
  const { component, element, terminator, release, repetition } = delimiters;
  const used = [component, element, terminator, ...[release, repetition].filter((character) => character !== ' ')];
  if (new Set(used).size < used.length) return 'two service characters are the same';
  const unfit = used.find(
    (character) => character.length !== 1 || /[A-Za-z0-9 ]/.test(character) || character > '\x7f',
  );
  return unfit === undefined ? undefined : `${JSON.stringify(unfit)} cannot be a service character`;
}

export interface Opening {
  /** Of UNA, or what the bytes behind UNB tell; syntax 4 has its own defaults. */
  readonly delimiters: Delimiters;
  readonly advised: boolean;
  /** UNA lacks the reserved character: met as meant. */
  readonly shortened: boolean;
  readonly start: number;
  /** Of the U of UNB. */
  readonly header: number;
}

/**
 * Finds UNA, if there is one, and UNB (ISO 9735-1 annex B). A byte order mark and blanks before them are passed over.
 *
 * @param base offset of `bytes` in the payload
 * @throws UnreadableInterchange
 */
export function openInterchange(bytes: Buffer, from: number, base: number): Opening {
  // Whoever puts files behind each other puts their marks there too.
  const mark = bytes.length >= from + 3 && bytes.readUIntBE(from, 3) === 0xefbbbf ? from + 3 : from;
  const start = skipBlanks(bytes, mark);
  if (isTag(bytes, start, 'UNA')) return openAdvised(bytes, start, base);
  if (!isTag(bytes, start, 'UNB')) {
    throw new UnreadableInterchange('Neither UNA nor UNB: this is not EDIFACT', base + start);
  }
  const delimiters = [defaultDelimiters, levelBDelimiters].find(
    ({ element }) => bytes[start + 3] === element.charCodeAt(0),
  );
  if (delimiters === undefined) {
    throw new UnreadableInterchange('UNB is not followed by a data element separator', base + start + 3);
  }
  return { delimiters, advised: false, shortened: false, start, header: start };
}

function openAdvised(bytes: Buffer, start: number, base: number): Opening {
  const whole = skipBlanks(bytes, start + 9);
  const short = skipBlanks(bytes, start + 8);
  const shortened = !isTag(bytes, whole, 'UNB') && isTag(bytes, short, 'UNB');
  const header = shortened ? short : whole;
  if (!isTag(bytes, header, 'UNB')) {
    throw new UnreadableInterchange('UNA is not followed by UNB', base + start + 3);
  }
  const advice = bytes.toString('latin1', start + 3, start + 9);
  const delimiters: Delimiters = {
    component: advice.charAt(0),
    element: advice.charAt(1),
    decimal: advice.charAt(2),
    release: advice.charAt(3),
    repetition: shortened ? ' ' : advice.charAt(4),
    terminator: advice.charAt(shortened ? 4 : 5),
  };
  // The fifth character was reserved before syntax 4; whatever stands there is no separator until S001 says so.
  const fault = delimiterFault({ ...delimiters, repetition: ' ' });
  if (fault !== undefined) throw new UnreadableInterchange(`UNA: ${fault}`, base + start + 3);
  return { delimiters, advised: true, shortened, start, header };
}

/** First offset at or after `from` that holds no space, tab, CR or LF. */
export function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x0d || byte === 0x0a || byte === 0x20 || byte === 0x09; byte = bytes[at]) at++;
  return at;
}

export function isTag(bytes: Buffer, at: number, tag: string): boolean {
  return bytes[at] === tag.charCodeAt(0) && bytes.toString('latin1', at, at + 3) === tag;
}
