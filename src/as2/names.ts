/**
 * An AS2 name as it is meant, without quotes and escapes (RFC 4130 §6.2). Names are compared with `===`: they are
 * case-sensitive.
 *
 * @returns undefined when the value is no name
 */
export function parseAs2Name(value: string): string | undefined {
  const text = value.trim();
  if (atom.test(text)) return text;
  if (!quoted.test(text)) return undefined;
  const name = text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  return name.trim() === '' ? undefined : name;
}

/**
 * The name for a header: in quotes only when it needs them (RFC 4130 §6.2).
 *
 * @param name 1 to 128 printable ASCII characters
 */
export function formatAs2Name(name: string): string {
  return atom.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 4130 §6.2 AS2-atomic-name: printable ASCII without space, double quote and backslash, 1 to 128 of it. */
const atom = /^[!#-[\]-~]{1,128}$/;

/** RFC 4130 §6.2 AS2-quoted-string: the same and space; double quote and backslash only behind a backslash. */
const quoted = /^"(?:[ !#-[\]-~]|\\["\\]){1,128}"$/;
