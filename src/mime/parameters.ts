import { decodeBytes, decodeWords } from './encoded-words.ts';
import { header } from './headers.ts';
import type { Headers } from './headers.ts';
import { MimeError } from './mime-error.ts';

export interface ContentType {
  /** `multipart/signed`; lower case. */
  readonly type: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Tolerant: parameters unquoted that should be quoted, blanks around `=`, empty parameters (RFC 2045 §5.1, RFC 2231).
 * @throws MimeError when there is no type, or two parameters of one name differ
 */
export function parseContentType(value: string): ContentType {
  const end = value.indexOf(';');
  const type = value
    .slice(0, end < 0 ? value.length : end)
    .trim()
    .toLowerCase();
  if (!/^[!-.0-:<-~]+\/[!-.0-:<-~]+$/.test(type)) throw new MimeError('MIME_PARAMETER', 'The content type is none');
  const parameters = new Map<string, string>();
  for (const [name, found] of end < 0 ? [] : readParameters(value.slice(end))) {
    // One reader would take the first boundary, another the last, and each would see another message.
    if ((parameters.get(name) ?? found) !== found)
      throw new MimeError('MIME_PARAMETER', `The content type has two parameters ${name}`);
    parameters.set(name, found);
  }
  return { type, parameters };
}

/**
 * `name=value`, quoted when needed (RFC 2045 §5.1), and by RFC 2231 §4 when it is not ASCII.
 * @throws MimeError when the value holds a control character
 */
export function formatParameter(name: string, value: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f]/.test(value)) throw new MimeError('MIME_PARAMETER', `${name} would hold a control character`);
  if (/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(value)) return `${name}=${value}`;
  if (/^[ -~]*$/.test(value)) return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  return `${name}*=UTF-8''${[...Buffer.from(value)].map(escapeOctet).join('')}`;
}

/** RFC 2231 §7: attribute-char stands for itself. */
function escapeOctet(octet: number): string {
  const character = String.fromCharCode(octet);
  return /[!#$&+\-.0-9A-Z^_`a-z{|}~]/.test(character)
    ? character
    : `%${octet.toString(16).padStart(2, '0').toUpperCase()}`;
}

/** As the sender gave it, for people to see: it may hold anything, and is never a path. */
export function fileNameOf(headers: Headers): string | undefined {
  const from = (field: string, parameter: string): string | undefined => {
    const value = header(headers, field) ?? '';
    const found = readParameters(value.slice(value.indexOf(';'))).find(([name]) => name === parameter)?.[1];
    return found && decodeWords(found);
  };
  return from('Content-Disposition', 'filename') ?? from('Content-Type', 'name');
}

/** From the first `;` on; values decoded. Those by RFC 2231 come first, and hide plain ones of the same name. */
function readParameters(text: string): [name: string, value: string][] {
  const plain: [string, string][] = [];
  let extended: Map<string, Section[]> | undefined;
  for (const [attribute, value] of split(text)) {
    const match = attribute.includes('*') ? /^([^*]+)\*(?:(\d{1,3})(\*)?)?$/.exec(attribute) : null;
    const [, name = '', section, star] = match ?? [];
    if (match === null) plain.push([attribute, isAscii(value) ? value : decodeBytes(Buffer.from(value, 'latin1'))]);
    else {
      extended ??= new Map();
      const sections = extended.get(name) ?? [];
      sections.push({ number: Number(section ?? 0), encoded: section === undefined || star !== undefined, value });
      extended.set(name, sections);
    }
  }
  if (extended === undefined) return plain;
  const hiding = extended;
  const joined = [...hiding].map(([name, sections]): [string, string] => [name, joinSections(sections)]);
  return [...joined, ...plain.filter(([name]) => !hiding.has(name))];
}

/** A piece of a value (RFC 2231 §3); `encoded`: with `%` octets, the first one with charset and language before. */
interface Section {
  readonly number: number;
  readonly encoded: boolean;
  readonly value: string;
}

function joinSections(sections: Section[]): string {
  const [first, ...more] = sections.sort((a, b) => a.number - b.number);
  if (first === undefined) return '';
  const [, charset, rest] = (first.encoded && /^([^']*)'[^']*'(.*)$/s.exec(first.value)) || [];
  const octets = [{ ...first, value: rest ?? first.value }, ...more].map(({ value, encoded }) =>
    encoded ? value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))) : value,
  );
  return decodeBytes(Buffer.from(octets.join(''), 'latin1'), charset);
}

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

/** `; name=value; name="value"` into pairs, names in lower case, quotes taken away. */
function split(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < text.length;) {
    const equals = text.indexOf('=', at);
    const semicolon = text.indexOf(';', at);
    if (equals < 0) break;
    if (semicolon >= 0 && semicolon < equals) {
      at = semicolon + 1;
      continue;
    }
    const name = text.slice(at, equals).trim().toLowerCase();
    blanks.lastIndex = equals + 1;
    blanks.test(text);
    const start = blanks.lastIndex;
    const { value, end } =
      text[start] === '"' ? quoted(text, start + 1, isFileName(name) ? endsName : endsAtOnce) : unquoted(text, start);
    if (name !== '') pairs.push([name, value]);
    const next = text.indexOf(';', end);
    at = next < 0 ? text.length : next + 1;
  }
  return pairs;
}

const blanks = /\s{0,99}/y;

/** Only quotes and backslashes are escaped in practice: `\` before another character is one of a Windows path. */
function quoted(
  text: string,
  start: number,
  ends: (text: string, at: number) => boolean,
): { value: string; end: number } {
  let value = '';
  let from = start;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"' && ends(text, at + 1)) return { value: value + text.slice(from, at), end: at };
    if (text[at] !== '\\' || (text[at + 1] !== '"' && text[at + 1] !== '\\')) continue;
    value += text.slice(from, at);
    from = ++at;
  }
  return { value: value + text.slice(from), end: text.length };
}

const endsAtOnce = (): boolean => true;

const isFileName = (name: string): boolean => /^(?:file)?name(?:\*|$)/.test(name);

/**
 * A quote in the middle of a file name was meant to be escaped: OpenAS2 and others write such names as they are. It never
 * reaches over a `;`: no other reader may find a parameter there, a boundary above all, where this one sees a name.
 */
function endsName(text: string, at: number): boolean {
  const rest = text.slice(at, at + 256);
  return /^\s*(?:;|\(|$)/.test(rest) || !/^[^;"]*"/.test(rest);
}

/** To the next `;`, so that a boundary may hold what should be quoted; a comment after it is left out. */
function unquoted(text: string, start: number): { value: string; end: number } {
  const semicolon = text.indexOf(';', start);
  const end = semicolon < 0 ? text.length : semicolon;
  const value = text.slice(start, end);
  const comment = value.indexOf(' (');
  return { value: (comment < 0 ? value : value.slice(0, comment)).trim(), end };
}
